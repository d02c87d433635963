//! Requests one by one, and the answers byte for byte.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, PATH};
use crate::site::{Answer, Caller, Site};

const HEARTBEAT: &str = r#"[null,"1","phoenix","heartbeat",{}]"#;
const ANSWERED: &str = r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#;

/// HTTP 200 with the headers of every answer, and this body.
fn check(answer: &Answer, body: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body));
    check_headers(answer);
}

fn check_headers(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "max-age=0, private, must-revalidate");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
}

/// The token in the answer to an opening.
fn opened(answer: &Answer) -> String {
    let value: Value = answer.json();
    let token = value["token"].as_str().unwrap_or_else(|| panic!("no session: {value}")).to_owned();
    check(answer, &format!(r#"{{"messages":[],"status":410,"token":"{token}"}}"#));
    token
}

#[tokio::test]
async fn a_session_is_opened_polled_and_written_to() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    for slash in ["", "/"] {
        let path = format!("{PATH}{slash}?token={}&vsn=2.0.0&", ada.token);
        let token = opened(&site.caller.get(&path).await);
        // 24 random bytes.
        assert_eq!(token.len(), 32, "{token}");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        let path = format!("{path}token={token}");
        let post = site.caller.request(Method::POST, &path).header("content-type", "application/x-ndjson");
        check(&Caller::send(post.body(HEARTBEAT)).await, r#"{"status":200}"#);
        let frame = Value::from(ANSWERED);
        check(&site.caller.get(&path).await, &format!(r#"{{"messages":[{frame}],"status":200,"token":"{token}"}}"#));
    }
}

#[tokio::test]
async fn a_poll_without_messages_ends_with_the_window() {
    let site = Site::start_with(|config| config.limits.poll_window = Duration::from_secs(2)).await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    let start = Instant::now();
    let (plain, token) = (client.get("").await, &client.token);
    check(&plain, &format!(r#"{{"messages":[],"status":204,"token":"{token}"}}"#));
    assert!(start.elapsed() >= Duration::from_secs(2));
    // The first of two gets nothing, and not before its time; what comes goes to the second.
    let (start, earlier) = (Instant::now(), client.get("&n=1"));
    let later = async {
        let polled = client.get("&ack=0");
        let posted = async {
            // Once the second waits, the first is told; there is no other sign of it.
            tokio::time::sleep(Duration::from_millis(500)).await;
            client.send(HEARTBEAT).await;
        };
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::join!(polled, posted).0
    };
    let (earlier, later) = tokio::join!(earlier, later);
    check(&earlier, &format!(r#"{{"messages":[],"status":204,"token":"{token}"}}"#));
    assert!(start.elapsed() >= Duration::from_secs(2));
    let frame = Value::from(ANSWERED);
    check(&later, &format!(r#"{{"ack":0,"messages":[{frame}],"status":200,"token":"{token}"}}"#));
    check(&client.get("&ack=1").await, &format!(r#"{{"ack":1,"messages":[],"status":204,"token":"{token}"}}"#));
}

#[tokio::test]
async fn whose_token_is_whose() {
    let site = Site::start().await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    let header = |method, query: &str, token: &str| {
        site.caller.request(method, &format!("{PATH}?{query}")).header("x-phoenix-authtoken", token)
    };
    // By parameter, by header, and the header rather than the parameter.
    opened(&site.caller.get(&format!("{PATH}?token={}", ada.token)).await);
    opened(&Caller::send(header(Method::GET, "vsn=2.0.0", &ada.token)).await);
    opened(&Caller::send(header(Method::GET, "vsn=2.0.0&token=a.b.c", &ada.token)).await);
    // A session that is gone, or never was, opens a new one for whoever says who they are.
    let token = opened(&site.caller.get(&format!("{PATH}?vsn=2.0.0&token={}&token=gone", ada.token)).await);
    opened(&Caller::send(header(Method::GET, "vsn=2.0.0&token=gone", &ada.token)).await);
    check(&site.caller.get(&format!("{PATH}?vsn=2.0.0&token=gone")).await, r#"{"status":403}"#);
    // Whoever has a session's token may use it, alone or with a token of the same person, but nobody else's.
    let (again, body) = (site.caller.sign_in("ada@example.org", crate::site::PASSWORD).await, r#"{"status":200}"#);
    let again = again.json::<Value>()["jwt"].as_str().unwrap().to_owned();
    for (query, own, expected) in [
        (format!("token={token}"), None, body),
        (format!("token={}&token={token}", ada.token), None, body),
        (format!("token={again}&token={token}"), None, body),
        (format!("token={token}"), Some(&ada.token), body),
        (format!("token={}&token={token}", bob.token), None, r#"{"status":403}"#),
        (format!("token={token}"), Some(&bob.token), r#"{"status":403}"#),
        (format!("token=a.b.c&token={token}"), None, r#"{"status":403}"#),
    ] {
        for method in [Method::POST, Method::GET] {
            let request = match own {
                Some(own) => header(method.clone(), &query, own),
                None => site.caller.request(method.clone(), &format!("{PATH}?{query}")),
            };
            let answer = Caller::send(request.body(HEARTBEAT)).await;
            if method == Method::POST || expected != body {
                check(&answer, expected);
            } else {
                assert_eq!(answer.json::<Value>()["messages"], json!([ANSWERED]), "{query}");
            }
        }
    }
}

#[tokio::test]
async fn who_is_refused() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    for query in [
        String::new(),
        "?vsn=2.0.0".to_owned(),
        "?token=".to_owned(),
        "?token=a.b.c".to_owned(),
        format!("?token={}&vsn=2.1.0", ada.token),
        format!("?token={}&vsn=3.0.0", ada.token),
        format!("?token={}&vsn=abc", ada.token),
    ] {
        check(&site.caller.get(&format!("{PATH}{query}")).await, r#"{"status":403}"#);
    }
    // A page of strangers, whatever it asks.
    let client = Client::open(&site, &ada).await;
    for method in [Method::GET, Method::POST, Method::OPTIONS, Method::PUT] {
        let request = client.request(method, "").header("origin", "https://evil.example");
        check(&Caller::send(request).await, r#"{"status":403}"#);
    }
    // The server's own, and those that the settings name.
    let host = format!("http://{}", site.server.address());
    for origin in [host.as_str(), "tauri://localhost"] {
        let request = client.request(Method::POST, "").header("origin", origin);
        check(&Caller::send(request.body(HEARTBEAT)).await, r#"{"status":200}"#);
    }
}

#[tokio::test]
async fn posts_to_no_session() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    for query in ["", "?token=gone", &format!("?token={}", ada.token), &format!("?token={}&token=gone", ada.token)] {
        let request = site.caller.request(Method::POST, &format!("{PATH}{query}")).body(HEARTBEAT);
        check(&Caller::send(request).await, r#"{"status":410}"#);
    }
}

#[tokio::test]
async fn other_methods() {
    let site = Site::start().await;
    let preflight = site.caller.request(Method::OPTIONS, PATH);
    let preflight = preflight.header("access-control-request-headers", "content-type, x-phoenix-authtoken");
    let answer = Caller::send(preflight.header("origin", format!("http://{}", site.server.address()))).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "content-type, x-phoenix-authtoken"),
        ("access-control-allow-methods", "get, post, options"),
        ("access-control-max-age", "3600"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert_eq!(Caller::send(site.caller.request(Method::OPTIONS, PATH)).await.status, StatusCode::OK);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD] {
        let answer = Caller::send(site.caller.request(method.clone(), PATH)).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::BAD_REQUEST, ""), "{method}");
    }
}

const V1_ANSWERED: &str =
    r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"phoenix"}"#;

#[tokio::test]
async fn lists_and_single_frames_of_both_versions() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let one = Client::open_with(&site, &format!("?token={}&vsn=1.0.0", ada.token)).await;
    let heartbeat = r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#;
    one.send(format!("{heartbeat}\n{heartbeat}")).await;
    assert_eq!(one.get("").await.json::<Value>()["messages"], json!([V1_ANSWERED, V1_ANSWERED]));

    let two = Client::open(&site, &ada).await;
    // Binary frames in base64, whose JSON payload is none: a push of kind 0 with join_ref "", ref "1".
    let binary = [&[0, 0, 1, 7, 9][..], b"1phoenixheartbeat{}"].concat();
    let binary = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, binary);
    two.send(format!("{HEARTBEAT}\n{binary}\r\n {HEARTBEAT}\n").replace("\n ", "\n")).await;
    assert_eq!(two.get("").await.json::<Value>()["messages"], json!([ANSWERED, ANSWERED, ANSWERED]));
    // Any other type is one frame, which may have lines.
    for content_type in ["application/json", "text/plain;charset=UTF-8", ""] {
        let request = two.request(Method::POST, "").header("content-type", content_type);
        let frame = HEARTBEAT.replace(',', ",\n");
        check(&Caller::send(request.body(frame)).await, r#"{"status":200}"#);
        assert_eq!(two.get("").await.json::<Value>()["messages"], json!([ANSWERED]));
    }
    // A hundred at once, in order.
    let body: String = (0..100).map(|n| HEARTBEAT.replace('1', &n.to_string()) + "\n").collect();
    two.send(body).await;
    let expected: Vec<String> = (0..100).map(|n| ANSWERED.replace('1', &n.to_string())).collect();
    assert_eq!(two.get("").await.json::<Value>()["messages"], json!(expected));
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_session_at_once() {
    let site = Site::start_with(|config| config.limits.frame_bytes = 1_000).await;
    let ada = site.sign_up("Ada").await;
    let list = "application/x-ndjson";
    let too_long = format!(r#"[null,"1","phoenix","heartbeat",{{"x":"{}"}}]"#, "x".repeat(1_000));
    let (long_line, many) = ("A".repeat(5_000_000), format!("{HEARTBEAT}\n").repeat(101));
    for (content_type, body, expected) in [
        (list, "", r#"{"reason":"binary frame too short","status":408}"#),
        ("application/json", "", r#"{"reason":"not a message","status":408}"#),
        (list, "{", r#"{"reason":"not a message","status":408}"#),
        (list, "[1,2]", r#"{"reason":"not a message","status":408}"#),
        (list, "not base64!", r#"{"reason":"neither a message nor base64","status":408}"#),
        (list, "AAEC", r#"{"reason":"binary frame too short","status":408}"#),
        ("application/json", "nonsense", r#"{"reason":"not a message","status":408}"#),
        (list, &too_long, r#"{"reason":"message too long (frame_bytes)","status":413}"#),
        ("application/json", &too_long, r#"{"reason":"message too long (frame_bytes)","status":413}"#),
        (list, &long_line, r#"{"reason":"message too long (frame_bytes)","status":413}"#),
        ("application/json", &long_line, r#"{"reason":"message too long (frame_bytes)","status":413}"#),
        (list, &many, r#"{"reason":"more than 100 messages","status":413}"#),
    ] {
        let client = Client::open(&site, &ada).await;
        let request = client.request(Method::POST, "").header("content-type", content_type);
        let answer = Caller::send(request.body(body.to_owned())).await;
        let shown = &body[..body.len().min(40)];
        assert_eq!(answer.body, expected, "{shown}");
        check_headers(&answer);
        check(&client.post("", HEARTBEAT).await, r#"{"status":410}"#);
        // What waited for it is told as well.
        opened(&client.get("").await);
    }
    let bytes = [b"[null,\"1\",\"".as_slice(), &[0xFF], b"\",\"e\",{}]"].concat();
    let client = Client::open(&site, &ada).await;
    check(&client.post("", bytes).await, r#"{"reason":"text is not UTF-8","status":408}"#);
}

#[tokio::test]
async fn numbers_that_are_none_or_too_large() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    for ack in ["x", "-1", "", "1.0", "18446744073709551616"] {
        let answer = client.get(&format!("&ack={ack}")).await;
        check(&answer, r#"{"reason":"ack is not a number","status":400}"#);
        let answer = client.post(&format!("&seq={ack}"), HEARTBEAT).await;
        check(&answer, r#"{"reason":"seq is not a number","status":400}"#);
    }
    for ack in ["1", "18446744073709551615"] {
        let answer = client.get(&format!("&ack={ack}")).await;
        check(&answer, r#"{"reason":"ack names no messages that are here","status":400}"#);
    }
    for seq in ["1", "18446744073709551615"] {
        let answer = client.post(&format!("&seq={seq}"), HEARTBEAT).await;
        check(&answer, r#"{"reason":"messages before these are missing","status":409}"#);
    }
    // The session lives.
    client.send(HEARTBEAT).await;
    assert_eq!(client.get("&ack=0").await.json::<Value>()["messages"], json!([ANSWERED]));
}
