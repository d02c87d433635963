//! Connections that are there to be in the way.

use std::net::SocketAddr;
use std::time::Duration;

use roost_server::Limit;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::client::{PATIENCE, answer_over, raw};
use super::{Arena, Honest};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Connects from another address than everybody else in these tests. All of 127.0.0.0/8 is this machine on Linux; on
/// other systems only 127.0.0.1 is, and the attackers share it with those who come later.
async fn connect_as_mallory(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if cfg!(target_os = "linux") {
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    }
    socket.connect(address).await.unwrap()
}

fn check(answer: &str, status: &str, code: &str, limit: Limit) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nRetry-After: 5\r\n") && head.contains("\r\nConnection: close"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["error"]["code"], &body["error"]["limit"]), (&json!(code), &json!(limit.name())));
}

/// Connects on and on beyond what is allowed.
async fn connect_on_and_on(address: SocketAddr) {
    loop {
        let answer = answer_over(connect_as_mallory(address).await, HEALTH).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}

#[tokio::test]
async fn from_one_address() {
    let arena = Arena::start(|config| config.limits.connections_per_address = 20).await;
    let honest = Honest::start(&arena).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(connect_as_mallory(arena.address()).await);
    }
    let refused = answer_over(connect_as_mallory(arena.address()).await, HEALTH).await;
    check(&refused, "429", "too_many", Limit::ConnectionsPerAddress);
    honest.must_not_notice(async || connect_on_and_on(arena.address()).await).await;
    if cfg!(target_os = "linux") {
        assert!(raw(arena.address(), HEALTH).await.starts_with("HTTP/1.1 200"), "others come in");
        assert!(arena.limited(Limit::ConnectionsPerAddress).await > 1);
    }
    // Who goes away makes room.
    drop(idle);
    let trying = async {
        while !answer_over(connect_as_mallory(arena.address()).await, HEALTH).await.contains("200 OK") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, trying).await.expect("a place becomes free");
}

#[tokio::test]
async fn in_all() {
    let arena = Arena::start(|config| config.limits.connections = 20).await;
    let honest = Honest::start(&arena).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(connect_as_mallory(arena.address()).await);
    }
    check(&raw(arena.address(), HEALTH).await, "503", "unavailable", Limit::Connections);
    honest.must_not_notice(async || connect_on_and_on(arena.address()).await).await;
    drop(idle);
    let trying = async {
        while !raw(arena.address(), HEALTH).await.contains("200 OK") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, trying).await.expect("a place becomes free");
    assert!(arena.limited(Limit::Connections).await > 1);
}

/// Many connections that send a request byte by byte: each is closed in time, however busy it looks.
#[tokio::test]
async fn that_send_half_of_a_request_slowly() {
    const HEADER_TIME: Duration = Duration::from_millis(700);
    let arena = Arena::start(|config| config.limits.header_time = HEADER_TIME).await;
    let honest = Honest::start(&arena).await;
    let drip = async |beginning: &str| {
        let mut stream = TcpStream::connect(arena.address()).await.unwrap();
        let start = Instant::now();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let dripping = async {
            while writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = timeout(PATIENCE, reader.read_to_end(&mut answer)) => drop(ended.expect("it is closed in time")),
            () = dripping => {}
        }
        assert!(start.elapsed() >= HEADER_TIME, "{answer:?}");
    };
    honest
        .must_not_notice(async || {
            loop {
                let head = "GET /healthz HTTP/1.1\r\nHost: ";
                futures_util::future::join_all((0..50).map(|_| drip(head))).await;
            }
        })
        .await;
    // Also where a socket is to be opened.
    drip("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nUpgrade: ").await;
    assert!(arena.limited(Limit::HeaderTime).await > 0);
}

/// Bodies that come byte by byte: what is not there in time is answered as that.
#[tokio::test]
async fn that_send_half_of_a_body_slowly() {
    let arena = Arena::start(|config| config.limits.request_time = Duration::from_millis(500)).await;
    let honest = Honest::start(&arena).await;
    let drip = async |path: &str| {
        let mut stream = TcpStream::connect(arena.address()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = Vec::new();
        let dripping = async {
            while writer.write_all(b"{").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            // A reset may come behind the answer.
            ended = timeout(PATIENCE, reader.read_to_end(&mut answer)) => drop(ended.expect("it is closed in time")),
            () = dripping => {}
        }
        String::from_utf8(answer).unwrap()
    };
    let answer = drip("/api/v1/sessions").await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains(r#""limit":"request_time""#), "{answer}");
    honest
        .must_not_notice(async || {
            loop {
                futures_util::future::join_all((0..50).map(|_| drip("/api/v1/sessions"))).await;
            }
        })
        .await;
    // Those that open sockets take no body and do not wait for one.
    assert!(drip("/socket/websocket?vsn=2.0.0").await.starts_with("HTTP/1.1 400 "));
    assert!(arena.limited(Limit::RequestTime).await > 0);
}
