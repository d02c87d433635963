//! What a request to open a socket is answered.

use std::time::SystemTime;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::Value;

use super::world::{Person, SECRET, World};

/// A good request but for what the test changes.
fn request(path: &str, headers: &str) -> String {
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    format!("GET {path} HTTP/1.1\r\nHost: roost.example:4000\r\n{upgrade}{headers}\r\n")
}

fn plain(method: &str, path: &str, headers: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: roost.example\r\nConnection: close\r\nContent-Length: 0\r\n{headers}\r\n"
    )
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

async fn world() -> (World, Person) {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    (world, ada)
}

#[tokio::test]
async fn who_may_open_a_socket() {
    let (world, ada) = world().await;
    let jwt = &ada.jwt;
    for (path, headers, expected) in [
        (format!("/socket/websocket?token={jwt}&vsn=2.0.0"), "", 101),
        (format!("/socket/websocket?token={jwt}&vsn=1.0.0"), "", 101),
        (format!("/socket/websocket?token={jwt}"), "", 101),
        (format!("/socket/websocket/?token={jwt}&vsn=2.0.0"), "", 101),
        (format!("/socket/websocket?token={jwt}&vsn=2.0.7"), "", 101),
        (format!("/socket/websocket?token={jwt}&vsn=2.1.0"), "", 403),
        (format!("/socket/websocket?token={jwt}&vsn=3.0.0"), "", 403),
        (format!("/socket/websocket?token={jwt}&vsn=2"), "", 403),
        (format!("/socket/websocket?token={jwt}&vsn=abc"), "", 403),
        (format!("/socket/websocket?token={jwt}&vsn="), "", 403),
        ("/socket/websocket?vsn=2.0.0".to_owned(), "", 403),
        ("/socket/websocket?token=&vsn=2.0.0".to_owned(), "", 403),
        ("/socket/websocket?token=a.b.c&vsn=2.0.0".to_owned(), "", 403),
        (format!("/socket/websocket?token={}x&vsn=2.0.0", &jwt[..jwt.len() - 1]), "", 403),
        (format!("/socket/websocket?token={jwt}"), "Origin: http://roost.example:5173\r\n", 101),
        (format!("/socket/websocket?token={jwt}"), "Origin: tauri://localhost\r\n", 101),
        (format!("/socket/websocket?token={jwt}"), "Origin: http://evil.example\r\n", 403),
        (format!("/socket/websocket?token={jwt}"), "Origin: null\r\n", 403),
        (format!("/socket?token={jwt}"), "", 404),
        (format!("/socket/nope?token={jwt}"), "", 404),
    ] {
        // Refusals leave the connection open, so that it is asked to be closed.
        let headers = if expected == 101 { headers.to_owned() } else { format!("{headers}Connection: close\r\n") };
        let answer = world.raw(&request(&path, &headers)).await;
        assert_eq!(status(&answer), expected, "{path} {headers}{answer}");
        if expected == 403 {
            assert_eq!(body(&answer), "", "{path} {headers}");
        }
    }
}

fn read_token(jwt: &str) -> (Header, Value) {
    let header = jsonwebtoken::decode_header(jwt).unwrap();
    let mut any = Validation::new(header.alg);
    any.validate_aud = false;
    let claims = jsonwebtoken::decode(jwt, &DecodingKey::from_secret(SECRET.as_bytes()), &any).unwrap().claims;
    (header, claims)
}

fn sign(header: &Header, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// The person's token, but for when it ends: so many seconds from now.
pub(super) fn ending_in(jwt: &str, seconds: u64) -> String {
    let (header, mut claims) = read_token(jwt);
    claims["exp"] = (SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() + seconds).into();
    sign(&header, &claims, SECRET)
}

#[tokio::test]
async fn expired_and_foreign_tokens_open_nothing() {
    let (world, ada) = world().await;
    let (header, mut claims) = read_token(&ada.jwt);
    let open = async |token: &str| {
        let path = format!("/socket/websocket?token={token}");
        status(&world.raw(&request(&path, "Connection: close\r\n")).await)
    };
    assert_eq!(open(&sign(&header, &claims, "another secret of thirty-two bytes")).await, 403);
    claims["exp"] = (claims["iat"].as_i64().unwrap_or(0) - 86_400).into();
    assert_eq!(open(&sign(&header, &claims, SECRET)).await, 403);
    let (_, claims) = read_token(&ada.jwt);
    let other = Header { alg: Algorithm::HS512, ..header.clone() };
    assert_eq!(open(&sign(&other, &claims, SECRET)).await, 403);
}

#[tokio::test]
async fn the_token_may_come_as_a_sub_protocol_or_a_header() {
    use base64::Engine;
    let (world, ada) = world().await;
    let encoded = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&ada.jwt);
    let path = "/socket/websocket?vsn=2.0.0";
    let offer = format!("Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.{encoded}\r\n");
    let answer = world.raw(&request(path, &offer)).await;
    assert_eq!((status(&answer), header(&answer, "sec-websocket-protocol")), (101, Some("phoenix")));

    let answer = world.raw(&request(path, &format!("X-Phoenix-AuthToken: {}\r\n", ada.jwt))).await;
    assert_eq!((status(&answer), header(&answer, "sec-websocket-protocol")), (101, None));

    // What is offered besides is accepted by nobody.
    let with_token = format!("{path}&token={}", ada.jwt);
    let offer = "Sec-WebSocket-Protocol: graphql-ws\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
    let answer = world.raw(&request(&with_token, offer)).await;
    assert_eq!(status(&answer), 101);
    assert_eq!(header(&answer, "sec-websocket-protocol"), None);
    assert_eq!(header(&answer, "sec-websocket-extensions"), None);
    assert_eq!(header(&answer, "sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

#[tokio::test]
async fn what_is_no_upgrade_is_told_so_in_a_line() {
    let (world, ada) = world().await;
    let path = format!("/socket/websocket?token={}&vsn=2.0.0", ada.jwt);
    let answer = world.raw(&plain("POST", &path, "")).await;
    assert_eq!((status(&answer), body(&answer)), (400, ""));
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    for (headers, text) in [
        (String::new(), r#"'connection' header must contain 'upgrade', got ["close"]"#),
        ("Connection: Upgrade\r\n".to_owned(), "'upgrade' header must contain 'websocket', got []"),
        (upgrade.to_owned(), "'sec-websocket-key' header is absent"),
        (
            format!("{upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 12\r\n"),
            r#"'sec-websocket-version' header must equal '13', got ["12"]"#,
        ),
    ] {
        let answer = world.raw(&plain("GET", &path, &headers)).await;
        assert_eq!((status(&answer), body(&answer)), (400, text), "{headers}");
    }
    let answer = world.raw(&plain("GET", "/socket/websocket", "")).await;
    assert_eq!((status(&answer), body(&answer)), (403, ""));
}
