//! Requests that are cut in the middle: nothing is lost, and nothing comes twice.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::client::{Client, PATIENCE, in_a_hurry, proposal, renamed};
use crate::site::Site;

const HEARTBEAT: &str = r#"[null,"REF","phoenix","heartbeat",{}]"#;

fn heartbeats(refs: std::ops::Range<u32>) -> String {
    let lines: Vec<String> = refs.map(|ref_| HEARTBEAT.replace("REF", &ref_.to_string())).collect();
    lines.join("\n")
}

/// The refs of the answers in a poll.
async fn refs(client: &Client, more: &str) -> Vec<String> {
    let answer: Value = client.get(more).await.json();
    assert_eq!(answer["status"], 200, "{answer}");
    let messages = answer["messages"].as_array().unwrap();
    let of = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap()[1].as_str().unwrap().into();
    messages.iter().map(of).collect()
}

fn numbers(refs: std::ops::Range<u32>) -> Vec<String> {
    refs.map(|ref_| ref_.to_string()).collect()
}

/// Sends a request over a connection of its own, which takes in little before it is read.
async fn begin(site: &Site, request: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(site.server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Polls, reads this many bytes of the answer or all of it, and hangs up. Whether that was all.
async fn cut_poll(site: &Site, client: &Client, more: &str, n_bytes: usize) -> bool {
    let path = client.path(more);
    let mut stream = begin(site, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
    let mut read = vec![0; n_bytes];
    timeout(PATIENCE, stream.read_exact(&mut read)).await.expect("a part of an answer").is_err()
}

/// The server has noticed what other connections did before: this request came after it.
async fn pass_time(site: &Site) {
    for _ in 0..3 {
        site.caller.get("/healthz").await;
    }
}

#[tokio::test]
async fn polls_that_acknowledge() {
    const N_ENTRIES: u64 = 120;
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let (mut reader, mut writer) = (Client::open(&site, &ada).await, Client::open(&site, &ada).await);
    reader.n_received = Some(0);
    reader.join(&topic, json!({})).await;
    writer.join(&topic, json!({})).await;
    let writing = async {
        for number in 1..=N_ENTRIES {
            let name = format!("Roof {number}");
            assert_eq!(
                writer.push(&topic, "propose", renamed(&name)).await,
                ("ok".to_owned(), json!({ "seq": number }))
            );
        }
    };
    let reading = async {
        let mut expected = 1;
        for n_bytes in (0..).step_by(37) {
            // What a cut answer said is not known to have arrived, so it is not acknowledged.
            let more = format!("&ack={}", reader.n_received.unwrap());
            cut_poll(&site, &reader, &more, 20 + n_bytes % 500).await;
            let entry = reader.event("entry").await;
            assert_eq!(entry[4]["seq"], expected);
            expected += 1;
            if expected > N_ENTRIES {
                return;
            }
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    client.send(heartbeats(0..3)).await;
    assert_eq!(refs(&client, "&ack=0").await, numbers(0..3));
    client.send(heartbeats(3..5)).await;
    assert_eq!(refs(&client, "&ack=0").await, numbers(0..3));
    assert_eq!(refs(&client, "&ack=2").await, numbers(2..3));
    assert_eq!(refs(&client, "&ack=3").await, numbers(3..5));
    // What is acknowledged is forgotten.
    let answer = client.get("&ack=2").await;
    assert_eq!(answer.body, r#"{"reason":"ack names no messages that are here","status":400}"#);
    // A client that stops to acknowledge gets it once more, and then it has arrived.
    assert_eq!(refs(&client, "").await, numbers(3..5));
    client.send(heartbeats(5..6)).await;
    assert_eq!(refs(&client, "").await, numbers(5..6));
    client.send(heartbeats(6..7)).await;
    assert_eq!(refs(&client, "&ack=6").await, numbers(6..7));
}

#[tokio::test]
async fn an_answer_that_was_cut_off_comes_again() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let mut client = Client::open(&site, &ada).await;
    client.join(&topic, json!({})).await;
    let list = json!({ "id": uuid::Uuid::now_v7(), "name": "To do", "position": "a0" });
    let list_added = proposal(&json!({ "type": "list_added", "list": list }));
    client.push(&topic, "propose", list_added).await;
    // A board of 9 MB: more than the connection's buffers take.
    for number in 0..150 {
        let id = uuid::Uuid::now_v7();
        let card =
            json!({ "id": id, "list_id": list["id"], "title": "Tiles", "position": format!("a{}", number % 10) });
        let described = json!({ "type": "card_described", "card_id": id, "description": "瓦".repeat(20_000) });
        let added = json!({ "type": "card_added", "card": card });
        assert_eq!(client.push(&topic, "propose", proposal(&added)).await.0, "ok");
        assert_eq!(client.push(&topic, "propose", proposal(&described)).await.0, "ok");
    }
    let client = Client::open(&site, &ada).await;
    client.send(json!(["1", "1", topic, "phx_join", {}]).to_string()).await;
    // Half of it is read; meanwhile something else happens, which has to come after it.
    assert!(!cut_poll(&site, &client, "", 1_000_000).await);
    client.send(heartbeats(7..8)).await;
    let answer: Value = client.get("").await.json();
    assert_eq!(answer["status"], 200);
    let first: Value = serde_json::from_str(answer["messages"][0].as_str().unwrap()).unwrap();
    assert_eq!((&first[1], &first[4]["response"]["seq"]), (&json!("1"), &json!(301)));
    // It has arrived and does not come again.
    let rest: Value = client.get("").await.json();
    let all: Vec<&str> = [&answer, &rest]
        .iter()
        .flat_map(|answer| answer["messages"].as_array().unwrap())
        .map(|text| text.as_str().unwrap())
        .collect();
    assert_eq!(all.iter().filter(|text| text.starts_with(r#"["1","1","#)).count(), 1);
    assert_eq!(all.iter().filter(|text| text.contains(r#""7","phoenix""#)).count(), 1);
}

#[tokio::test]
async fn a_poll_whose_client_has_gone_takes_nothing() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    for more in ["", "&ack=0"] {
        let gone = begin(&site, &format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", client.path(more))).await;
        pass_time(&site).await;
        drop(gone);
        pass_time(&site).await;
    }
    client.send(heartbeats(0..1)).await;
    assert_eq!(refs(&client, "").await, numbers(0..1));
}

#[tokio::test]
async fn posts_with_numbers() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let mut client = Client::open(&site, &ada).await;
    client.join(&topic, json!({})).await;
    // The join was number 0. Each is worked on once, however often it comes.
    for (seq, lines) in [(1, 0..3), (1, 0..3), (2, 1..5), (1, 0..6), (6, 5..6), (7, 6..7)] {
        let answer = client.post(&format!("&seq={seq}"), heartbeats(lines)).await;
        assert_eq!(answer.body, r#"{"status":200}"#, "{seq}");
    }
    let answer = client.post("&seq=9", heartbeats(8..9)).await;
    assert_eq!(answer.body, r#"{"reason":"messages before these are missing","status":409}"#);
    for ref_ in 0..7 {
        assert_eq!(client.event("phx_reply").await[1], ref_.to_string());
    }
    // A body of which only the beginning comes. Whole lines of it are taken, half of a line is not.
    let body = heartbeats(7..10);
    for n_bytes in [0, 10, 50, 90, body.len() - 1, body.len()] {
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            client.path("&seq=8"),
            body.len() + 1
        );
        let stream = begin(&site, &format!("{head}{}", &body[..n_bytes])).await;
        pass_time(&site).await;
        drop(stream);
        pass_time(&site).await;
    }
    let answer = client.post("&seq=8", body).await;
    assert_eq!(answer.body, r#"{"status":200}"#);
    client.send(heartbeats(10..11)).await;
    for ref_ in 7..11 {
        assert_eq!(client.event("phx_reply").await[1], ref_.to_string());
    }
}

#[tokio::test]
async fn a_body_that_does_not_come() {
    let (site, ada) = in_a_hurry(Duration::from_secs(2)).await;
    let client = Client::open(&site, &ada).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 500\r\n\r\n",
        client.path("")
    );
    let mut stream = begin(&site, &format!("{head}{}\n[null,", heartbeats(0..1))).await;
    let mut answer = vec![0; 2_000];
    let n_bytes = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8(answer[..n_bytes].to_vec()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(r#"{"reason":"it took too long (request_time)","status":408}"#), "{answer}");
    // The session lives, and has what came.
    client.send(heartbeats(1..2)).await;
    assert_eq!(refs(&client, "").await, numbers(0..2));
}
