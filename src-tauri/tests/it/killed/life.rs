//! What goes on in a process that is killed.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::sync::{Arc, Condvar, Mutex};

use futures_util::future::join_all;
use roost::core::{Core, UiEvent, UiEvents};
use roost::profile::Profile;
use roost::secret::{SecretError, SecretStore};
use roost_board::{Board, Replica};
use roost_bridge::{BoardCopy, ConnectionPhase};
use roost_server::{Config, Server};
use tokio::sync::watch;

use super::draw::Draw;
use super::hand::Hand;
use super::process::{Found, FoundBoard, ROLE, Role, Said, Work, say};
use crate::desk::hasty;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is what the processes do that another test starts"]
async fn of_a_process_that_is_killed() {
    // Somebody may run all tests that are ignored.
    let Ok(role) = std::env::var(ROLE) else { return };
    std::thread::spawn(|| {
        drop(io::stdin().read(&mut [0]));
        // Whoever has started us is gone.
        std::process::abort();
    });
    match serde_json::from_str(&role).unwrap() {
        Role::Server(data) => {
            let server = Server::start(Config::new(data)).await.unwrap();
            say(&Said::Listens(server.address()));
            std::future::pending().await
        }
        Role::Desk(work) => live(work).await,
    }
}

/// Opens a profile, tells what is there, and makes changes.
async fn live(work: Work) {
    say(&Said::Begins);
    let keyring = Keyring { token: work.token.clone(), is_open: Arc::default() };
    let is_open = keyring.is_open.clone();
    let profile = Profile::open(Some(&work.profile)).unwrap();
    let (core, events) = Core::open(&profile, keyring, hasty()).await.unwrap();
    let (phase, mut phases) = watch::channel(ConnectionPhase::Closed);
    tokio::spawn(listen(events, phase));
    let connect = || {
        *is_open.0.lock().unwrap() = true;
        is_open.1.notify_all();
    };
    if !work.tells {
        connect();
        phases.wait_for(|phase| *phase == ConnectionPhase::Live).await.unwrap();
    }
    let copies = open_all(&core, &work).await;
    if work.tells {
        let state = core.state().await.unwrap();
        say(&Said::Found(Found {
            boards: copies.iter().map(found).collect(),
            attention: state.attention.items,
            notices: state.notices.into_iter().map(|notice| notice.message).collect(),
            n_waiting: state.connection.n_waiting,
        }));
        connect();
    }
    let mut hands: Vec<BoardCopy> =
        copies.into_iter().filter(|copy| work.hands.contains(&copy.snapshot.board.id())).collect();
    if let Some((id, name)) = work.new_board {
        core.create_board(id, name).await.unwrap();
        say(&Said::KeptBoard(id));
        hands.push(core.open_board(id).await.unwrap());
    }
    let mut draw = Draw(work.seed);
    let hands = hands.into_iter().map(|copy| Hand::new(core.clone(), copy, draw.fork()).work(work.n_changes));
    // Tasks of their own: they are to get in each other's way.
    join_all(hands.map(tokio::spawn)).await.into_iter().for_each(Result::unwrap);
    say(&Said::Done);
    std::future::pending().await
}

/// Opens the boards that have to be there, and those that may be and are.
async fn open_all(core: &Core, work: &Work) -> Vec<BoardCopy> {
    let page = core.state().await.unwrap().boards;
    let perhaps = work.perhaps.iter().filter(|id| page.owned.iter().any(|board| board.id == **id));
    let copies = join_all(work.boards.iter().chain(perhaps).map(|id| core.open_board(*id))).await;
    copies.into_iter().map(Result::unwrap).collect()
}

pub(super) fn found(copy: &BoardCopy) -> FoundBoard {
    let replica = Replica::with_pending(copy.me, copy.snapshot.clone(), copy.pending.clone());
    FoundBoard {
        id: copy.snapshot.board.id(),
        seq: copy.snapshot.seq.0,
        confirmed: hash(&copy.snapshot.board),
        view: hash(replica.view()),
        pending: copy.pending.iter().map(|proposal| proposal.op).collect(),
        undo: copy.history.undo_steps().map(|step| step.op).collect(),
        redo: copy.history.redo_steps().map(|step| step.op).collect(),
    }
}

/// Tells two boards apart, within one version of this program.
pub(super) fn hash(board: &Board) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(board).unwrap().hash(&mut hasher);
    hasher.finish()
}

async fn listen(mut events: UiEvents, phase: watch::Sender<ConnectionPhase>) {
    while let Some(event) = events.recv().await {
        match event {
            UiEvent::Connection(state) => {
                say(&Said::Heard(Some(state)));
                phase.send_replace(state.phase);
            }
            UiEvent::Notice(notice) => say(&Said::Notice(notice.message)),
            UiEvent::Session(_)
            | UiEvent::Boards(_)
            | UiEvent::Board(_)
            | UiEvent::Attention(_)
            | UiEvent::Theme(_) => say(&Said::Heard(None)),
        }
    }
}

/// A keyring that asks the person to unlock it, who takes their time.
struct Keyring {
    token: String,
    is_open: Arc<(Mutex<bool>, Condvar)>,
}

impl SecretStore for Keyring {
    fn get(&mut self, _: &str) -> Result<Option<String>, SecretError> {
        let (is_open, opened) = &*self.is_open;
        drop(opened.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
        Ok(Some(self.token.clone()))
    }

    fn set(&mut self, name: &str, _: &str) -> Result<(), SecretError> {
        panic!("nobody signs in: {name}");
    }

    fn remove(&mut self, name: &str) -> Result<(), SecretError> {
        panic!("nobody signs out: {name}");
    }
}
