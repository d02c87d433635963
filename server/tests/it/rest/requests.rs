//! Requests that are wrong in form.

use reqwest::Method;

use crate::site::{Answer, Caller, Site};

async fn post(site: &Site, content_type: &str, body: Vec<u8>) -> Answer {
    let request = site.caller.request(Method::POST, "/api/v1/sessions");
    Caller::send(request.header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let site = Site::start().await;
    for (content_type, body, status, code) in [
        ("application/json", &b"{\"session\":"[..], 400, "malformed_json"),
        ("application/json", b"", 400, "malformed_json"),
        ("application/json", b"\xFF\xFE", 400, "malformed_json"),
        ("application/json", b"[]", 422, "invalid"),
        ("application/json", b"{}", 422, "invalid"),
        ("application/json", b"{\"session\":{\"email\":1}}", 422, "invalid"),
        ("text/plain", b"{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", b"email=a", 415, "unsupported_media_type"),
    ] {
        let error = post(&site, content_type, body.to_vec()).await.error(status);
        assert_eq!(error.code, code, "{body:?}");
        assert!(!error.message.is_empty());
    }
    let nested = [vec![b'['; 5_000], vec![b']'; 5_000]].concat();
    assert_eq!(post(&site, "application/json", nested).await.error(422).code, "invalid");
}

#[tokio::test]
async fn a_body_that_is_wrong_in_a_place_is_told_where() {
    let site = Site::start().await;
    for (body, named) in [
        ("{\"session\":{\"email\":1}}", "session.email: invalid type: integer `1`, expected a string"),
        ("{\"session\":null}", "session: invalid type: null, expected an object"),
        ("{}", "missing field `session`"),
        ("7", "expected an object"),
    ] {
        let error = post(&site, "application/json", body.as_bytes().to_vec()).await.error(422);
        assert!(error.message.ends_with(named), "{body}: {}", error.message);
    }
    let error = post(&site, "application/json", b"{\"session\":{}} {}".to_vec()).await.error(400);
    assert_eq!(error.code, "malformed_json");
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let site = Site::start().await;
    let error = post(&site, "application/json", vec![b' '; 64 * 1024 + 1]).await.error(413);
    assert_eq!((error.code.as_str(), error.message.contains("65536")), ("too_large", true));
    assert_eq!(post(&site, "application/json", vec![b' '; 64 * 1024]).await.status, 400);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let site = Site::start_with(|config| config.limits.request_time = std::time::Duration::from_millis(50)).await;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(site.server.address()).await.unwrap();
    let head =
        "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"code\":\"timeout\""), "{answer}");
}

#[tokio::test]
async fn a_request_that_never_begins_is_given_up() {
    let site = Site::start_with(|config| config.limits.header_time = std::time::Duration::from_millis(50)).await;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(site.server.address()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!String::from_utf8(answer).unwrap().contains("200"));
}

#[tokio::test]
async fn who_takes_no_answers_is_given_up() {
    let short = std::time::Duration::from_millis(100);
    let site =
        Site::start_with(|config| (config.limits.request_time, config.limits.socket_silence) = (short, short)).await;
    use tokio::io::AsyncWriteExt as _;
    let mut stream = tokio::net::TcpStream::connect(site.server.address()).await.unwrap();
    let ask = async { while stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {} };
    let given_up = tokio::time::timeout(std::time::Duration::from_secs(20), ask).await;
    assert!(given_up.is_ok(), "a client that never reads is kept");
}

#[tokio::test]
async fn a_stop_cuts_half_a_request_off() {
    let site = Site::start_with(|config| config.limits.stop_time = std::time::Duration::from_millis(200)).await;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(site.server.address()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ").await.unwrap();
    let mut answer = vec![0; 1_024];
    assert!(stream.read(&mut answer).await.unwrap() > 0, "the first one is answered");
    site.stop().await;
    let rest = tokio::time::timeout(std::time::Duration::from_secs(20), stream.read(&mut answer)).await;
    assert!(matches!(rest, Ok(Ok(0) | Err(_))), "the connection outlives the server: {rest:?}");
}

#[tokio::test]
async fn addresses_and_methods_that_there_are_not() {
    let site = Site::start().await;
    for path in ["/", "/api/v1", "/api/v1/nothing", "/api/v2/info", "/api/v1/boards/1/2/3", "/../etc/passwd"] {
        assert_eq!(site.caller.get(path).await.error(404).code, "not_found", "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/api/v1/info"),
        (Method::GET, "/api/v1/registrations"),
        (Method::OPTIONS, "/api/v1/boards"),
        (Method::PATCH, "/api/v1/boards/1"),
    ] {
        let answer = Caller::send(site.caller.request(method, path)).await;
        assert_eq!(answer.error(405).code, "method_not_allowed", "{path}");
        assert_ne!(answer.header("allow"), "", "{path}");
    }
}
