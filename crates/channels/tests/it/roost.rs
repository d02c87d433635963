//! Roost's own server, by long poll, where something in between lets no WebSocket through.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use roost_channels::{
    Backoff, Channel, ChannelEvent, ChannelEvents, PushError, Socket, SocketConfig, SocketState, Transport,
};
use roost_server::{Config, Server};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::peer::{soon, state};
use crate::web::NEVER;

/// A server with one person and a board, and the way to it.
struct World {
    server: Server,
    _data: TempDir,
    token: String,
    board: String,
    link: Link,
}

impl World {
    async fn start() -> Self {
        let data = TempDir::new().unwrap();
        let server = Server::start(Config::new(data.path())).await.unwrap();
        let token = server.local_session("Ada", "Lovelace").await.unwrap().jwt;
        let board = make_board(server.address(), &token).await;
        let link = Link::to(server.address()).await;
        Self { server, _data: data, token, board, link }
    }

    fn config(&self, address: SocketAddr) -> SocketConfig {
        let mut config = SocketConfig::new(&format!("ws://{address}/socket")).unwrap();
        config.auth_token = Some(self.token.clone());
        let pauses = Backoff { first: Duration::from_millis(5), max: Duration::from_millis(20) };
        config.backoff = pauses;
        config.rejoin_backoff = pauses;
        config.websocket_backoff = Backoff { first: NEVER, max: NEVER };
        config
    }

    /// Somebody behind the link.
    fn connect(&self) -> Socket {
        Socket::connect(self.config(self.link.address))
    }

    async fn join(&self, socket: &Socket) -> (Channel, ChannelEvents) {
        let (channel, mut events) = socket.channel(&format!("boards:{}", self.board), || json!({}));
        assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
        (channel, events)
    }
}

/// A link that lets no WebSocket through, and cuts what is on it, as long as it is told so.
#[derive(Clone)]
struct Link {
    address: SocketAddr,
    server: SocketAddr,
    is_blocked: Arc<AtomicBool>,
    cuts: Arc<AtomicBool>,
    n_cuts: Arc<AtomicUsize>,
}

impl Link {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let link = Self {
            address,
            server,
            is_blocked: Arc::new(AtomicBool::new(true)),
            cuts: Arc::default(),
            n_cuts: Arc::default(),
        };
        let other_end = link.clone();
        tokio::spawn(async move {
            for seed in 0.. {
                let Ok((near, _)) = listener.accept().await else { return };
                tokio::spawn(other_end.clone().carry(near, fastrand::Rng::with_seed(seed)));
            }
        });
        link
    }

    async fn carry(self, mut near: TcpStream, mut rng: fastrand::Rng) {
        let mut start = [0; 17];
        while near.peek(&mut start).await.is_ok_and(|length| (1..17).contains(&length)) {
            tokio::task::yield_now().await;
        }
        if start.starts_with(b"GET /socket/webso") && self.is_blocked.load(Ordering::Relaxed) {
            near.write_all(b"HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\n\r\n").await.ok();
            return;
        }
        let mut far = TcpStream::connect(self.server).await.unwrap();
        // Enough for some requests, or for a part of one.
        let mut left = rng.usize(100..4000);
        let (mut said, mut answered) = ([0; 256], [0; 256]);
        while left > 0 {
            let carried = tokio::select! {
                read = near.read(&mut said) => pass(read, &said, &mut far).await,
                read = far.read(&mut answered) => pass(read, &answered, &mut near).await,
            };
            let Some(carried) = carried else { return };
            if self.cuts.load(Ordering::Relaxed) {
                left = left.saturating_sub(carried);
            }
        }
        self.n_cuts.fetch_add(1, Ordering::Relaxed);
    }
}

async fn pass(read: io::Result<usize>, bytes: &[u8], to: &mut TcpStream) -> Option<usize> {
    let length = read.ok().filter(|length| *length > 0)?;
    to.write_all(&bytes[..length]).await.ok()?;
    Some(length)
}

