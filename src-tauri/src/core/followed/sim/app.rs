//! The app while it runs: the task of a board that is followed, and everything around it.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use roost_board::durable::Stored;
use roost_board::{BoardId, OpId, User};
use roost_bridge::{BoardCopy, ConnectionPhase, Wanted};
use roost_channels::{ByHand, Socket};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::disk::{Folder, Open};
use super::window::Window;
use super::wire::Words;
use crate::core::attention::NeedsAttention;
use crate::core::boards::Boards;
use crate::core::drafts::Drafts;
use crate::core::error::Error;
use crate::core::followed::line::Line;
use crate::core::followed::task::Task;
use crate::core::followed::{Request, Surroundings};
use crate::core::link::Link;
use crate::core::notices::Notices;
use crate::core::outlet::{Outlet, UiEvent};
use crate::core::patience::Patience;
use crate::core::rest::Rest;
use crate::core::status::Status;
use crate::core::store::{AccountState, Store};

/// Longer than a simulation takes: here nothing happens because of the time.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

/// The app while it runs.
pub(super) struct App {
    pub(super) open: Open,
    pub(super) surroundings: Surroundings,
    /// `None` while nobody follows the board.
    pub(super) task: Option<Task>,
    pub(super) hand: ByHand,
    pub(super) words: Words,
    pub(super) is_online: bool,
    /// Whether a REST call of the task is on its way.
    pub(super) is_calling: bool,
    pub(super) window: Window,
    /// What the window has asked for, and was not answered yet.
    pub(super) questions: Vec<Question>,
    opening: Option<oneshot::Receiver<Result<BoardCopy, Error>>>,
    events: mpsc::UnboundedReceiver<UiEvent>,
    /// What needs attention or once did.
    attention: HashSet<OpId>,
    /// Kept alive: the task listens.
    _senders: (watch::Sender<Option<Link>>, watch::Sender<u32>),
}

/// A proposal whose answer is due.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) op: OpId,
    /// What needed attention, when it is that which is tried again.
    pub(super) retried: Option<OpId>,
    pub(super) answer: oneshot::Receiver<Result<(), Error>>,
}

impl App {
    pub(super) fn start(person: User, board: BoardId, folder: &mut Folder, runtime: &Runtime) -> Self {
        let mut open = folder.open(runtime);
        let stored = folder.read_board(&mut open, runtime);
        let _guard = runtime.enter();
        let (socket, hand) = Socket::by_hand();
        let link = Link { rest: rest(), socket: Arc::new(socket) };
        let (link_sender, link) = watch::channel(Some(link));
        let (replaced_sender, replaced) = watch::channel(0);
        let (outlet, events) = Outlet::new();
        let AccountState { page, attention, new_boards, .. } = folder.state.clone();
        let known = attention.iter().map(|item| item.id).collect();
        let boards = Boards::new(person.id, outlet.clone(), open.store.clone(), TaskTracker::new(), page, new_boards);
        let surroundings = Surroundings {
            me: person,
            patience: Patience { push_time: FOREVER, retry_after: FOREVER, ..Patience::default() },
            account: open.store.clone(),
            drafts: drafts(),
            link,
            replaced,
            status: Arc::new(Status::new(outlet.clone())),
            boards: Arc::new(boards),
            attention: Arc::new(NeedsAttention::new(attention)),
            makers: Arc::new(Semaphore::new(1)),
            notices: Arc::new(Notices::new(outlet.clone())),
            outlet,
            refused: CancellationToken::new(),
            stop: CancellationToken::new(),
        };
        let mut app = Self {
            open,
            surroundings,
            task: None,
            hand,
            words: Words::new(board),
            is_online: false,
            is_calling: false,
            window: Window::default(),
            questions: Vec::new(),
            opening: None,
            events,
            attention: known,
            _senders: (link_sender, replaced_sender),
        };
        app.follow(board, stored);
        app
    }

    /// Somebody opens the board.
    pub(super) fn follow(&mut self, board: BoardId, stored: Stored) {
        let task = self.task.insert(Task::new(board, stored, self.surroundings.clone()));
        task.begin();
        self.ask_to_open();
    }

    /// The window asks for a copy of the board.
    fn ask_to_open(&mut self) {
        let Some(task) = &mut self.task else { return };
        let (answer, opening) = oneshot::channel();
        task.asked(Request::Show(answer));
        self.opening = Some(opening);
    }

    pub(super) fn set_phase(&mut self, phase: ConnectionPhase) {
        self.is_online = phase == ConnectionPhase::Live;
        self.surroundings.status.set_phase(phase);
        if let Some(task) = &mut self.task {
            task.make();
        }
    }

    /// Lets the task do everything that it can do now, as it does when it is woken.
    pub(super) fn work(&mut self, runtime: &Runtime) {
        let _guard = runtime.enter();
        while self.turn(runtime) {}
        self.look();
    }

    fn turn(&mut self, runtime: &Runtime) -> bool {
        let Some(task) = &mut self.task else { return false };
        let mut has_more = true;
        if let Some(event) = Line::next(&mut task.line).now_or_never() {
            task.heard(event);
        } else if let Some(answered) = task.outbox.answered().now_or_never() {
            task.answered(answered);
        } else {
            has_more = false;
        }
        runtime.block_on(task.go_on());
        if task.is_idle() {
            self.task = None;
            self.window = Window::default();
            self.opening = None;
        }
        has_more
    }

    /// The window takes what it is told, and opens the board if it has not.
    fn look(&mut self) {
        self.take_copy();
        while let Ok(event) = self.events.try_recv() {
            if let UiEvent::Board(message) = event {
                self.window.take(message);
            }
        }
        if self.opening.is_none() && self.window.view().is_none() {
            self.ask_to_open();
            self.take_copy();
        }
    }

    fn take_copy(&mut self) {
        match self.opening.as_mut().map(oneshot::Receiver::try_recv) {
            Some(Ok(Ok(copy))) => {
                self.window.open(copy);
                self.opening = None;
            }
            Some(Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed)) => self.opening = None,
            Some(Err(oneshot::error::TryRecvError::Empty)) | None => {}
        }
    }

    /// What needs attention since this was last asked: the proposals that it was.
    pub(super) fn new_attention(&mut self) -> Vec<OpId> {
        let items = self.surroundings.attention.list().items;
        let changes = items.into_iter().filter(|item| matches!(item.wanted, Wanted::Change { .. }));
        changes.map(|item| item.id).filter(|id| self.attention.insert(*id)).collect()
    }
}

/// A server that is never called: the simulation answers in its place.
fn rest() -> Rest {
    static REST: OnceLock<Rest> = OnceLock::new();
    let make = || {
        drop(rustls::crypto::ring::default_provider().install_default());
        Rest::new("http://127.0.0.1:9", Patience::default()).unwrap()
    };
    REST.get_or_init(make).clone()
}

/// Nobody types anything here.
fn drafts() -> Drafts {
    static STORE: OnceLock<(TempDir, Arc<Store>)> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("profile.db"), |notice| panic!("{}", notice.message)).unwrap();
        (folder, Arc::new(store))
    };
    Drafts::new(STORE.get_or_init(make).1.clone(), "sim".to_owned())
}
