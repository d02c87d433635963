//! What is bounded, and who notices.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use roost_server::Rate;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::world::{PATIENCE, World, card_added, list_added, proposal};

#[tokio::test]
async fn ten_thousand_joins_on_one_socket() {
    const JOINS: usize = 10_000;
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let mut client = world.connect(&ada).await;
    let mut other = world.connect(&ada).await;
    let (mut sink, mut stream) = client.websocket.split();
    let sending = async {
        for number in 0..JOINS {
            let topic = format!("boards:{}", uuid::Uuid::from_u128(number as u128 + 1));
            let frame = json!([number.to_string(), number.to_string(), topic, "phx_join", {}]).to_string();
            futures_util::SinkExt::feed(&mut sink, Message::text(frame)).await.unwrap();
        }
        futures_util::SinkExt::flush(&mut sink).await.unwrap();
    };
    let receiving = async {
        let mut refs = vec![false; JOINS];
        for _ in 0..JOINS {
            let message = timeout(PATIENCE, stream.next()).await.unwrap().unwrap().unwrap();
            let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            assert_eq!(message[4], json!({ "response": { "reason": "unauthorized" }, "status": "error" }));
            let number: usize = message[1].as_str().unwrap().parse().unwrap();
            assert!(!std::mem::replace(&mut refs[number], true), "{number} is answered twice");
        }
    };
    // Meanwhile the others are served.
    let elsewhere = async {
        for _ in 0..20 {
            other.expect_silence().await;
        }
    };
    tokio::join!(sending, receiving, elsewhere);
    client.websocket = sink.reunite(stream).unwrap();
    client.join(&format!("boards:{board}"), json!({})).await;
}

/// One member stops reading. The others go on at once; that one is let go, comes back and asks for what it missed.
#[tokio::test]
async fn who_does_not_read_delays_nobody() {
    let world = World::start_with(|config| config.limits.socket_queue = 50).await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let mut slow = world.connect_narrowly(&ada).await;
    slow.join(&topic, json!({})).await;
    let (mut proposer, mut quick) = (world.connect(&ada).await, world.connect(&ada).await);
    proposer.join(&topic, json!({})).await;
    quick.join(&topic, json!({})).await;
    let (change, list) = list_added("To do");
    proposer.propose(&topic, change).await;
    let (change, card) = card_added(&list, "Tiles");
    proposer.propose(&topic, change).await;
    // More than the connection's own buffers take: 400 entries of 20,000 bytes.
    let mut last = 2;
    for number in 0..40 {
        let description = format!("{number:020}").repeat(1_000);
        let change = json!({ "type": "card_described", "card_id": card, "description": description });
        let mut refs = Vec::new();
        for _ in 0..10 {
            refs.push(proposer.begin(&topic, "propose", &proposal(&change)).await);
        }
        for ref_ in refs {
            assert_eq!(proposer.answer(&ref_).await.0, "ok");
            last += 1;
        }
        proposer.events.clear();
        while quick.event("entry").await[4]["seq"] != last {}
        quick.events.clear();
    }
    // It reads again: what was on its way, then the end.
    let mut known = 0;
    let end = loop {
        match timeout(PATIENCE, slow.websocket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                if message[3] == "entry" {
                    known += 1;
                    assert_eq!(message[4]["seq"], known);
                }
            }
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            // A connection that takes nothing cannot be told why it ends.
            Some(Err(_)) | None => break None,
        }
    };
    assert!(end.is_none_or(|code| code == 1013), "{end:?}");
    assert!(known < last, "the slow one heard everything");
    let mut back = world.connect(&ada).await;
    let answer = back.join(&topic, json!({ "since": known })).await;
    assert_eq!(answer["seq"], last);
}

/// Pongs to many pings may be left out (RFC 6455, section 5.5.3), and are rather than kept without end.
#[tokio::test]
async fn pings_whose_pongs_are_not_read_fill_no_memory() {
    const N_PINGS: usize = 100_000;
    // They are read as fast as they come.
    let world = World::start_with(|config| config.limits.frames_per_socket = Rate::per_second(100_000, 100_000)).await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect_narrowly(&ada).await;
    for _ in 0..N_PINGS {
        client.websocket.feed(Message::Ping(vec![b'x'; 125].into())).await.unwrap();
    }
    client.send_message(Message::Ping("last".into())).await;
    let mut n_pongs = 0;
    while client.message().await != Message::Pong("last".into()) {
        n_pongs += 1;
    }
    assert!(n_pongs < N_PINGS / 2, "{n_pongs} pongs were kept");
}

#[tokio::test]
async fn who_floods_waits_for_the_answers_and_loses_nothing() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    let mut refs = Vec::new();
    for number in 0..1_000 {
        let change = json!({ "type": "board_renamed", "name": format!("Roof {number}") });
        refs.push(client.begin(&topic, "propose", &proposal(&change)).await);
    }
    for (number, ref_) in refs.iter().enumerate() {
        assert_eq!(client.answer(ref_).await, ("ok".to_owned(), json!({ "seq": number + 1 })));
    }
    let snapshot = timeout(Duration::from_secs(5), world.snapshot(&ada, board)).await.unwrap();
    assert_eq!(snapshot.board.name(), "Roof 999");
}

#[tokio::test]
async fn a_change_that_waits_for_the_disk_holds_up_its_own_channel_alone() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let [topic, elsewhere] = [world.make_board(&ada, "Roof").await, world.make_board(&ada, "Cellar").await]
        .map(|board| format!("boards:{board}"));
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    let occupied = world.occupy_database();
    let first = client.begin(&topic, "propose", &proposal(&list_added("To do").0)).await;
    let second = client.begin(&topic, "dance", &json!({})).await;
    let leave = client.begin(&topic, "phx_leave", &json!({})).await;
    // The socket goes on: heartbeats, other topics, and what is pushed there.
    client.join(&ada.topic(), json!({})).await;
    client.join(&elsewhere, json!({})).await;
    assert_eq!(client.push(&elsewhere, "dance", json!({})).await.1["reason"], "unknown_event");
    let heartbeat = client.begin("phoenix", "heartbeat", &json!({})).await;
    assert_eq!(client.answer(&heartbeat).await.0, "ok");
    assert!(client.events.iter().all(|message| message[3] != "phx_reply" && message[3] != "entry"));
    drop(occupied);
    // And then the channel, in order.
    for (ref_, expected) in [(first, "ok"), (second, "error"), (leave, "ok")] {
        assert_eq!(client.answer(&ref_).await.0, expected);
        assert!(client.events.iter().all(|message| message[3] != "phx_reply"));
    }
}
