//! The real binary under load, killed at random moments, again and again on the same data.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use roost_board::{BoardId, Change, Entry, ListId, NewList, OpId, Replica, Seq, Snapshot};
use roost_channels::{Channel, ChannelEvent, ChannelEvents, PushError, Socket, SocketConfig};
use roost_protocol::payload::{Propose, Proposed};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::log_since;
use super::program::Program;
use crate::site::{Caller, PASSWORD, Person};

const ROUNDS: usize = 100;
const BOARDS: usize = 3;
/// How many connections change each of the boards.
const HANDS: usize = 2;
/// How many proposals of one hand are on their way at a time.
const IN_FLIGHT: usize = 4;
/// A round ends after fewer acknowledgements than this, and up to so many microseconds later.
const ACKNOWLEDGED_MAX: u64 = 40;
const DELAY_MAX: u64 = 3_000;
/// How long anything may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "whoever repeats a failure needs the seed")]
async fn killed_a_hundred_times_it_has_kept_what_it_acknowledged() {
    let seed = Uuid::now_v7().as_u64_pair().1;
    eprintln!("the moments follow from the seed {seed:#018x}");
    let mut draw = fastrand::Rng::with_seed(seed);
    let dir = TempDir::new().unwrap();
    let mut program = Program::start(dir.path());
    let ada = program.caller().sign_up("Ada").await;
    let mut logs = Vec::new();
    for _ in 0..BOARDS {
        logs.push(Log::begin(&ada).await);
    }
    let mut hands: Vec<Hand> =
        logs.iter().flat_map(|log| (0..HANDS).map(|socket| Hand::new(log.board, socket))).collect();
    let mut n_acknowledged = 0;
    for round in 1..=ROUNDS {
        let (enough, delay) = (draw.u64(..ACKNOWLEDGED_MAX), Duration::from_micros(draw.u64(..DELAY_MAX)));
        hands = work_until_killed(program, &ada, hands, enough, delay).await;
        program = Program::start(dir.path());
        let caller = program.caller().with_token(&ada.token);
        for log in &mut logs {
            log.read_on(&caller).await;
        }
        for hand in &mut hands {
            let log = logs.iter().find(|log| log.board == hand.board).unwrap();
            for (op, seq) in hand.acknowledged.drain(..) {
                assert_eq!(log.op_at(seq), Some(op), "round {round}: acknowledged as {seq} and lost");
                n_acknowledged += 1;
            }
        }
    }
    let caller = program.caller().with_token(&ada.token);
    for log in &logs {
        log.check_all(&caller).await;
    }
    assert!(n_acknowledged > ROUNDS, "only {n_acknowledged} changes were acknowledged");
    let signed_in = program.caller().sign_in(&ada.user.email, PASSWORD).await;
    assert_eq!(signed_in.status, 201);
}

/// Lets all hands work until so many of their proposals were acknowledged, and a moment longer; then kills the server.
async fn work_until_killed(
    program: Program,
    ada: &Person,
    hands: Vec<Hand>,
    enough: u64,
    delay: Duration,
) -> Vec<Hand> {
    let mut config = SocketConfig::new(&format!("http://{}/socket", program.address())).unwrap();
    config.auth_token = Some(ada.token.clone());
    let sockets: Vec<Socket> = (0..HANDS).map(|_| Socket::connect(config.clone())).collect();
    let n_acknowledged = watch::Sender::new(0);
    let is_killed = watch::Sender::new(false);
    let mut working = JoinSet::new();
    for mut hand in hands {
        let (channel, events) = sockets[hand.socket].channel(&format!("boards:{}", hand.board), || json!({}));
        let (count, mut killed) = (n_acknowledged.clone(), is_killed.subscribe());
        working.spawn(async move {
            tokio::select! {
                () = hand.work(channel, events, count) => {}
                // It may wait for the answer to its join still.
                _ = killed.wait_for(|&is_killed| is_killed) => {}
            }
            hand
        });
    }
    let mut counted = n_acknowledged.subscribe();
    timeout(PATIENCE, counted.wait_for(|&n| n >= enough)).await.expect("proposals are acknowledged").unwrap();
    sleep(delay).await;
    program.kill();
    is_killed.send_replace(true);
    let hands = working.join_all().await;
    for socket in sockets {
        socket.shutdown().await;
    }
    hands
}

