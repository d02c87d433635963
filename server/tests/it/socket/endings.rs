//! How the server ends sockets.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::handshake::ending_in;
use super::world::{Client, PATIENCE, World, list_added, proposal};

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
    assert_eq!((code, reason.as_str()), (1000, "idle (socket_silence)"));
    talking.expect_silence().await;
}

/// Whatever comes from the client counts, its pings too; what it is told does not. Cowboy's answer: with Bandit anything
/// that is sent counts as well, and the code is 1002.
#[tokio::test]
async fn who_only_listens_is_let_go_and_who_pings_is_not() {
    let silence = Duration::from_millis(500);
    let world = World::start_with(|config| config.limits.socket_silence = silence).await;
    let ada = world.sign_up("Ada").await;
    let topic = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let (mut listening, mut pinging) = (world.connect(&ada).await, world.connect(&ada).await);
    let mut proposing = world.connect(&ada).await;
    listening.join(&topic, json!({})).await;
    proposing.join(&topic, json!({})).await;
    let listened = async {
        let mut n_entries = 0;
        loop {
            match listening.message().await {
                Message::Text(text) if text.contains(r#""entry""#) => n_entries += 1,
                Message::Close(Some(frame)) => break (n_entries, u16::from(frame.code), frame.reason.to_string()),
                _ => {}
            }
        }
    };
    let others = async {
        loop {
            pinging.send_message(Message::Ping("there".into())).await;
            assert_eq!(pinging.message().await, Message::Pong("there".into()));
            proposing.propose(&topic, json!({ "type": "board_renamed", "name": "Attic" })).await;
        }
    };
    tokio::select! {
        (n_entries, code, reason) = listened => {
            assert!(n_entries > 0, "it was told something");
            assert_eq!((code, reason.as_str()), (1000, "idle (socket_silence)"));
        }
        () = others => {}
    }
    // A pong may be on its way.
    pinging.begin("phoenix", "heartbeat", &json!({})).await;
    while !matches!(pinging.message().await, Message::Text(_)) {}
}

/// At once, with no `phx_close` before it.
#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_token() {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let mut hers = [world.connect(&ada).await, world.connect(&ada).await];
    hers[0].join(&ada.topic(), json!({})).await;
    let mut his = world.connect(&bob).await;
    world.sign_out(&ada).await;
    for client in &mut hers {
        expect_close(client, 1000, "signed out").await;
    }
    his.expect_silence().await;
}

/// Phoenix's `"disconnect"` on the id of a socket, which is its user's here.
#[tokio::test]
async fn a_person_can_be_disconnected() {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let mut hers = [world.connect(&ada).await, world.connect_with(&ada, "1.0.0").await];
    hers[0].join(&ada.topic(), json!({})).await;
    let mut his = world.connect(&bob).await;
    world.disconnect(&ada);
    for client in &mut hers {
        expect_close(client, 1000, "disconnected").await;
    }
    his.expect_silence().await;
    // They may come back.
    world.connect(&ada).await.expect_silence().await;
}

async fn expect_close(client: &mut Client, code: u16, reason: &str) {
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    assert_eq!(client.message().await, Message::Close(Some(frame)));
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
            Message::Text(text) => assert!(!text.contains("phx_close"), "{text}"),
            Message::Close(Some(frame)) => break u16::from(frame.code),
            _ => {}
        }
    };
    // With joined topics and without.
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
