//! What one account has on this machine: its boards, what waits, what needs attention; and its way to the server.
//!
//! It is there with or without a server. [`connect`](Workspace::connect) gives it a way, once who is signed in can prove
//! it; everything else goes on by itself from there.

mod attention;
mod making;
mod person;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use roost_board::{BoardId, User};
use roost_bridge::{AppState, BoardCopy, ConnectionPhase, Session, Theme};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attention::NeedsAttention;
use super::boards::Boards;
use super::drafts::Drafts;
use super::error::Error;
use super::followed::{Doings, FollowedBoard, Surroundings};
use super::link::Link;
use super::lock;
use super::notices::Notices;
use super::outlet::{Outlet, UiEvent};
use super::patience::Patience;
use super::status::Status;
use super::store::{AccountState, AccountStore, AccountWrite};

/// How long the end of the tasks is waited for.
const END_TIME: Duration = Duration::from_secs(2);
/// How many boards are made on the server at once.
const MAKERS: usize = 4;

/// What one account has on this machine, and its way to the server.
#[derive(Debug)]
pub(crate) struct Workspace {
    surroundings: Surroundings,
    link: watch::Sender<Option<Link>>,
    followed: Mutex<HashMap<BoardId, FollowedBoard>>,
    /// The board that is open, or was at the end of the last run.
    last_board: Mutex<Option<BoardId>>,
    /// How many things wait on which boards, at the start.
    waiting: HashMap<BoardId, usize>,
    tasks: TaskTracker,
}

/// What a workspace is made of, besides what is on disk.
#[derive(Debug)]
pub(crate) struct Materials {
    /// Who.
    pub(crate) me: User,
    /// How long things may take.
    pub(crate) patience: Patience,
    /// What they are typing.
    pub(crate) drafts: Drafts,
    /// Is told how the connection stands.
    pub(crate) status: Arc<Status>,
    /// Counts how often the file of the account was replaced.
    pub(crate) replaced: watch::Receiver<u32>,
    /// Is told what the person has to know.
    pub(crate) notices: Arc<Notices>,
    /// The way to the interface.
    pub(crate) outlet: Outlet,
}

impl Workspace {
    /// What is on disk of an account. Nothing is told and nothing happens before [`start`](Self::start).
    pub(crate) fn new(account: AccountStore, state: AccountState, materials: Materials) -> Arc<Self> {
        let AccountState { page, attention, new_boards, last_board, waiting } = state;
        let Materials { me, patience, drafts, status, replaced, notices, outlet } = materials;
        let account = Arc::new(account);
        let tasks = TaskTracker::new();
        let mut n_waiting: HashMap<BoardId, usize> = waiting.into_iter().collect();
        for (board, _) in &new_boards {
            *n_waiting.entry(*board).or_default() += 1;
        }
        let (link, way) = watch::channel(None);
        let boards = Boards::new(me.id, outlet.clone(), account.clone(), tasks.clone(), page, new_boards);
        let surroundings = Surroundings {
            me,
            patience,
            account,
            drafts,
            link: way,
            replaced,
            status,
            boards: Arc::new(boards),
            attention: Arc::new(NeedsAttention::new(attention)),
            makers: Arc::new(Semaphore::new(MAKERS)),
            notices,
            outlet,
            refused: CancellationToken::new(),
            stop: CancellationToken::new(),
        };
        Arc::new(Self {
            surroundings,
            link,
            followed: Mutex::default(),
            last_board: Mutex::new(last_board),
            waiting: n_waiting,
            tasks,
        })
    }

    /// Tells what there is, and follows the boards on which something waits.
    pub(crate) fn start(self: &Arc<Self>) {
        let Surroundings { status, outlet, attention, boards, .. } = &self.surroundings;
        for (board, n) in &self.waiting {
            status.set_waiting(*board, *n);
        }
        status.set_phase(ConnectionPhase::Connecting);
        outlet.tell(UiEvent::Boards(boards.page()));
        outlet.tell(UiEvent::Attention(attention.list()));
        let (attention, outlet) = (attention.clone(), outlet.clone());
        self.spawn(async move { attention.run(&outlet).await });
        let surroundings = self.surroundings.clone();
        self.spawn(attention::write_anew(surroundings));
        for board in self.waiting.keys() {
            self.follow(*board);
        }
    }

    /// There is a way to the server.
    pub(crate) fn connect(self: &Arc<Self>, link: Link) {
        let surroundings = self.surroundings.clone();
        self.spawn(person::follow(surroundings, link.clone(), Arc::downgrade(self)));

        let Surroundings { boards, status, refused, .. } = self.surroundings.clone();
        let (rest, workspace) = (link.rest.clone(), Arc::downgrade(self));
        self.spawn(async move {
            boards.run(&rest, &status, |board| suspect(&workspace, board)).await;
            refused.cancel();
        });
        self.link.send_replace(Some(link));
    }

    /// Runs something until it is done or the workspace is shut down.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.surroundings.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }

