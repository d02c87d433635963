//! A web server whose every answer the test gives: what asks for a WebSocket is handed over as it is, every other request
//! by itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use roost_channels::{Backoff, SocketConfig, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::peer::{Peer, soon};

pub(crate) const NEVER: Duration = Duration::from_secs(3600);

pub(crate) struct Web {
    port: u16,
    websockets: mpsc::UnboundedReceiver<TcpStream>,
    polls: mpsc::UnboundedReceiver<Asked>,
    posts: mpsc::UnboundedReceiver<Asked>,
    tunnels: mpsc::UnboundedReceiver<String>,
    /// What was said and not expected yet.
    said: VecDeque<String>,
}

/// A request that waits for its answer. Dropping it cuts its connection.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
struct Answer {
    bytes: Vec<u8>,
    is_last: bool,
}

#[derive(Clone)]
struct Desks {
    websockets: mpsc::UnboundedSender<TcpStream>,
    polls: mpsc::UnboundedSender<Asked>,
    posts: mpsc::UnboundedSender<Asked>,
    tunnels: mpsc::UnboundedSender<String>,
}

impl Web {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ((websockets, websockets_), (polls, polls_)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let ((posts, posts_), (tunnels, tunnels_)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let desks = Desks { websockets, polls, posts, tunnels };
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp, desks.clone()));
            }
        });
        Self { port, websockets: websockets_, polls: polls_, posts: posts_, tunnels: tunnels_, said: VecDeque::new() }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// For this server, with pauses too short to notice, by both transports.
    pub(crate) fn config(&self) -> SocketConfig {
        let mut config = SocketConfig::new(&format!("ws://127.0.0.1:{}/socket", self.port)).unwrap();
        let pauses = Backoff { first: Duration::from_millis(1), max: Duration::from_millis(10) };
        config.backoff = pauses;
        config.rejoin_backoff = pauses;
        config.fallback_time = NEVER;
        config.websocket_backoff = Backoff { first: NEVER, max: NEVER };
        config
    }

    /// By long poll only.
    pub(crate) fn longpoll(&self) -> SocketConfig {
        let mut config = self.config();
        config.transport = Transport::LongPoll;
        config.fallback = false;
        config
    }

    /// Somebody who asks for a WebSocket.
    pub(crate) async fn websocket(&mut self) -> TcpStream {
        soon(self.websockets.recv()).await.unwrap()
    }

    /// Whether somebody has asked for a WebSocket who was not received yet.
    pub(crate) fn has_websocket(&self) -> bool {
        !self.websockets.is_empty()
    }

    pub(crate) async fn accept(&mut self) -> Peer {
        Peer::accept(self.websocket().await).await
    }

    /// Answers somebody who asks for a WebSocket with something else.
    pub(crate) async fn block(&mut self, head: &str, body: &str) {
        let mut tcp = self.websocket().await;
        read_head(&mut tcp).await.unwrap();
        tcp.write_all(&answer(head, body)).await.unwrap();
    }

    /// The next poll.
    pub(crate) async fn poll(&mut self) -> Asked {
        soon(self.polls.recv()).await.unwrap()
    }

    /// The next poll, or what is said next: the latter as an error.
    pub(crate) async fn poll_or_post(&mut self) -> Result<Asked, Asked> {
        let either = async {
            tokio::select! {
                poll = self.polls.recv() => Ok(poll.unwrap()),
                post = self.posts.recv() => Err(post.unwrap()),
            }
        };
        soon(either).await
    }

    /// Whether there is a poll that was not received yet.
    pub(crate) fn has_poll(&self) -> bool {
        !self.polls.is_empty()
    }

    /// What is said next.
    pub(crate) async fn post(&mut self) -> Asked {
        soon(self.posts.recv()).await.unwrap()
    }

    /// Expects these frames next, in one request or in several, and takes them.
    pub(crate) async fn expect(&mut self, frames: &[&str]) {
        while self.said.len() < frames.len() {
            let post = self.post().await;
            self.said.extend(post.body.lines().map(str::to_owned));
            post.status(200);
        }
        assert_eq!(self.said.drain(..frames.len()).collect::<Vec<_>>(), frames);
    }

    /// The head of the next request to let a connection through, which was granted.
    pub(crate) async fn tunnel(&mut self) -> String {
        soon(self.tunnels.recv()).await.unwrap()
    }

    /// Opens a session with this token, as Phoenix does.
    pub(crate) async fn open(&mut self, token: &str) {
        self.poll().await.reply(&json!({"messages": [], "status": 410, "token": token}));
    }

    /// Opens a session as a server does that counts messages.
    pub(crate) async fn open_counting(&mut self, token: &str) {
        self.poll().await.reply(&json!({"messages": [], "status": 410, "token": token, "ack": 0}));
    }

    /// Expects a join of `t` under this ref, accepts it, and waits for what follows.
    pub(crate) async fn admit(&mut self, number: u64) {
        self.expect(&[&format!(r#"["{number}","{number}","t","phx_join",{{}}]"#)]).await;
        let reply = format!(r#"["{number}","{number}","t","phx_reply",{{"response":{{}},"status":"ok"}}]"#);
        self.poll().await.say(&[&reply]);
    }
}

impl Asked {
    /// The value of a parameter, the last of this name.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://localhost{}", self.path)).unwrap();
        let found = url.query_pairs().filter(|(key, _)| key == name).last();
        found.map(|(_, value)| value.into_owned())
    }

    pub(crate) fn reply(self, body: &Value) {
        self.send(answer("200 OK\r\ncontent-type: application/json; charset=utf-8", &body.to_string()), false);
    }

    /// An answer with this status in its body.
    pub(crate) fn status(self, status: u16) {
        self.reply(&json!({"status": status}));
    }

    /// Messages, as Phoenix says them.
    pub(crate) fn say(self, frames: &[&str]) {
        let token = self.param("token");
        self.reply(&json!({"messages": frames, "status": 200, "token": token}));
    }

    /// Messages after so many others.
    pub(crate) fn say_after(self, ack: u64, frames: &[&str]) {
        let token = self.param("token");
        self.reply(&json!({"messages": frames, "status": 200, "token": token, "ack": ack}));
    }

    /// The answer of something else.
    pub(crate) fn web(self, head: &str, body: &str) {
        self.send(answer(head, body), false);
    }

    /// So much of an answer, and then the end of the connection.
    pub(crate) fn cut(self, body: &Value, n_bytes: usize) {
        let mut bytes = answer("200 OK\r\ncontent-type: application/json", &body.to_string());
        assert!(n_bytes < bytes.len());
        bytes.truncate(n_bytes);
        self.send(bytes, true);
    }

    /// An answer, and then the end of the connection, of which nothing was said before.
    pub(crate) fn reply_and_close(self, body: &Value) {
        self.send(answer("200 OK\r\ncontent-type: application/json", &body.to_string()), true);
    }

    fn send(self, bytes: Vec<u8>, is_last: bool) {
        // An error says that the client has gone in the meantime.
        self.answer.send(Answer { bytes, is_last }).ok();
    }
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn serve(mut tcp: TcpStream, desks: Desks) -> Option<()> {
    loop {
        let start = peek(&tcp).await?;
        if start.starts_with(b"CONNECT ") {
            desks.tunnels.send(read_head(&mut tcp).await?).ok()?;
            tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
            continue;
        }
        if start.starts_with(b"GET /socket/webso") {
            return desks.websockets.send(tcp).ok();
        }
        let head = read_head(&mut tcp).await?;
        let mut lines = head.lines();
        let mut request = lines.next()?.split(' ');
        let (method, path) = (request.next()?.to_owned(), request.next()?.to_owned());
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        tcp.read_exact(&mut body).await.ok()?;
        let (answer, answered) = oneshot::channel();
        let asked = Asked { path, headers, body: String::from_utf8(body).unwrap(), answer };
        let desk = if method == "POST" { &desks.posts } else { &desks.polls };
        desk.send(asked).ok()?;
        let Answer { bytes, is_last } = answered.await.ok()?;
        tcp.write_all(&bytes).await.ok()?;
        if is_last {
            return None;
        }
    }
}

/// The first bytes of what comes next.
async fn peek(tcp: &TcpStream) -> Option<[u8; 17]> {
    let mut start = [0; 17];
    loop {
        match tcp.peek(&mut start).await.ok()? {
            17 => return Some(start),
            0 => return None,
            _ => tokio::task::yield_now().await,
        }
    }
}

async fn read_head(tcp: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
