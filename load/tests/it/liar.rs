//! A server for one socket that tells one entry wrongly.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// What is wrong with the fifth entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lie {
    /// It is never told.
    Lost,
    /// It is told twice.
    Doubled,
    /// It is told after the sixth.
    Swapped,
}

/// Serves until the test is over.
pub(crate) async fn serve(lie: Lie) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(socket(stream, lie));
        }
    });
    address
}

async fn socket(stream: TcpStream, lie: Lie) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let mut held = None;
    let mut seq = 0;
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let asked: Value = serde_json::from_str(&text).unwrap();
        let topic = &asked[2];
        let mut answers = Vec::new();
        if asked[3] == "propose" {
            seq += 1;
            let entry = json!([null, null, topic, "entry", { "seq": seq, "op": asked[4]["op"] }]);
            match (lie, seq) {
                (Lie::Lost, 5) => {}
                (Lie::Doubled, 5) => answers.extend([entry.clone(), entry]),
                (Lie::Swapped, 5) => held = Some(entry),
                _ => answers.push(entry),
            }
            if seq == 6 {
                answers.extend(held.take());
            }
        }
        answers.push(json!([asked[0], asked[1], topic, "phx_reply", { "status": "ok", "response": { "seq": seq } }]));
        for answer in answers {
            // The generator goes when it has seen enough.
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}