/// Changes a board over a connection. What was not acknowledged is proposed again, under its old id, by the next round.
struct Hand {
    board: BoardId,
    /// Which of the connections is its own.
    socket: usize,
    unanswered: Vec<Propose>,
    /// What was acknowledged in this round, and as which entry.
    acknowledged: Vec<(OpId, Seq)>,
    n_proposed: usize,
}

impl Hand {
    fn new(board: BoardId, socket: usize) -> Self {
        Self { board, socket, unanswered: Vec::new(), acknowledged: Vec::new(), n_proposed: 0 }
    }

    /// Makes one change after the other until the connection is lost.
    async fn work(&mut self, channel: Channel, mut events: ChannelEvents, count: watch::Sender<u64>) {
        match events.recv().await.unwrap() {
            ChannelEvent::Joined { .. } => {}
            ChannelEvent::Disconnected => return,
            event => panic!("{event:?}"),
        }
        let channel = &channel;
        let push = |proposal: Propose| async move {
            let op = proposal.op;
            (op, channel.push("propose", proposal, PATIENCE).await)
        };
        let mut pushed: FuturesUnordered<_> = self.unanswered.iter().cloned().map(push).collect();
        loop {
            while pushed.len() < IN_FLIGHT {
                pushed.push(push(self.propose()));
            }
            tokio::select! {
                event = events.recv() => match event.unwrap() {
                    ChannelEvent::Message { .. } => {}
                    ChannelEvent::Disconnected => return,
                    event => panic!("{event:?}"),
                },
                Some((op, answer)) = pushed.next() => match answer {
                    Ok(answer) => {
                        self.unanswered.retain(|proposal| proposal.op != op);
                        self.acknowledged.push((op, answer.parse::<Proposed>().unwrap().seq));
                        count.send_modify(|n| *n += 1);
                    }
                    Err(PushError::Disconnected) => return,
                    Err(error) => panic!("{error}"),
                },
            }
        }
    }

    fn propose(&mut self) -> Propose {
        let name = format!("{} {}", self.board, self.n_proposed);
        let change = if self.n_proposed.is_multiple_of(50) {
            let list = NewList { id: ListId::from_uuid(Uuid::now_v7()), name, position: "a0".parse().unwrap() };
            Change::ListAdded { list }
        } else {
            Change::BoardRenamed { name }
        };
        self.n_proposed += 1;
        let proposal = Propose { op: OpId::from_uuid(Uuid::now_v7()), change };
        self.unanswered.push(proposal.clone());
        proposal
    }
}

/// The log of a board, as far as it was read.
struct Log {
    board: BoardId,
    entries: Vec<Entry>,
    ops: HashSet<OpId>,
    replica: Replica,
}

impl Log {
    /// Makes a board.
    async fn begin(ada: &Person) -> Self {
        let board = ada.make_board("Spring release").await.id;
        let snapshot: Snapshot = ada.caller.get(&format!("/api/v1/boards/{board}")).await.json();
        assert_eq!(snapshot.seq, Seq::ZERO);
        Self { board, entries: Vec::new(), ops: HashSet::new(), replica: Replica::new(ada.user.id, snapshot) }
    }

    /// Reads what is new: without a gap, and no proposal twice.
    async fn read_on(&mut self, caller: &Caller) {
        let entries = log_since(caller, self.board, self.replica.seq()).await;
        self.replica.confirm(&entries).unwrap();
        for entry in entries {
            assert!(self.ops.insert(entry.op), "{} is in the log twice", entry.op);
            self.entries.push(entry);
            assert_eq!(Seq(self.entries.len() as u64), self.entries.last().unwrap().seq);
        }
    }

    fn op_at(&self, seq: Seq) -> Option<OpId> {
        let index = usize::try_from(seq.0).unwrap().checked_sub(1)?;
        self.entries.get(index).map(|entry| entry.op)
    }

    /// The server says the same of the past as it did each time, and shows the board that follows from it.
    async fn check_all(&self, caller: &Caller) {
        assert!(log_since(caller, self.board, Seq::ZERO).await == self.entries, "the past has changed");
        let snapshot: Snapshot = caller.get(&format!("/api/v1/boards/{}", self.board)).await.json();
        assert_eq!(snapshot.seq, self.replica.seq());
        assert_eq!(&snapshot.board, self.replica.confirmed());
    }
}