async fn make_board(server: SocketAddr, token: &str) -> String {
    let body = json!({"board": {"name": "Plans"}}).to_string();
    let mut tcp = TcpStream::connect(server).await.unwrap();
    let request = format!(
        "POST /api/v1/boards HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(tcp.read_to_string(&mut answer)).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let board: Value = serde_json::from_str(body).unwrap();
    board["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn change() -> Value {
    json!({"op": Uuid::new_v4(), "change": {"type": "board_renamed", "name": "Other plans"}})
}

async fn next_entry(events: &mut ChannelEvents) -> u64 {
    loop {
        match soon(events.recv()).await.expect("the channel is open") {
            ChannelEvent::Message { event, payload } if event == "entry" => {
                return payload.parse::<Value>().unwrap()["seq"].as_u64().unwrap();
            }
            ChannelEvent::Message { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_board_is_edited_where_websockets_are_blocked() {
    let world = World::start().await;
    let (near, far) = (Socket::connect(world.config(world.server.address())), world.connect());
    let (near_channel, mut near_events) = world.join(&near).await;
    let (far_channel, mut far_events) = world.join(&far).await;
    assert_eq!(*near.transport().borrow(), Transport::WebSocket);
    assert_eq!(*far.transport().borrow(), Transport::LongPoll);
    for number in 1..=20 {
        let channel = if number % 2 == 0 { &near_channel } else { &far_channel };
        let answer = soon(channel.push("propose", change(), NEVER)).await.unwrap();
        assert_eq!(answer.parse::<Value>().unwrap()["seq"], number);
    }
    for number in 1..=20 {
        assert_eq!(next_entry(&mut near_events).await, number);
        assert_eq!(next_entry(&mut far_events).await, number);
    }
    soon(far.shutdown()).await;
    soon(near.shutdown()).await;
    soon(world.server.shutdown()).await;
}

#[tokio::test]
async fn nothing_is_lost_on_a_link_that_is_cut_again_and_again() {
    let world = World::start().await;
    let far = world.connect();
    let (channel, mut events) = world.join(&far).await;
    world.link.cuts.store(true, Ordering::Relaxed);
    for number in 1..=30 {
        let answer = soon(channel.push("propose", change(), NEVER)).await.unwrap();
        assert_eq!(answer.parse::<Value>().unwrap()["seq"], number);
        assert_eq!(next_entry(&mut events).await, number);
    }
    let n_cuts = world.link.n_cuts.load(Ordering::Relaxed);
    assert!(n_cuts > 5, "{n_cuts}");
    soon(far.shutdown()).await;
    soon(world.server.shutdown()).await;
}

#[tokio::test]
async fn a_bad_token_is_refused() {
    let world = World::start().await;
    let mut config = world.config(world.link.address);
    config.auth_token = Some("nobody".to_owned());
    let socket = Socket::connect(config);
    state(&mut socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
}

#[tokio::test]
async fn the_websocket_takes_over_when_it_is_let_through() {
    let world = World::start().await;
    let far = world.connect();
    let (channel, mut events) = world.join(&far).await;
    assert_eq!(*far.transport().borrow(), Transport::LongPoll);
    world.link.is_blocked.store(false, Ordering::Relaxed);
    far.reconnect_now();
    soon(far.transport().wait_for(|transport| *transport == Transport::WebSocket)).await.unwrap();
    let pushed = async {
        loop {
            match channel.push("propose", change(), NEVER).await {
                Err(PushError::Disconnected) => tokio::task::yield_now().await,
                pushed => break pushed.unwrap(),
            }
        }
    };
    assert_eq!(soon(pushed).await.parse::<Value>().unwrap(), json!({"seq": 1}));
    loop {
        match soon(events.recv()).await {
            Some(ChannelEvent::Message { event, .. }) if event == "entry" => break,
            Some(_) => {}
            None => panic!("the channel is open"),
        }
    }
    soon(world.server.shutdown()).await;
}

/// Sessions end with the server, and channels are joined again when another is there.
#[tokio::test]
async fn a_server_that_stops_ends_sessions_at_once() {
    let world = World::start().await;
    let far = world.connect();
    let (_channel, mut events) = world.join(&far).await;
    let World { server, .. } = world;
    let stopped = async { soon(server.shutdown()).await };
    let told = async {
        loop {
            match soon(events.recv()).await {
                Some(ChannelEvent::Disconnected) => break,
                Some(_) => {}
                None => panic!("the channel is open"),
            }
        }
    };
    tokio::join!(stopped, told);
}
