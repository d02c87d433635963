//! A bad network: what lies between a core and its server, and fails in the ways in which networks do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

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

#[derive(Default)]
struct State {
    /// What whoever connects is answered, instead of by the server.
    portal: Mutex<Option<String>>,
    connections: Mutex<Vec<watch::Sender<Health>>>,
}

/// How a connection does.
#[derive(Clone, Copy, PartialEq)]
enum Health {
    Sound,
    /// The server hears everything and nothing that it says arrives.
    NoAnswers,
    /// Nothing arrives any more on either side, and neither is told.
    Dead,
    /// It ends when the server has said so many bytes more.
    EndsAfter(usize),
    Over,
}

impl Wire {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, state.clone()));
        Self { address, state, _tasks: tasks }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody else answers from now on, always the same, and everything that was connected is cut.
    pub(crate) fn is_taken_by(&self, head: &str, body: &str) {
        let length = body.len();
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        *self.state.portal.lock().unwrap() = Some(answer);
        self.set(Health::Over);
    }

    /// What connects from now on is cut without an answer. What is connected already is not.
    pub(crate) fn takes_nobody(&self) {
        *self.state.portal.lock().unwrap() = Some(String::new());
    }

    /// The server answers whoever connects.
    pub(crate) fn is_given_back(&self) {
        *self.state.portal.lock().unwrap() = None;
    }

    /// What is connected is cut.
    pub(crate) fn cut(&self) {
        self.set(Health::Over);
    }

    /// What is connected is cut when the server has said so many bytes more.
    pub(crate) fn cut_after(&self, n_bytes: usize) {
        self.set(Health::EndsAfter(n_bytes));
    }

    /// What is connected goes dead without a word; what connects from now on does not.
    pub(crate) fn lose(&self) {
        self.set(Health::Dead);
    }

    /// Nothing that the server says arrives on what is connected.
    pub(crate) fn hold_answers_back(&self) {
        self.set(Health::NoAnswers);
    }

    fn set(&self, health: Health) {
        for connection in &*self.state.connections.lock().unwrap() {
            connection.send_replace(health);
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let portal = state.portal.lock().unwrap().clone();
        match portal {
            Some(answer) => drop(connections.spawn(answer_all(client, answer))),
            None => {
                let (health, watched) = watch::channel(Health::Sound);
                state.connections.lock().unwrap().push(health);
                connections.spawn(carry(client, server, watched));
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

async fn carry(client: TcpStream, server: SocketAddr, mut health: watch::Receiver<Health>) {
    // A server that is away: the client sees its connection end.
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pump(from_client, to_server, health.clone(), false) => {}
        () = pump(from_server, to_client, health.clone(), true) => {}
        _ = health.wait_for(|health| *health == Health::Over) => {}
    }
}

/// Carries one direction until its connection is at an end.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, health: watch::Receiver<Health>, is_answers: bool) {
    let mut buffer = [0; 4096];
    loop {
        let Ok(n_bytes @ 1..) = from.read(&mut buffer).await else {
            // Nobody is told that a dead connection has ended.
            if *health.borrow() == Health::Dead {
                std::future::pending::<()>().await;
            }
            return;
        };
        let health = *health.borrow();
        let passes = match health {
            Health::Sound => n_bytes,
            Health::NoAnswers if is_answers => continue,
            Health::EndsAfter(n_left) if is_answers => n_bytes.min(n_left),
            Health::NoAnswers | Health::EndsAfter(_) => n_bytes,
            Health::Dead => continue,
            Health::Over => return,
        };
        if to.write_all(&buffer[..passes]).await.is_err() || (is_answers && matches!(health, Health::EndsAfter(_))) {
            return;
        }
    }
}
