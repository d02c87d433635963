//! How sockets end.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::handshake::ending_in;
use super::raw_frame;
use super::world::{PATIENCE, World, list_added, proposal};

#[tokio::test]
async fn frames_that_are_no_messages() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let malformed: [&[u8]; 13] = [
        b"no json",
        b"",
        b"{}",
        b"\"a string\"",
        b"[null,\"1\",\"phoenix\",\"heartbeat\"]",
        b"[null,\"1\",\"phoenix\",\"heartbeat\",{}",
        b"[null,\"1\",\"phoenix\",\"heartbeat\",{}] more",
        "\u{FEFF}[null,\"1\",\"phoenix\",\"heartbeat\",{}]".as_bytes(),
        b"[null,\"1\",\"phoenix\",\"heartbeat\",\"\\ud800\"]",
        b"[null,\"1\",\"phoenix\",\"heartbeat\",\"\x01\"]",
        b"[null,\"1\",\"phoenix\",\"heartbeat\",1e400]",
        b"7",
        b"null",
    ];
    for text in malformed {
        let mut client = world.connect(&ada).await;
        client.send_raw(&raw_frame(0x81, text)).await;
        let (code, reason) = client.goodbye().await;
        assert_eq!(code, 1011, "{}", String::from_utf8_lossy(text));
        assert!(!reason.is_empty() && reason.len() <= 123, "{reason}");
    }
    let binary: [&[u8]; 4] =
        [b"", b"\x00\x01", b"\x05\x01\x01\x01\x01abcd", b"[null,\"1\",\"phoenix\",\"heartbeat\",{}]"];
    for bytes in binary {
        let mut client = world.connect(&ada).await;
        client.send_raw(&raw_frame(0x82, bytes)).await;
        assert_eq!(client.goodbye().await.0, 1011, "{bytes:?}");
    }
    let mut client = world.connect_with(&ada, "1.0.0").await;
    client.send(r#"[null,"1","phoenix","heartbeat",{}]"#).await;
    assert_eq!(client.goodbye().await.0, 1011);

    // What looks odd and is a message all the same.
    let mut client = world.connect(&ada).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for payload in [r#""\u0000""#, &deep, "123456789012345678901234567890", r#"{"a":1,"a":2}"#] {
        client.send(&format!(r#"[null,"1","phoenix","heartbeat",{payload}]"#)).await;
        client.expect(r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;
    }
}

#[tokio::test]
async fn frames_that_are_no_web_socket() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let text = r#"[null,"1","phoenix","heartbeat",{}]"#.as_bytes();
    let mut unmasked = vec![0x81, u8::try_from(text.len()).unwrap()];
    unmasked.extend(text);
    let rows: [(&str, Vec<u8>, u16); 10] = [
        ("not UTF-8", raw_frame(0x81, b"\xFF\xFE"), 1007),
        ("a reserved bit", raw_frame(0xC1, text), 1002),
        ("a reserved opcode", raw_frame(0x83, text), 1002),
        ("a reserved control opcode", raw_frame(0x8B, b""), 1002),
        ("a ping of 126 bytes", raw_frame(0x89, &[b'x'; 126]), 1002),
        ("a close of one byte", raw_frame(0x88, b"\x03"), 1002),
        ("a close with a code that is none", raw_frame(0x88, &999_u16.to_be_bytes()), 1002),
        ("nothing to continue", raw_frame(0x80, text), 1002),
        ("a message within a message", [raw_frame(0x01, b"["), raw_frame(0x81, text)].concat(), 1002),
        ("no mask", unmasked, 1002),
    ];
    for (what, bytes, expected) in rows {
        let mut client = world.connect(&ada).await;
        client.send_raw(&bytes).await;
        assert_eq!(client.goodbye().await.0, expected, "{what}");
    }
}

#[tokio::test]
async fn messages_that_are_too_long() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let limit = 256 * 1024;
    let heartbeat = |length: usize| {
        let empty = r#"[null,"1","phoenix","heartbeat",""]"#;
        format!(r#"[null,"1","phoenix","heartbeat","{}"]"#, "x".repeat(length - empty.len()))
    };
    let mut client = world.connect(&ada).await;
    client.send(&heartbeat(limit)).await;
    client.expect(r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;
    client.send(&heartbeat(limit + 1)).await;
    assert_eq!(client.goodbye().await.0, 1009);

    // In fragments that are each within the limit.
    let mut client = world.connect(&ada).await;
    let text = heartbeat(limit + 1).into_bytes();
    let (one, other) = text.split_at(limit / 2);
    client.send_raw(&raw_frame(0x01, one)).await;
    client.send_raw(&raw_frame(0x80, other)).await;
    assert_eq!(client.goodbye().await.0, 1009);

    // A header that announces a tebibyte.
    let mut client = world.connect(&ada).await;
    client.send_raw(b"\x81\xFF\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00").await;
    assert_eq!(client.goodbye().await.0, 1009);
}

#[tokio::test]
async fn the_client_says_goodbye() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    for code in [1000_u16, 4000] {
        let mut client = world.connect(&ada).await;
        client.send_message(Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))).await;
        assert_eq!(client.goodbye().await.0, code);
    }
    let mut client = world.connect(&ada).await;
    client.send_message(Message::Close(None)).await;
    assert_eq!(client.goodbye().await.0, 1005);
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let silence = Duration::from_millis(500);
    let world = World::start_with(|config| config.limits.socket_silence = silence).await;
    let ada = world.sign_up("Ada").await;
    let mut quiet = world.connect(&ada).await;
    let mut talking = world.connect(&ada).await;
    // The one that talks outlives the quiet one, though it was there no earlier.
    let (code, reason) = loop {
        talking.expect_silence().await;
        if let Ok(message) = timeout(silence / 10, quiet.websocket.next()).await {
            let Some(Ok(Message::Close(Some(frame)))) = message else { panic!("expected a goodbye, not {message:?}") };
            break (u16::from(frame.code), frame.reason.to_string());
        }
    };
    assert_eq!((code, reason.as_str()), (1000, "idle"));
    talking.expect_silence().await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_token() {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let mut hers = [world.connect(&ada).await, world.connect(&ada).await];
    let mut his = world.connect(&bob).await;
    world.sign_out(&ada).await;
    for client in &mut hers {
        assert_eq!(client.goodbye().await, (1000, "signed out".to_owned()));
    }
    his.expect_silence().await;
}

#[tokio::test]
async fn a_stop_comes_after_the_answers() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    let mut idle = world.connect(&ada).await;
    let mut refs = Vec::new();
    for number in 0..50 {
        let (change, _) = list_added(&format!("List {number}"));
        refs.push(client.begin(&topic, "propose", &proposal(&change)).await);
    }
    // The first answer shows that the server is at work on them.
    assert_eq!(client.answer(&refs[0]).await.0, "ok");
    let stopped = tokio::spawn(world.stop());
    let (mut answered, mut entries) = (1, client.events.len());
    let code = loop {
        match client.message().await {
            Message::Text(text) if text.contains("phx_reply") => answered += 1,
            Message::Text(text) if text.contains(r#""entry""#) => entries += 1,
            Message::Close(Some(frame)) => break u16::from(frame.code),
            _ => {}
        }
    };
    assert_eq!(code, 1012);
    assert_eq!(idle.goodbye().await.0, 1012);
    assert!(answered <= entries, "{answered} answers, {entries} messages before them");
    timeout(PATIENCE, stopped).await.expect("the server stops").unwrap();
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let world = World::start().await;
    let mut ada = world.sign_up("Ada").await;
    ada.jwt = ending_in(&ada.jwt, 2);
    let mut client = world.connect(&ada).await;
    assert_eq!(client.goodbye().await, (1000, "token expired".to_owned()));
}
