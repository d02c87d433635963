//! The boards: the one authority over them, and the one gate before them.
//!
//! Every id that comes from outside is looked up inside a board that the caller was let into by [`Boards::enter`]; REST
//! and channels share it, and there is no other way to a board.
//!
//! A board in use is kept in memory ([`live::LiveBoard`]). A change is checked there, in order, and handed to the store;
//! the next one is checked on top of it without waiting for the disk. Once it is on disk, and in the order of the log,
//! the [`announcer`] tells whoever asked and everyone on the board. Several of these on one store would each do the same:
//! the store refuses an entry that does not follow the last one, and the board is then read anew.

mod access;
mod announcer;
mod error;
mod live;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use roost_board::{Board, BoardId, BoardSummary, Role, User, UserId};
use roost_protocol::payload::BoardAdded;
use roost_protocol::rest::BoardsAnswer;
use roost_protocol::{Topic, event};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

pub(crate) use access::{BoardAccess, CatchUp, EncodedSnapshot, Page};
pub(crate) use error::{AccessError, CreateError, ProposeError};

use announcer::Settled;
use live::LiveBoard;

use crate::clock;
use crate::config::Limits;
use crate::metrics::Metrics;
use crate::pubsub::PubSub;
use crate::store::{Created, ListedBoard, Store, StoreError};

/// All boards; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Boards {
    shared: Arc<Shared>,
    /// To the announcer, which ends when the last of these is gone.
    settled: mpsc::UnboundedSender<Settled>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    pubsub: PubSub,
    metrics: Arc<Metrics>,
    open: Mutex<HashMap<BoardId, Arc<LiveBoard>>>,
    /// Counts the uses of boards, so that the one used least recently is known.
    uses: AtomicU64,
    max_open: usize,
    max_owned: usize,
    /// One for each change that waits for the disk.
    in_flight: Arc<Semaphore>,
    max_in_flight: u32,
    /// What is being written down for the store.
    snapshots: TaskTracker,
}

impl Boards {
    /// The boards of a store; needs a tokio runtime.
    pub(crate) fn new(store: Store, pubsub: PubSub, metrics: Arc<Metrics>, limits: &Limits) -> Self {
        let max_in_flight = u32::try_from(limits.changes_in_flight).unwrap_or(u32::MAX).max(1);
        let shared = Arc::new(Shared {
            store,
            pubsub,
            metrics,
            open: Mutex::default(),
            uses: AtomicU64::new(0),
            max_open: limits.open_boards.max(1),
            max_owned: limits.boards_per_user,
            in_flight: Arc::new(Semaphore::new(max_in_flight as usize)),
            max_in_flight,
            snapshots: TaskTracker::new(),
        });
        // Unbounded, but each entry in it holds one of the permits of `in_flight`.
        let (settled, queue) = mpsc::unbounded_channel();
        tokio::spawn(announcer::run(Arc::clone(&shared), queue));
        Self { shared, settled }
    }

    /// Lets somebody into a board.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] for a board that is not there and for one that they are no member of alike.
    pub(crate) async fn enter(&self, user: UserId, board: BoardId) -> Result<BoardAccess, AccessError> {
        let live = self.member_board(user, board).await?;
        Ok(BoardAccess::new(self.clone(), user, &live))
    }

