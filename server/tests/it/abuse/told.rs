//! What waits for those who do not take it, messages that are too long, silence, and pages of strangers.

use std::time::Duration;

use futures_util::SinkExt as _;
use roost_server::Limit;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, raw, rename, socket_request};
use super::{Arena, Honest};
use crate::site::Person;

/// Entries of 20,000 bytes, as fast as they are taken.
async fn tell_on_and_on(arena: &Arena, person: &Person, board: roost_board::BoardId) {
    let mut client = Client::open(arena.address(), &person.token, "").await.unwrap();
    let topic = client.join(board).await;
    let (list, card) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let mut propose = async |change: serde_json::Value| {
        let payload = json!({ "op": uuid::Uuid::now_v7(), "change": change });
        let (status, response) = client.push(&topic, "propose", &payload).await;
        assert_eq!(status, "ok", "{response}");
    };
    propose(json!({ "type": "list_added", "list": { "id": list, "name": "To do", "position": "a0" } })).await;
    let new = json!({ "id": card, "list_id": list, "title": "Tiles", "position": "a0" });
    propose(json!({ "type": "card_added", "card": new })).await;
    for number in 0_u64.. {
        let description = format!("{number:020}").repeat(1_000);
        propose(json!({ "type": "card_described", "card_id": card, "description": description })).await;
    }
}

/// Somebody joins and never reads; others who are told the same do not wait for them.
async fn check_slow(configure: impl FnOnce(&mut roost_server::Limits) + Send + 'static, limit: Limit) {
    let arena = Arena::start(move |config| configure(&mut config.limits)).await;
    let honest = Honest::start(&arena).await;
    let (mallory, board) = arena.member("Mallory").await;
    let mut slow = Client::open_narrowly(arena.address(), &mallory.token).await;
    slow.join(board).await;
    honest.must_not_notice(async || tell_on_and_on(&arena, &mallory, board).await).await;
    let telling = tell_on_and_on(&arena, &mallory, board);
    let noticed = async {
        while arena.limited(limit).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = telling => {}
        noticed = tokio::time::timeout(super::PATIENCE, noticed) => noticed.expect("it is closed"),
    }
    // A connection that takes nothing cannot always be told why it ends.
    if let Some((code, reason)) = slow.end().await {
        assert_eq!((code, reason), (1013, format!("too far behind ({}); join again with since", limit.name())));
    }
    // It comes back.
    let mut back = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    back.join(board).await;
}

#[tokio::test]
async fn more_messages_than_may_wait_for_one() {
    check_slow(|limits| limits.socket_queue = 20, Limit::SocketQueue).await;
}

#[tokio::test]
async fn more_bytes_than_may_wait_for_one() {
    check_slow(|limits| limits.socket_queue_bytes = 400_000, Limit::SocketQueueBytes).await;
}

#[tokio::test]
async fn more_bytes_than_may_wait_for_all() {
    check_slow(|limits| limits.queued_bytes = 400_000, Limit::QueuedBytes).await;
}

#[tokio::test]
async fn messages_that_are_too_long() {
    let arena = Arena::start(|config| config.limits.frame_bytes = 10_000).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    let send = async || {
        let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
        client.websocket.send(Message::text("x".repeat(10_001))).await.unwrap();
        client.end().await
    };
    assert_eq!(send().await, Some((1009, "message too long (frame_bytes)".to_owned())));
    honest
        .must_not_notice(async || {
            loop {
                send().await;
            }
        })
        .await;
    assert!(arena.limited(Limit::FrameBytes).await > 1);
}

#[tokio::test]
async fn sockets_that_say_nothing() {
    let arena = Arena::start(|config| config.limits.socket_silence = Duration::from_millis(600)).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    let silent = async || Client::open(arena.address(), &mallory.token, "").await.unwrap().end().await;
    assert_eq!(silent().await, Some((1000, "idle (socket_silence)".to_owned())));
    honest
        .must_not_notice(async || {
            loop {
                futures_util::future::join_all((0..50).map(|_| silent())).await;
            }
        })
        .await;
    assert!(arena.limited(Limit::SocketSilence).await > 0);
}

/// Pings are something that a client says: they keep a socket open.
#[tokio::test]
async fn sockets_that_only_ping() {
    let arena = Arena::start(|config| config.limits.socket_silence = Duration::from_secs(2)).await;
    let (mallory, _) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        client.websocket.send(Message::Ping("x".into())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(client.push("phoenix", "heartbeat", &json!({})).await.0, "ok");
}

#[tokio::test]
async fn pages_of_strangers() {
    let arena = Arena::start(|_| {}).await;
    let honest = Honest::start(&arena).await;
    let (ada, board) = arena.member("Ada").await;
    let of_stranger = socket_request(&ada.token, "Origin: https://evil.example\r\nConnection: close\r\n");
    let poll = format!(
        "GET /socket/longpoll?token={}&vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\
         Connection: close\r\n\r\n",
        ada.token
    );
    assert!(raw(arena.address(), &poll).await.ends_with(r#"{"status":403}"#));
    honest
        .must_not_notice(async || {
            loop {
                assert!(raw(arena.address(), &of_stranger).await.starts_with("HTTP/1.1 403 "));
            }
        })
        .await;
    let own = socket_request(&ada.token, "Origin: http://x\r\n");
    assert!(raw(arena.address(), &own).await.starts_with("HTTP/1.1 101 "));
    let (_, payload) = rename("Roof");
    let mut client = Client::open(arena.address(), &ada.token, "").await.unwrap();
    let topic = client.join(board).await;
    assert_eq!(client.push(&topic, "propose", &payload).await.0, "ok");
}

/// The flag, the variable, the table for those who run the server, and the count: all have the one name.
#[tokio::test]
async fn the_name_of_every_limit() {
    let arena = Arena::start(|_| {}).await;
    let metrics = arena.site.caller.get("/metrics").await.body;
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_roost-server")).args(["serve", "--help"]).output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let table = include_str!("../../../../docs/server.md");
    for limit in Limit::ALL {
        let name = limit.name();
        assert!(metrics.contains(&format!("\nroost_limited_total{{limit=\"{name}\"}} 0\n")), "{name}");
        assert!(help.contains(&format!("--{} <", name.replace('_', "-"))), "{name}");
        assert!(help.contains(&format!("[env: ROOST_{}=]", name.to_uppercase())), "{name}");
        assert!(table.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}
