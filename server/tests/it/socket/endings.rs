//! How the server ends sockets.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::handshake::ending_in;
use super::world::{PATIENCE, World, list_added, proposal};

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
