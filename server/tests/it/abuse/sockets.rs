//! Too many sockets.

use std::time::Duration;

use roost_server::{Limit, Rate};
use serde_json::json;

use super::client::{Client, raw, socket_request};
use super::{Arena, Honest, PATIENCE};

/// Where the attackers ask from, by what the proxy says.
const MALLORY: &str = "203.0.113.7";

/// Asks for sockets that are refused, without end.
async fn ask_on_and_on(arena: &Arena, token: &str, expected: u16) {
    loop {
        let refused = Client::open(arena.address(), token, MALLORY).await.err().expect("there is no place");
        assert_eq!(refused.status, expected);
    }
}

/// The answer to one socket too many.
async fn refusal(arena: &Arena, token: &str) -> String {
    let headers = format!("X-Forwarded-For: {MALLORY}\r\nConnection: close\r\n");
    raw(arena.address(), &socket_request(token, &headers)).await
}

fn check(answer: &str, status: &str, code: &str, limit: Limit) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.contains("\r\nretry-after: 5") && head.contains("\r\ncontent-type: application/json"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert!(!body["error"]["message"].as_str().unwrap().is_empty());
    assert_eq!((&body["error"]["code"], &body["error"]["limit"]), (&json!(code), &json!(limit.name())));
}

/// A place that was left is free, as soon as the server has noticed.
async fn opens(arena: &Arena, token: &str, forwarded_for: &str) -> Client {
    let trying = async {
        loop {
            match Client::open(arena.address(), token, forwarded_for).await {
                Ok(client) => return client,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, trying).await.expect("a place becomes free")
}

async fn start(configure: impl FnOnce(&mut roost_server::Limits) + Send + 'static) -> Arena {
    Arena::start(move |config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        // Each limit by itself: this one would hold them up first.
        config.limits.requests_per_address = Rate::per_second(1_000_000, 1_000_000);
        configure(&mut config.limits);
    })
    .await
}

#[tokio::test]
async fn of_one_person() {
    let arena = start(|limits| limits.sockets_per_user = 3).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(Client::open(arena.address(), &mallory.token, MALLORY).await.unwrap());
    }
    check(&refusal(&arena, &mallory.token).await, "429", "too_many", Limit::SocketsPerUser);
    honest.must_not_notice(async || ask_on_and_on(&arena, &mallory.token, 429).await).await;
    assert!(arena.limited(Limit::SocketsPerUser).await > 1);
    // Somebody else at the same address has their own places.
    let (bob, _) = arena.member("Bob").await;
    Client::open(arena.address(), &bob.token, MALLORY).await.unwrap();
    taken.pop();
    opens(&arena, &mallory.token, MALLORY).await;
}

#[tokio::test]
async fn from_one_address() {
    let arena = start(|limits| limits.sockets_per_address = 2).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    let (accomplice, _) = arena.member("Oscar").await;
    let mut taken = vec![
        Client::open(arena.address(), &mallory.token, MALLORY).await.unwrap(),
        Client::open(arena.address(), &accomplice.token, MALLORY).await.unwrap(),
    ];
    check(&refusal(&arena, &mallory.token).await, "429", "too_many", Limit::SocketsPerAddress);
    honest.must_not_notice(async || ask_on_and_on(&arena, &mallory.token, 429).await).await;
    assert!(arena.limited(Limit::SocketsPerAddress).await > 1);
    Client::open(arena.address(), &mallory.token, "203.0.113.8").await.unwrap();
    taken.pop();
    opens(&arena, &mallory.token, MALLORY).await;
}

#[tokio::test]
async fn in_all() {
    let arena = start(|limits| limits.sockets = 4).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    let mut taken = Vec::new();
    for _ in 0..2 {
        taken.push(Client::open(arena.address(), &mallory.token, MALLORY).await.unwrap());
    }
    check(&refusal(&arena, &mallory.token).await, "503", "unavailable", Limit::Sockets);
    honest.must_not_notice(async || ask_on_and_on(&arena, &mallory.token, 503).await).await;
    assert!(arena.limited(Limit::Sockets).await > 1);
    taken.pop();
    opens(&arena, &mallory.token, MALLORY).await;
}

/// A session of long poll is a socket, too.
#[tokio::test]
async fn of_one_person_by_long_poll() {
    let arena = start(|limits| limits.sockets_per_user = 2).await;
    let (mallory, _) = arena.member("Mallory").await;
    let open = async || {
        raw(
            arena.address(),
            &format!(
                "GET /socket/longpoll?token={}&vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                mallory.token
            ),
        )
        .await
    };
    let _taken = Client::open(arena.address(), &mallory.token, MALLORY).await.unwrap();
    let opened = open().await;
    assert!(opened.starts_with("HTTP/1.1 200 ") && opened.contains(r#""status":410"#), "{opened}");
    let refused = open().await;
    check(&refused, "429", "too_many", Limit::SocketsPerUser);
    // The official client tries again after this one.
    assert!(refused.ends_with(r#""status":500}"#), "{refused}");
}

/// What stands in the header counts for nothing when it does not come from a proxy that the settings name.
#[tokio::test]
async fn from_one_address_that_claims_to_be_many() {
    let arena = Arena::start(|config| {
        config.trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()];
        config.limits.sockets_per_address = 2;
    })
    .await;
    let (mallory, _) = arena.member("Mallory").await;
    let mut taken = Vec::new();
    for claimed in ["203.0.113.1", "203.0.113.2"] {
        taken.push(Client::open(arena.address(), &mallory.token, claimed).await.unwrap());
    }
    assert_eq!(Client::open(arena.address(), &mallory.token, "203.0.113.3").await.err().unwrap().status, 429);
}

#[tokio::test]
async fn channels_on_one_socket() {
    let arena = Arena::start(|config| config.limits.channels_per_socket = 2).await;
    let honest = Honest::start(&arena).await;
    let (mallory, board) = arena.member("Mallory").await;
    let mut client = Client::open(arena.address(), &mallory.token, "").await.unwrap();
    client.join(board).await;
    client.join(mallory.make_board("Cellar").await.id).await;
    let third = format!("boards:{}", mallory.make_board("Attic").await.id);
    let (status, response) = client.push(&third, "phx_join", &json!({})).await;
    let expected = json!({ "reason": "too many channels joined", "limit": "channels_per_socket" });
    assert_eq!((status.as_str(), response), ("error", expected));
    honest
        .must_not_notice(async || {
            loop {
                assert_eq!(client.push(&third, "phx_join", &json!({})).await.0, "error");
            }
        })
        .await;
    assert!(arena.limited(Limit::ChannelsPerSocket).await > 1);
}
