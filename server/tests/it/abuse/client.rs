//! A socket as those use it who mean well, and those who do not.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use roost_board::BoardId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use uuid::Uuid;

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// One end of a socket.
pub(super) struct Client {
    pub(super) websocket: WebSocketStream<TcpStream>,
    next_ref: u64,
    /// What was heard while something else was waited for.
    heard: VecDeque<Value>,
}

/// The answer to who may not have a socket.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
}

impl Client {
    /// Opens a socket for somebody with a token, whose proxy says that they ask from `forwarded_for`.
    pub(super) async fn open(address: SocketAddr, token: &str, forwarded_for: &str) -> Result<Self, Refused> {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::open_over(stream, token, forwarded_for).await
    }

    /// Over a connection that takes in little before its client reads.
    pub(super) async fn open_narrowly(address: SocketAddr, token: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        Self::open_over(socket.connect(address).await.unwrap(), token, "").await.unwrap()
    }

    async fn open_over(stream: TcpStream, token: &str, forwarded_for: &str) -> Result<Self, Refused> {
        stream.set_nodelay(true).unwrap();
        let uri = format!("ws://{}/socket/websocket?token={token}&vsn=2.0.0", stream.peer_addr().unwrap());
        let mut request = uri.into_client_request().unwrap();
        if !forwarded_for.is_empty() {
            request.headers_mut().insert("x-forwarded-for", forwarded_for.parse().unwrap());
        }
        match timeout(PATIENCE, tokio_tungstenite::client_async(request, stream)).await.expect("an answer in time") {
            Ok((websocket, _)) => Ok(Self { websocket, next_ref: 1, heard: VecDeque::new() }),
            Err(Error::Http(response)) => Err(Refused { status: response.status().as_u16() }),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a message without waiting for its answer, and returns its ref.
    pub(super) async fn begin(&mut self, topic: &str, event: &str, payload: &Value) -> String {
        let ref_ = self.next_ref.to_string();
        self.next_ref += 1;
        let join_ref = if event == "phx_join" { Some(&ref_) } else { None };
        let text = json!([join_ref, ref_, topic, event, payload]).to_string();
        self.websocket.send(Message::text(text)).await.unwrap();
        ref_
    }

    pub(super) async fn push(&mut self, topic: &str, event: &str, payload: &Value) -> (String, Value) {
        let ref_ = self.begin(topic, event, payload).await;
        self.answer(&ref_).await
    }

    pub(super) async fn join(&mut self, board: BoardId) -> String {
        let topic = format!("boards:{board}");
        let (status, response) = self.push(&topic, "phx_join", &json!({})).await;
        assert_eq!(status, "ok", "{response}");
        topic
    }

    /// The status of an answer and what it says.
    pub(super) async fn answer(&mut self, ref_: &str) -> (String, Value) {
        let reply = self.expect(|message| message[1] == ref_ && message[3] == "phx_reply").await;
        (reply[4]["status"].as_str().unwrap().to_owned(), reply[4]["response"].clone())
    }

    /// The entry of a proposal.
    pub(super) async fn entry(&mut self, op: &str) -> Value {
        self.expect(|message| message[3] == "entry" && message[4]["op"] == op).await
    }

    /// The first message like that; all before it are passed over, all that are no answers for good.
    async fn expect(&mut self, is_expected: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.heard.iter().position(&is_expected) {
            return self.heard.remove(index).unwrap();
        }
        loop {
            let message = match timeout(PATIENCE, self.websocket.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => panic!("closed: {frame:?}"),
                Some(Ok(_)) => continue,
                end => panic!("the connection has ended: {end:?}"),
            };
            if is_expected(&message) {
                return message;
            }
            if message[3] == "phx_reply" {
                self.heard.push_back(message);
            }
        }
    }

    /// Reads to the end: the close code and the reason, if there was time to say them.
    pub(super) async fn end(&mut self) -> Option<(u16, String)> {
        loop {
            match timeout(PATIENCE, self.websocket.next()).await.expect("the end in time") {
                Some(Ok(Message::Close(frame))) => {
                    return frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// A proposal to rename the board, with its `op`.
pub(super) fn rename(name: &str) -> (String, Value) {
    let op = Uuid::now_v7().to_string();
    let payload = json!({ "op": op, "change": { "type": "board_renamed", "name": name } });
    (op, payload)
}

/// Everything that is answered to a request on a connection of its own.
pub(super) async fn raw(address: SocketAddr, request: &str) -> String {
    answer_over(TcpStream::connect(address).await.unwrap(), request).await
}

/// Everything that is answered until the server closes the connection, or has accepted a socket.
pub(super) async fn answer_over(mut stream: TcpStream, request: &str) -> String {
    // Who is turned away may find the connection closed.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    let read = async {
        while stream.read_buf(&mut answer).await.is_ok_and(|n_bytes| n_bytes > 0) {
            if answer.starts_with(b"HTTP/1.1 101") && answer.ends_with(b"\r\n\r\n") {
                break;
            }
        }
    };
    timeout(PATIENCE, read).await.expect("an answer in time");
    String::from_utf8(answer).unwrap()
}

/// The request for a socket, as [`raw`] sends it.
pub(super) fn socket_request(token: &str, headers: &str) -> String {
    format!(
        "GET /socket/websocket?token={token}&vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {headers}\r\n"
    )
}