    /// Cancelled when the server refuses the token.
    pub(crate) fn refused(&self) -> CancellationToken {
        self.surroundings.refused.clone()
    }

    /// Cancelled when the workspace is shut down.
    pub(crate) fn stopped(&self) -> CancellationToken {
        self.surroundings.stop.clone()
    }

    /// The way to the server, if it is known.
    pub(crate) fn link(&self) -> Option<Link> {
        self.link.borrow().clone()
    }

    /// Everything that the interface needs of the account for its first picture.
    pub(crate) async fn state(&self, session: Session, theme: Theme) -> Result<AppState, Error> {
        let Surroundings { boards, attention, drafts, status, .. } = &self.surroundings;
        let drafts = drafts.all().await?;
        let last_board = lock(&self.last_board).filter(|board| boards.summary(*board).is_some());
        Ok(AppState {
            session,
            connection: status.get(),
            boards: boards.page(),
            theme,
            drafts,
            attention: attention.list(),
            notices: Vec::new(),
            last_board,
        })
    }

    /// What is being typed.
    pub(crate) const fn drafts(&self) -> &Drafts {
        &self.surroundings.drafts
    }

    /// Tries at once, or makes sure that the connection is alive.
    pub(crate) fn reconnect(&self) {
        if let Some(link) = &*self.link.borrow() {
            link.socket.reconnect_now();
        }
    }

    /// A copy of a board that the interface shows from now on: it is asked for when this returns.
    pub(crate) fn open_board(
        self: &Arc<Self>,
        board_id: BoardId,
    ) -> impl Future<Output = Result<BoardCopy, Error>> + Send + 'static + use<> {
        let workspace = self.clone();
        // Now, since the copy may take its time, and the person another board meanwhile.
        self.note_open(Some(board_id));
        let mut board = self.follow(board_id);
        let mut copy = board.show();
        async move {
            loop {
                match timeout(workspace.surroundings.patience.open_time, copy).await {
                    Ok(Some(outcome)) => return outcome,
                    Ok(None) if workspace.surroundings.stop.is_cancelled() => return Err(Error::SignedOut),
                    // It has ended in this moment, as one that nobody needed any more.
                    Ok(None) => {
                        board = workspace.follow(board_id);
                        copy = board.show();
                    }
                    Err(_) => {
                        board.hide();
                        workspace.reconnect();
                        return Err(Error::Offline);
                    }
                }
            }
        }
    }

    /// The interface shows another page.
    pub(crate) fn close_board(&self, board_id: BoardId) {
        if let Some(board) = lock(&self.followed).get(&board_id) {
            board.hide();
        }
        if *lock(&self.last_board) == Some(board_id) {
            self.note_open(None);
        }
        // What others have done meanwhile on other boards is to be seen there.
        self.surroundings.boards.refresh();
    }

    /// Remembers which board is open, for the next start.
    fn note_open(&self, board: Option<BoardId>) {
        if std::mem::replace(&mut *lock(&self.last_board), board) != board {
            let written = self.surroundings.account.write(vec![AccountWrite::LastBoard(board)]);
            self.tasks.spawn(async move {
                if let Err(error) = written.await {
                    tracing::warn!(%error, "which board is open is not kept");
                }
            });
        }
    }

    /// Makes a change: it has its place in the order when this returns.
    pub(crate) fn propose(
        &self,
        board_id: BoardId,
        doings: Doings,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let proposed = lock(&self.followed).get(&board_id).map(|board| board.propose(doings));
        async move { proposed.ok_or(Error::NoSuchBoard)?.await.ok_or(Error::NoSuchBoard)? }
    }

    /// Asks somebody onto a board.
    pub(crate) async fn invite(&self, board_id: BoardId, email: String) -> Result<(), Error> {
        let board = lock(&self.followed).get(&board_id).cloned().ok_or(Error::NoSuchBoard)?;
        board.invite(email).await.ok_or(Error::NoSuchBoard)?
    }

    /// Ends everything. What was asked for is on disk then.
    pub(crate) async fn shutdown(self: Arc<Self>) {
        self.surroundings.stop.cancel();
        self.tasks.close();
        if timeout(END_TIME, self.tasks.wait()).await.is_err() {
            tracing::warn!("a task of the account does not end");
        }
        if let Some(link) = self.link.send_replace(None) {
            link.close().await;
        }
        self.surroundings.account.settle().await;
    }

    fn follow(&self, board_id: BoardId) -> FollowedBoard {
        let mut followed = lock(&self.followed);
        followed.retain(|_, board| !board.has_ended());
        if let Some(board) = followed.get(&board_id) {
            return board.clone();
        }
        let (board, task) = FollowedBoard::new(board_id, self.surroundings.clone());
        followed.insert(board_id, board.clone());
        self.tasks.spawn(task);
        board
    }
}

/// A board may be gone for this person: whoever follows it finds out.
fn suspect(workspace: &Weak<Workspace>, board: BoardId) {
    if let Some(workspace) = workspace.upgrade() {
        workspace.follow(board).suspect();
    }
}