    /// The boards of somebody.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn boards_of(&self, user: UserId) -> Result<BoardsAnswer, AccessError> {
        let mut answer = BoardsAnswer::default();
        let mut unlisted = Vec::new();
        for ListedBoard { mut summary, role, is_current } in self.shared.store.boards_of(user).await? {
            let live = match self.in_memory(summary.id) {
                // What is stored is as it was some entries ago, and the board was let go or the server died since.
                None if !is_current => {
                    let live = self.slot(summary.id);
                    live.load(&self.shared.store).await?;
                    unlisted.extend(live.unlisted_summary());
                    Some(live)
                }
                live => live,
            };
            if let Some(live) = live {
                summary = live.summary();
            }
            match role {
                Role::Owner => answer.owned_boards.push(summary),
                Role::Member => answer.invited_boards.push(summary),
            }
        }
        if !unlisted.is_empty() {
            // Nobody waits for it: it spares the next one the same.
            drop(self.shared.store.save_summaries(unlisted));
        }
        Ok(answer)
    }

    /// Makes a board with one owner. The same `id` from the same person again answers the board that is there.
    ///
    /// # Errors
    /// [`CreateError`]
    pub(crate) async fn create(&self, owner: User, id: BoardId, name: &str) -> Result<BoardSummary, CreateError> {
        let creator = owner.id;
        let board = Board::new(id, name, owner)?;
        let summary = board.summary();
        let max = self.shared.max_owned;
        let created = self.shared.store.create_board(board, creator, clock::now(), max).await;
        match created.map_err(AccessError::from)? {
            Created::New => {
                let payload = BoardAdded { board: summary.clone() };
                announcer::broadcast(&self.shared.pubsub, Topic::Users(creator), event::BOARD_ADDED, &payload);
                Ok(summary)
            }
            // Somebody who made a board and then left it is a stranger to it.
            Created::Again => match self.member_board(creator, id).await {
                Ok(live) => Ok(live.summary()),
                Err(AccessError::NotFound) => Err(CreateError::IdTaken),
                Err(error @ AccessError::Unavailable) => Err(error.into()),
            },
            Created::IdTaken => Err(CreateError::IdTaken),
            Created::TooMany => Err(CreateError::TooMany { max }),
        }
    }

    /// Whether changes are taken: not once the announcer has ended, be it in a panic.
    pub(crate) fn are_open(&self) -> bool {
        !self.settled.is_closed()
    }

    /// Takes no more changes, and returns once all that were taken are on disk and announced.
    pub(crate) async fn close(&self) {
        // All permits are back when nothing is under way, unless the announcer has ended and gives none back. The
        // semaphore is closed by nobody else.
        tokio::select! {
            permits = self.shared.in_flight.acquire_many(self.shared.max_in_flight) => drop(permits),
            () = self.settled.closed() => {}
        }
        self.shared.in_flight.close();
        self.shared.snapshots.close();
        self.shared.snapshots.wait().await;
        let unlisted: Vec<_> = self.shared.open().values().filter_map(|live| live.unlisted_summary()).collect();
        if unlisted.is_empty() {
            return;
        }
        if let Err(error) = self.shared.store.save_summaries(unlisted).on_disk().await {
            // The page of boards finds it out by itself.
            tracing::warn!(%error, "cannot store what the page of boards shows");
        }
    }

    /// A board, read from the store if it is not in memory, for somebody who is a member of it.
    async fn member_board(&self, user: UserId, id: BoardId) -> Result<Arc<LiveBoard>, AccessError> {
        let store = &self.shared.store;
        if !self.is_open(id) && !store.is_member(user, id).await? {
            return Err(AccessError::NotFound);
        }
        let live = self.slot(id);
        live.load(store).await?;
        if live.is_member(user) { Ok(live) } else { Err(AccessError::NotFound) }
    }

    fn is_open(&self, id: BoardId) -> bool {
        self.in_memory(id).is_some()
    }

    fn in_memory(&self, id: BoardId) -> Option<Arc<LiveBoard>> {
        self.shared.open().get(&id).filter(|live| live.is_loaded()).cloned()
    }

    /// A board is used once more.
    fn used(&self, live: &LiveBoard) {
        live.used(self.shared.uses.fetch_add(1, Ordering::Relaxed));
    }

    /// The place of a board in memory, which may still have to be loaded.
    fn slot(&self, id: BoardId) -> Arc<LiveBoard> {
        let shared = &self.shared;
        let mut open = shared.open();
        let new = || Arc::new(LiveBoard::new(id, self.settled.downgrade(), Arc::clone(&shared.in_flight)));
        let live = Arc::clone(open.entry(id).or_insert_with(new));
        self.used(&live);
        let evicted = if open.len() > shared.max_open { evict(&mut open, shared.max_open) } else { Vec::new() };
        shared.metrics.boards_open(open.len());
        drop(open);
        let unlisted: Vec<_> = evicted.iter().filter_map(LiveBoard::unlisted_summary).collect();
        if !unlisted.is_empty() {
            // Nobody waits for it: the page of boards finds out what is not as it should be.
            drop(shared.store.save_summaries(unlisted));
        }
        live
    }
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<BoardId, Arc<LiveBoard>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a board that is no longer what is on disk; the next use reads it anew.
    fn forget(&self, live: &Arc<LiveBoard>) {
        let mut open = self.open();
        if open.get(&live.id()).is_some_and(|known| Arc::ptr_eq(known, live)) {
            open.remove(&live.id());
        }
        self.metrics.boards_open(open.len());
    }
}

/// Makes room for an eighth of the boards, so that not every new one has to look for the oldest. A board that somebody
/// holds at the moment stays: were it read anew beside the one in use, the two would disagree about what comes next.
fn evict(open: &mut HashMap<BoardId, Arc<LiveBoard>>, max: usize) -> Vec<LiveBoard> {
    let mut idle: Vec<(u64, BoardId)> =
        open.values().filter(|live| Arc::strong_count(live) == 1).map(|live| (live.last_use(), live.id())).collect();
    idle.sort_unstable();
    let n_surplus = open.len().saturating_sub(max - max / 8);
    let mut evicted = Vec::new();
    for (_, id) in idle.into_iter().take(n_surplus) {
        let Some(live) = open.remove(&id) else { continue };
        // Somebody who has found it before may have taken hold of it again just now.
        match Arc::try_unwrap(live) {
            Ok(live) => evicted.push(live),
            Err(live) => drop(open.insert(id, live)),
        }
    }
    evicted
}

/// Logs what failed; those outside learn only that it did.
impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "cannot use the store for a board");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests;
