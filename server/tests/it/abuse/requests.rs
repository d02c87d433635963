//! Requests in masses.

use reqwest::Method;
use roost_server::{Limit, Rate};
use serde_json::{Value, json};

use super::{Arena, Honest};
use crate::site::{Answer, Caller, PASSWORD};

const MALLORY: &str = "203.0.113.7";

async fn start(configure: impl FnOnce(&mut roost_server::Limits) + Send + 'static) -> Arena {
    Arena::start(move |config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        configure(&mut config.limits);
    })
    .await
}

async fn ask(arena: &Arena, path: &str, forwarded_for: &str) -> Answer {
    let request = arena.site.caller.request(Method::GET, path).header("x-forwarded-for", forwarded_for);
    Caller::send(request).await
}

async fn sign_up(arena: &Arena, number: usize, password: &str, forwarded_for: &str) -> Answer {
    let email = format!("person{number}@example.org");
    let user = json!({ "first_name": "A", "last_name": "B", "email": email, "password": password });
    let request = arena.site.caller.request(Method::POST, "/api/v1/registrations").json(&json!({ "user": user }));
    Caller::send(request.header("x-forwarded-for", forwarded_for)).await
}

async fn sign_in(arena: &Arena, email: &str, forwarded_for: &str) -> Answer {
    let session = json!({ "email": email, "password": "a guess of mine" });
    let request = arena.site.caller.request(Method::POST, "/api/v1/sessions").json(&json!({ "session": session }));
    Caller::send(request.header("x-forwarded-for", forwarded_for)).await
}

fn check(answer: &Answer, status: u16, code: &str, limit: Limit, soon: std::ops::RangeInclusive<u64>) {
    assert_eq!(answer.error(status).code, code);
    let body: Value = answer.json();
    assert_eq!(body["error"]["limit"], limit.name());
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!(soon.contains(&wait), "{wait}");
}

#[tokio::test]
async fn from_one_address() {
    let arena = start(|limits| limits.requests_per_address = Rate::per_minute(1, 50)).await;
    let honest = Honest::start(&arena).await;
    let refused = async {
        loop {
            let answer = ask(&arena, "/api/v1/info", MALLORY).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    check(&refused.await, 429, "too_many", Limit::RequestsPerAddress, 1..=60);
    honest
        .must_not_notice(async || {
            loop {
                ask(&arena, "/api/v1/info", MALLORY).await;
            }
        })
        .await;
    assert!(arena.limited(Limit::RequestsPerAddress).await > 1);
    assert_eq!(ask(&arena, "/api/v1/info", "203.0.113.8").await.status, 200, "others are answered");
    assert_eq!(ask(&arena, "/healthz", MALLORY).await.status, 200, "and so is whoever runs the server");
    // Openings of sockets count, too: each costs a look at the accounts.
    let (mallory, _) = arena.member("Mallory").await;
    let opened = super::Client::open(arena.address(), &mallory.token, MALLORY).await;
    assert_eq!(opened.err().unwrap().status, 429);
}

#[tokio::test]
async fn that_make_accounts() {
    let arena = start(|limits| limits.sign_ups_per_address = Rate::per_hour(60, 3)).await;
    let honest = Honest::start(&arena).await;
    for number in 0..3 {
        assert_eq!(sign_up(&arena, number, PASSWORD, MALLORY).await.status, 201);
    }
    check(&sign_up(&arena, 3, PASSWORD, MALLORY).await, 429, "too_many", Limit::SignUpsPerAddress, 1..=60);
    honest
        .must_not_notice(async || {
            loop {
                assert_eq!(sign_up(&arena, 3, PASSWORD, MALLORY).await.status, 429);
            }
        })
        .await;
    assert!(arena.limited(Limit::SignUpsPerAddress).await > 1);
    assert_eq!(sign_up(&arena, 4, PASSWORD, "203.0.113.8").await.status, 201);
}

#[tokio::test]
async fn that_guess_passwords() {
    let arena = start(|limits| {
        limits.failed_sign_ins_per_address = Rate::per_minute(1, 5);
        limits.failed_sign_ins_per_account = Rate::per_minute(1, 3);
    })
    .await;
    let honest = Honest::start(&arena).await;
    for _ in 0..3 {
        assert_eq!(sign_in(&arena, "honest@example.org", MALLORY).await.status, 401);
    }
    let elsewhere = sign_in(&arena, "honest@example.org", "203.0.113.8").await;
    check(&elsewhere, 429, "too_many_attempts", Limit::FailedSignInsPerAccount, 1..=60);
    for number in 0..2 {
        assert_eq!(sign_in(&arena, &format!("{number}@example.org"), MALLORY).await.status, 401);
    }
    let refused = sign_in(&arena, "other@example.org", MALLORY).await;
    check(&refused, 429, "too_many_attempts", Limit::FailedSignInsPerAddress, 1..=60);
    honest
        .must_not_notice(async || {
            loop {
                assert_eq!(sign_in(&arena, "other@example.org", MALLORY).await.status, 429);
            }
        })
        .await;
    assert!(arena.limited(Limit::FailedSignInsPerAddress).await > 1);
    assert!(arena.limited(Limit::FailedSignInsPerAccount).await > 0);
}

/// Guesses from many addresses at many accounts, which no throttle knows: the hashing itself leaves room.
#[tokio::test]
async fn that_keep_the_hashing_busy() {
    let arena = start(|_| {}).await;
    let honest = Honest::start(&arena).await;
    let guess = async |from: usize| {
        let (email, address) = (format!("{from}@example.org"), format!("203.0.113.{from}"));
        for _ in 0..5 {
            assert_eq!(sign_in(&arena, &email, &address).await.status, 401);
        }
    };
    let mut next = 0;
    honest
        .must_not_notice(async || {
            loop {
                next = (next + 8) % 200;
                futures_util::future::join_all((next..next + 8).map(guess)).await;
            }
        })
        .await;
}

#[tokio::test]
async fn whose_bodies_are_too_long() {
    let arena = start(|_| {}).await;
    let honest = Honest::start(&arena).await;
    let send = async || {
        let request = arena.site.caller.request(Method::POST, "/api/v1/sessions");
        let body = vec![b' '; 64 * 1024 + 1];
        Caller::send(request.header("content-type", "application/json").body(body)).await
    };
    let answer = send().await;
    assert_eq!(answer.error(413).code, "too_large");
    assert_eq!(answer.json::<Value>()["error"]["limit"], "body_bytes");
    honest
        .must_not_notice(async || {
            loop {
                assert_eq!(send().await.status, 413);
            }
        })
        .await;
    assert!(arena.limited(Limit::BodyBytes).await > 1);
}

#[tokio::test]
async fn that_make_boards() {
    let arena = start(|limits| limits.boards_per_user = 2).await;
    let honest = Honest::start(&arena).await;
    let (mallory, _) = arena.member("Mallory").await;
    mallory.make_board("Cellar").await;
    let make = async || mallory.caller.post("/api/v1/boards", &json!({ "board": { "name": "Attic" } })).await;
    let answer = make().await;
    assert_eq!(answer.error(422).code, "invalid");
    assert_eq!(answer.json::<Value>()["error"]["limit"], "boards_per_user");
    honest
        .must_not_notice(async || {
            loop {
                assert_eq!(make().await.status, 422);
            }
        })
        .await;
    assert!(arena.limited(Limit::BoardsPerUser).await > 1);
}
