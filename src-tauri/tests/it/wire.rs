//! A bad network: what lies between a core and its server, and fails in the ways in which networks do.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The way to a server, which is intact at first. Dropped, every connection on it ends.
pub(crate) struct Wire {
    address: SocketAddr,
    state: Arc<State>,
    _tasks: JoinSet<()>,
}

struct State {
    server: Mutex<SocketAddr>,
    taker: Mutex<Taker>,
    /// How what connects from now on does at first.
    start: Mutex<Health>,
    lag: Mutex<Option<Lag>>,
    /// Whether whoever asks for a WebSocket is cut off.
    blocks_websockets: AtomicBool,
    connections: Mutex<Vec<watch::Sender<Health>>>,
}

/// Who takes whoever connects.
#[derive(Clone, Default)]
enum Taker {
    #[default]
    Server,
    /// Somebody who always answers the same, instead of the server.
    Portal(String),
    /// Whoever cuts them off without an answer.
    Nobody,
}

/// How a connection does.
#[derive(Clone, Copy, Default, PartialEq)]
enum Health {
    #[default]
    Sound,
    /// Of what is said in this direction nothing arrives.
    Mute(Direction),
    /// Nothing arrives any more on either side, and neither is told.
    Dead,
    /// It ends when so many bytes more have been said in this direction.
    EndsAfter(Direction, usize),
    Over,
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Times that things take on the way, neither even nor predictable.
#[derive(Clone)]
struct Lag {
    millis: Range<u64>,
    last: u64,
}

impl Lag {
    fn next(&mut self) -> Duration {
        // The constants of Knuth's MMIX.
        self.last = self.last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let spread = self.millis.end - self.millis.start;
        Duration::from_millis(self.millis.start + (self.last >> 33) % spread)
    }
}

impl Wire {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server: Mutex::new(server),
            taker: Mutex::default(),
            start: Mutex::default(),
            lag: Mutex::default(),
            blocks_websockets: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, state.clone()));
        Self { address, state, _tasks: tasks }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) const fn listens_at(&self) -> SocketAddr {
        self.address
    }

    /// What connects from now on reaches the server here: it was started again elsewhere.
    #[cfg(unix)]
    pub(crate) fn leads_to(&self, server: SocketAddr) {
        *self.state.server.lock().unwrap() = server;
    }

    /// Somebody else answers from now on, always the same page, and everything that was connected is cut.
    pub(crate) fn is_taken_by(&self, head: &str, body: &str) {
        let length = body.len();
        self.says(&format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"));
    }

    /// Somebody answers from now on who speaks another language, always the same, and everything that was connected is
    /// cut.
    pub(crate) fn says(&self, answer: &str) {
        self.let_take(Taker::Portal(answer.to_owned()));
        self.cut();
    }

    /// What connects from now on is cut without an answer. What is connected already is not.
    pub(crate) fn takes_nobody(&self) {
        self.let_take(Taker::Nobody);
    }

    /// Nothing arrives any more on either side, also of what connects from now on, and nobody is told.
    pub(crate) fn swallows(&self) {
        self.set_all(Health::Dead);
    }

    /// Nothing that the server is told arrives, also of what connects from now on.
    pub(crate) fn swallows_questions(&self) {
        self.set_all(Health::Mute(Direction::ToServer));
    }

    /// Nothing that the server says arrives, also of what connects from now on.
    pub(crate) fn swallows_answers(&self) {
        self.set_all(Health::Mute(Direction::ToClient));
    }

    /// What connects from now on reaches the server, soundly.
    pub(crate) fn is_given_back(&self) {
        *self.state.start.lock().unwrap() = Health::Sound;
        self.let_take(Taker::Server);
    }

    /// What is connected is cut.
    pub(crate) fn cut(&self) {
        self.set(Health::Over);
    }

    /// What is connected is cut when the server has said so many bytes more.
    pub(crate) fn cut_answers_after(&self, n_bytes: usize) {
        self.set(Health::EndsAfter(Direction::ToClient, n_bytes));
    }

    /// What is connected is cut when the server has been told so many bytes more.
    pub(crate) fn cut_questions_after(&self, n_bytes: usize) {
        self.set(Health::EndsAfter(Direction::ToServer, n_bytes));
    }

    /// What is connected goes dead without a word; what connects from now on does not.
    pub(crate) fn lose(&self) {
        self.set(Health::Dead);
    }

    /// Nothing that the server says arrives on what is connected.
    pub(crate) fn hold_answers_back(&self) {
        self.set(Health::Mute(Direction::ToClient));
    }

    /// Whether whoever asks for a WebSocket from now on is cut off, and nobody else.
    pub(crate) fn blocks_websockets(&self, blocks: bool) {
        self.state.blocks_websockets.store(blocks, Ordering::Relaxed);
    }

    /// Everything takes so long on its way, from now on.
    pub(crate) fn lags(&self, millis: Range<u64>) {
        *self.state.lag.lock().unwrap() = Some(Lag { millis, last: 1 });
    }

    fn let_take(&self, taker: Taker) {
        *self.state.taker.lock().unwrap() = taker;
    }

    fn set_all(&self, health: Health) {
        *self.state.start.lock().unwrap() = health;
        self.set(health);
    }

    fn set(&self, health: Health) {
        for connection in &*self.state.connections.lock().unwrap() {
            connection.send_replace(health);
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let taker = state.taker.lock().unwrap().clone();
        match taker {
            Taker::Portal(answer) => drop(connections.spawn(answer_all(client, answer))),
            Taker::Nobody => {}
            Taker::Server => {
                let (health, watched) = watch::channel(*state.start.lock().unwrap());
                state.connections.lock().unwrap().push(health);
                let server = *state.server.lock().unwrap();
                connections.spawn(carry(client, server, watched, state.clone()));
            }
        }
    }
}

async fn answer_all(mut client: TcpStream, answer: String) {
    let mut request = [0; 4096];
    if client.read(&mut request).await.is_ok_and(|n_bytes| n_bytes > 0) {
        drop(client.write_all(answer.as_bytes()).await);
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut health: watch::Receiver<Health>, state: Arc<State>) {
    // A server that is away: the client sees its connection end.
    let Ok(server) = TcpStream::connect(server).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let pump = |from, to, direction| Pump { from, to, direction, health: health.clone(), state: state.clone() }.run();
    let (ask, answer) =
        (pump(from_client, to_server, Direction::ToServer), pump(from_server, to_client, Direction::ToClient));
    tokio::select! {
        () = ask => {}
        () = answer => {}
        _ = health.wait_for(|health| *health == Health::Over) => {}
    }
}

/// One direction of a connection.
struct Pump {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    direction: Direction,
    health: watch::Receiver<Health>,
    state: Arc<State>,
}

impl Pump {
    /// Carries what is said until the connection is at an end.
    async fn run(mut self) {
        let mut buffer = [0; 4096];
        loop {
            let Ok(n_bytes @ 1..) = self.from.read(&mut buffer).await else {
                // Nobody is told that a dead connection has ended.
                if *self.health.borrow() == Health::Dead {
                    std::future::pending::<()>().await;
                }
                return;
            };
            if self.state.blocks_websockets.load(Ordering::Relaxed) && asks_for_a_websocket(&buffer[..n_bytes]) {
                return;
            }
            let lag = self.state.lag.lock().unwrap().as_mut().map(Lag::next);
            if let Some(lag) = lag {
                tokio::time::sleep(lag).await;
            }
            let (passes, ends) = match *self.health.borrow() {
                Health::EndsAfter(direction, n_left) if direction == self.direction => (n_bytes.min(n_left), true),
                Health::Mute(direction) if direction == self.direction => continue,
                Health::Sound | Health::EndsAfter(..) | Health::Mute(_) => (n_bytes, false),
                Health::Dead => continue,
                Health::Over => return,
            };
            if self.to.write_all(&buffer[..passes]).await.is_err() || ends {
                return;
            }
        }
    }
}

/// Whether this is the head of such a request; one is sent in one piece.
fn asks_for_a_websocket(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GET /socket/websocket")
}
