//! Frames and proposals in masses: nothing is refused, nothing is lost, and nobody else waits.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use roost_server::{Limit, Rate};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, rename};
use super::{Arena, Honest};

/// Sends messages for as long as the server reads them, and reads whatever comes.
async fn flood(client: Client, mut next: impl FnMut() -> Message) {
    let (mut sink, mut stream) = client.websocket.split();
    let sending = async {
        loop {
            sink.send(next()).await.unwrap();
        }
    };
    let reading = async {
        while let Some(message) = stream.next().await {
            assert!(!message.unwrap().is_close(), "a socket that sends much is not closed");
        }
    };
    tokio::select! {
        () = sending => {}
        () = reading => {}
    }
}

#[tokio::test]
async fn of_frames() {
    const RATE: Rate = Rate::per_second(200, 50);
    const N_FRAMES: u64 = 150;
    let arena = Arena::start(|config| config.limits.frames_per_socket = RATE).await;
    let (mallory, _) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let start = Instant::now();
    let mut refs = Vec::new();
    for _ in 0..N_FRAMES {
        refs.push(client.begin("phoenix", "heartbeat", &json!({})).await);
    }
    for ref_ in refs {
        assert_eq!(client.answer(&ref_).await.0, "ok");
    }
    // The first 50 at once, the rest one in 5 ms.
    assert!(start.elapsed() >= Duration::from_millis(5 * (N_FRAMES - 50)), "{:?}", start.elapsed());
    assert!(arena.limited(Limit::FramesPerSocket).await > 0);
}

/// Heartbeats, pings and what is no use at all, on several sockets, as fast as they go.
#[tokio::test]
async fn of_frames_beside_others() {
    let arena = Arena::start(|config| config.limits.frames_per_socket = Rate::per_second(100, 200)).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    honest
        .must_not_notice(async || {
            let open = async || Client::open(arena.address(), &mallory.token, "").await.unwrap();
            let heartbeat = || Message::text(r#"[null,"1","phoenix","heartbeat",{}]"#);
            let ping = || Message::Ping(vec![b'x'; 125].into());
            let nonsense = || Message::text(r#"["1","1","boards:nothing","phx_join",{}]"#);
            tokio::join!(
                flood(open().await, heartbeat),
                flood(open().await, ping),
                flood(open().await, nonsense),
                flood(open().await, heartbeat),
            );
        })
        .await;
    assert!(arena.limited(Limit::FramesPerSocket).await > 0);
}

/// Few long frames are no way around a limit on many short ones.
#[tokio::test]
async fn of_long_frames() {
    let arena = Arena::start(|config| config.limits.frames_per_socket = Rate::per_second(200, 50)).await;
    let (mallory, board) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let topic = client.join(board).await;
    let start = Instant::now();
    let long = json!({ "nothing": "x".repeat(200 * 1_024) });
    for _ in 0..3 {
        assert_eq!(client.push(&topic, "dance", &long).await.1["reason"], "unknown_event");
    }
    // Each counts for 51: the first two at once or nearly so, the third when they have been paid for.
    assert!(start.elapsed() >= Duration::from_millis(5 * 50), "{:?}", start.elapsed());
}

/// An outbox that is longer than what may go at once.
async fn propose_all(client: &mut Client, topic: &str, n_proposals: usize) -> Vec<Value> {
    let mut refs = Vec::new();
    for number in 0..n_proposals {
        let (_, payload) = rename(&format!("Roof {number}"));
        refs.push(client.begin(topic, "propose", &payload).await);
    }
    let mut answers = Vec::new();
    for ref_ in refs {
        let (status, response) = client.answer(&ref_).await;
        assert_eq!(status, "ok", "{response}");
        answers.push(response);
    }
    answers
}

/// All are made, in their order, and those that had to wait are told why.
fn check(answers: &[Value], n_at_once: usize, limit: Limit) {
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer["seq"], index + 1);
        match answer.get("throttled") {
            Some(throttled) => {
                assert_eq!(throttled["limit"], limit.name());
                assert!(throttled["waited_ms"].as_u64().unwrap() > 0);
            }
            None => assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}"),
        }
    }
    assert!(answers[..n_at_once].iter().all(|answer| answer.get("throttled").is_none()), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.get("throttled").is_some()), "{answers:?}");
}

#[tokio::test]
async fn of_proposals_by_one_person() {
    let arena = Arena::start(|config| config.limits.proposals_per_user = Rate::per_second(100, 20)).await;
    let (mallory, board) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let topic = client.join(board).await;
    let start = Instant::now();
    check(&propose_all(&mut client, &topic, 60).await, 20, Limit::ProposalsPerUser);
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    // It is theirs on each of their sockets, and on each of their boards.
    let mut other = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let elsewhere = other.join(mallory.make_board("Cellar").await.id).await;
    let (first, second) = tokio::join!(propose_all(&mut client, &topic, 30), propose_all(&mut other, &elsewhere, 30));
    assert!([first, second].concat().iter().any(|answer| answer.get("throttled").is_some()));
    assert!(arena.limited(Limit::ProposalsPerUser).await > 0);
}

#[tokio::test]
async fn of_proposals_on_one_board() {
    let arena = Arena::start(|config| config.limits.proposals_per_board = Rate::per_second(100, 20)).await;
    let (mallory, board) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    let topic = client.join(board).await;
    check(&propose_all(&mut client, &topic, 40).await, 20, Limit::ProposalsPerBoard);
    // Other boards go on.
    let elsewhere = client.join(mallory.make_board("Cellar").await.id).await;
    let answers = propose_all(&mut client, &elsewhere, 15).await;
    assert!(answers.iter().all(|answer| answer.get("throttled").is_none()));
    assert!(arena.limited(Limit::ProposalsPerBoard).await > 0);
}

#[tokio::test]
async fn of_proposals_beside_others() {
    let arena = Arena::start(|config| {
        config.limits.proposals_per_user = Rate::per_second(100, 100);
        config.limits.proposals_per_board = Rate::per_second(100, 100);
    })
    .await;
    let honest = Honest::start(&arena).await;
    let (mallory, board) = arena.member("Mallory").await;
    let topic = format!("boards:{board}");
    honest
        .must_not_notice(async || {
            let flooder = async || {
                let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
                client.join(board).await;
                let next = || Message::text(json!(["1", "2", topic, "propose", rename("Roof").1]).to_string());
                flood(client, next).await;
            };
            tokio::join!(flooder(), flooder(), flooder(), flooder());
        })
        .await;
    let n_limited = arena.limited(Limit::ProposalsPerUser).await + arena.limited(Limit::ProposalsPerBoard).await;
    assert!(n_limited > 0);
}
