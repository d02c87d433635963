//! How sessions end, and what those who poll are told.

use std::time::{Duration, Instant, SystemTime};

use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use reqwest::StatusCode;
use roost_server::Config;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, PATH, PATIENCE, proposal, renamed};
use crate::site::{Answer, Site};

const HEARTBEAT: &str = r#"[null,"1","phoenix","heartbeat",{}]"#;
const SECRET: &str = "a secret of thirty-two bytes or more";

fn status(answer: &Answer) -> u64 {
    answer.json::<Value>()["status"].as_u64().unwrap()
}

/// A session that is gone.
async fn check_gone(client: &Client) {
    assert_eq!(client.post("", HEARTBEAT).await.body, r#"{"status":410}"#);
    let answer: Value = client.get("").await.json();
    assert_eq!(answer["status"], 410);
    assert_ne!(answer["token"], client.token);
}

async fn n_open(site: &Site) -> u64 {
    let metrics = site.caller.get("/metrics").await.body;
    let count = metrics.lines().find_map(|line| line.strip_prefix("roost_open_sockets ")).unwrap();
    count.parse().unwrap()
}

#[tokio::test]
async fn sessions_that_nobody_polls() {
    let site = Site::start_with(|config| {
        config.limits.poll_window = Duration::from_secs(1);
        config.limits.sockets_per_user = 2;
    })
    .await;
    let ada = site.sign_up("Ada").await;
    let (polled, left) = (Client::open(&site, &ada).await, Client::open(&site, &ada).await);
    assert_eq!(n_open(&site).await, 2);
    let refused = site.caller.get(&format!("{PATH}?token={}", ada.token)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_ne!(refused.header("retry-after"), "");
    let refused: Value = refused.json();
    assert_eq!((&refused["status"], &refused["error"]["limit"]), (&json!(500), &json!("sockets_per_user")));
    // POSTs alone do not keep a session.
    let start = Instant::now();
    while n_open(&site).await > 1 {
        assert!(start.elapsed() < PATIENCE, "the session is still there");
        assert_eq!(status(&polled.get("").await), 204);
        left.post("", HEARTBEAT).await;
    }
    assert!(start.elapsed() > Duration::from_secs(1));
    check_gone(&left).await;
    polled.send(HEARTBEAT).await;
    assert_eq!(status(&polled.get("").await), 200);
}

#[tokio::test]
async fn signing_out_while_polling() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    let start = Instant::now();
    let (polled, signed_out) = tokio::join!(client.get(""), ada.caller.delete("/api/v1/sessions"));
    assert_eq!(signed_out.status, StatusCode::NO_CONTENT);
    assert_eq!(polled.body, r#"{"status":403}"#);
    assert!(start.elapsed() < Duration::from_secs(9), "it was not told at once");
    assert_eq!(client.post("", HEARTBEAT).await.body, r#"{"status":410}"#);
    assert_eq!(client.get("").await.body, r#"{"status":403}"#);
    assert_eq!(n_open(&site).await, 0);
}

/// The token, but for when it ends: so many seconds from now.
fn ending_in(jwt: &str, seconds: u64) -> String {
    let header = jsonwebtoken::decode_header(jwt).unwrap();
    let mut any = Validation::new(header.alg);
    any.validate_aud = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let mut claims = jsonwebtoken::decode::<Value>(jwt, &key, &any).unwrap().claims;
    claims["exp"] = (SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() + seconds).into();
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_token_that_ends_while_polling() {
    let site = Site::start_with(|config| config.secret = Some(SECRET.to_owned())).await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open_with(&site, &format!("?vsn=2.0.0&token={}", ending_in(&ada.token, 3))).await;
    let start = Instant::now();
    assert_eq!(client.get("").await.body, r#"{"status":403}"#);
    assert!(start.elapsed() < Duration::from_secs(9), "it was not told at once");
    assert_eq!(n_open(&site).await, 0);
}

#[tokio::test]
async fn what_waits_is_told_of_a_frame_that_ends_the_session() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    let (polled, posted) = tokio::join!(client.get(""), client.post("", "[1]"));
    assert_eq!(posted.body, r#"{"reason":"not a message","status":408}"#);
    // 410 with a new session when it came after the end.
    assert_eq!(status(&polled), 410);
    check_gone(&client).await;
}

#[tokio::test]
async fn who_does_not_keep_up_comes_back_with_since() {
    let site = Site::start_with(|config| config.limits.socket_queue = 10).await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let (mut slow, mut quick) = (Client::open(&site, &ada).await, Client::open(&site, &ada).await);
    slow.join(&topic, json!({})).await;
    quick.join(&topic, json!({})).await;
    let (list, card) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let list = json!({ "type": "list_added", "list": { "id": list, "name": "To do", "position": "a0" } });
    let list_id = list["list"]["id"].clone();
    quick.push(&topic, "propose", proposal(&list)).await;
    let card = json!({ "id": card, "list_id": list_id, "title": "Tiles", "position": "a0" });
    quick.push(&topic, "propose", proposal(&json!({ "type": "card_added", "card": card }))).await;
    for number in 0..20 {
        let description = format!("{number:02}{}", "瓦".repeat(19_998));
        let change = json!({ "type": "card_described", "card_id": card["id"], "description": description });
        assert_eq!(quick.push(&topic, "propose", proposal(&change)).await.0, "ok");
    }
    check_gone(&slow).await;
    let mut back = Client::open(&site, &ada).await;
    let joined = back.join(&topic, json!({ "since": 2 })).await;
    assert_eq!(joined["seq"], 22);
}

/// What was taken is answered in the one poll that is left; the others are told to come back.
#[tokio::test]
async fn a_stop_comes_after_the_answers_and_waits_for_nobody_else() {
    let data_dir = TempDir::new().unwrap();
    let database = data_dir.path().join("roost.db");
    let site = Site::start_in(data_dir, |_| {}).await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let (mut busy, waiting, earlier) =
        (Client::open(&site, &ada).await, Client::open(&site, &ada).await, Client::open(&site, &ada).await);
    let _idle = [Client::open(&site, &ada).await, Client::open(&site, &ada).await];
    busy.join(&topic, json!({})).await;
    // Nothing can be saved before this is dropped.
    let occupied = rusqlite::Connection::open(database).unwrap();
    occupied.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ref_ = busy.begin(&topic, "propose", &renamed("Cellar")).await;
    while busy.n_heard() > 0 {
        busy.next().await;
    }
    let start = Instant::now();
    let stopped = async {
        // The polls wait when requests that came later have been answered.
        for _ in 0..3 {
            site.caller.get("/healthz").await;
        }
        let stopping = tokio::spawn(site.stop());
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(occupied);
        stopping.await.unwrap()
    };
    let answered = async {
        // Who comes and goes may be told first.
        let mut answers = String::new();
        while !answers.contains("phx_reply") {
            answers += &busy.get("").await.body;
        }
        answers
    };
    let superseded = async { tokio::join!(earlier.get("&n=1"), earlier.get("&n=2")) };
    let (answers, told, superseded, _) = tokio::join!(answered, waiting.get(""), superseded, stopped);
    assert!(start.elapsed() < Duration::from_secs(8), "the stop took {:?}", start.elapsed());
    assert!(
        answers.contains(&format!(r#"\"{ref_}\",\"{topic}\",\"phx_reply\",{{\"response\":{{\"seq\":1}}"#)),
        "{answers}"
    );
    for answer in [told, superseded.0, superseded.1] {
        assert_eq!(answer.body, r#"{"status":410}"#);
    }
}

#[tokio::test]
async fn a_restart_opens_new_sessions() {
    let data_dir = TempDir::new().unwrap();
    let site = Site::start_in(data_dir, |config: &mut Config| config.secret = Some(SECRET.to_owned())).await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    let address = site.server.address();
    let data_dir = site.stop().await;
    let site = Site::start_in(data_dir, |config| {
        config.secret = Some(SECRET.to_owned());
        config.listen = address;
    })
    .await;
    check_gone(&client).await;
    drop(site);
}
