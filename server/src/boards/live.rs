//! A board in memory: what is on disk, what was checked on top of it, and the last entries.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roost_board::{ApplyError, Board, BoardId, BoardSummary, Change, Context, Entry, OpId, Role, Seq, UserId};
use serde_json::value::RawValue;
use tokio::sync::{OnceCell, oneshot};

use super::access::EncodedSnapshot;
use super::error::ProposeError;
use crate::clock;
use crate::store::{Store, StoreError, StoredEntry};

/// How many of the last entries stay in memory, for those who were away for a moment and for proposals sent twice.
pub(super) const RECENT: usize = 1_024;

/// How many bytes of them: long texts make it fewer.
const RECENT_BYTES: usize = 256 * 1024;

/// A board in memory, or the place for one that is still to be read.
#[derive(Debug)]
pub(super) struct LiveBoard {
    id: BoardId,
    state: OnceCell<Mutex<State>>,
    last_use: AtomicU64,
    /// The board as JSON as it last was; the lock lets one caller encode it for all who ask at the same moment.
    pub(super) encoded: tokio::sync::Mutex<Option<Arc<EncodedSnapshot>>>,
}

/// What of a board changes. The lock is held for a moment only, never while anybody waits.
#[derive(Debug)]
struct State {
    /// With everything that was checked; what the next change is checked against.
    tip: Board,
    tip_seq: Seq,
    /// With everything that is on disk; what anybody is shown.
    saved: Board,
    saved_seq: Seq,
    /// The last entries on disk, in order and without gaps up to `saved_seq`.
    recent: VecDeque<StoredEntry>,
    recent_bytes: usize,
    recent_ops: HashMap<OpId, (Seq, UserId)>,
    in_flight: HashMap<OpId, InFlight>,
    /// The store refused an entry: `tip` is not what is on disk, and nothing more is taken.
    failed: bool,
}

/// A change between its check and the disk, and those who wait for it.
#[derive(Debug)]
struct InFlight {
    actor: UserId,
    waiting: Vec<oneshot::Sender<Result<Seq, ProposeError>>>,
}

/// What becomes of a proposal.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It was made before.
    Known(Seq),
    /// It was made before and is on its way to the disk.
    Waiting(oneshot::Receiver<Result<Seq, ProposeError>>),
    /// It is on its way to the disk.
    Accepted(oneshot::Receiver<Result<Seq, ProposeError>>),
    /// The board has to be read anew first.
    Stale,
}

/// A change that was checked: what the disk is to have.
///
/// The board as it is with it is not here but made anew when the change is on disk: thousands of changes may be under
/// way, and each such board would keep alive what the changes after it copy.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) entry: Arc<Entry>,
    pub(super) json: Arc<RawValue>,
}

impl LiveBoard {
    pub(super) fn new(id: BoardId) -> Self {
        Self { id, state: OnceCell::new(), last_use: AtomicU64::new(0), encoded: tokio::sync::Mutex::default() }
    }

    pub(super) const fn id(&self) -> BoardId {
        self.id
    }

    pub(super) fn used(&self, use_: u64) {
        self.last_use.store(use_, Ordering::Relaxed);
    }

    pub(super) fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.state.initialized()
    }

    /// Reads the board if that has not happened yet; who comes meanwhile waits for the one who reads.
    pub(super) async fn load(&self, store: &Store) -> Result<(), StoreError> {
        let load = || async {
            let stored = store
                .load_board(self.id, RECENT)
                .await?
                .ok_or_else(|| StoreError::Corrupt(format!("no board {} but members of it", self.id)))?;
            let mut state = State {
                tip: stored.board.clone(),
                tip_seq: stored.seq,
                saved: stored.board,
                saved_seq: stored.seq,
                recent: VecDeque::new(),
                recent_bytes: 0,
                recent_ops: HashMap::new(),
                in_flight: HashMap::new(),
                failed: false,
            };
            stored.recent.into_iter().for_each(|entry| state.remember(entry));
            Ok(Mutex::new(state))
        };
        self.state.get_or_try_init(load).await.map(|_| ())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.state.get().expect("a board is handed out loaded");
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody is a member on disk and will stay one: whoever is about to be removed is a stranger already.
    pub(super) fn is_member(&self, user: UserId) -> bool {
        let state = self.state();
        state.saved.role(user).is_some() && state.tip.role(user).is_some()
    }

    pub(super) fn role(&self, user: UserId) -> Option<Role> {
        self.state().saved.role(user)
    }

    pub(super) fn summary(&self) -> BoardSummary {
        self.state().saved.summary()
    }

    /// The board as it is on disk, and its last entry.
    pub(super) fn saved(&self) -> (Seq, Board) {
        let state = self.state();
        (state.saved_seq, state.saved.clone())
    }

    pub(super) fn saved_seq(&self) -> Seq {
        self.state().saved_seq
    }

    /// The entries after `since` if all of them are in memory, and the last entry's place.
    pub(super) fn recent_since(&self, since: Seq) -> (Seq, Option<Vec<Arc<RawValue>>>) {
        let state = self.state();
        // What the first entry in memory follows on; `since` is from outside and may be anything.
        let before_first = state.recent.front().map_or(state.saved_seq.0, |entry| entry.seq.0 - 1);
        let entries = (since.0 >= before_first).then(|| {
            let n_old = state.recent.partition_point(|entry| entry.seq <= since);
            state.recent.range(n_old..).map(|entry| Arc::clone(&entry.json)).collect()
        });
        (state.saved_seq, entries)
    }

    /// Whether an `op` could have been used before without this being known here.
    pub(super) fn has_older_entries(&self, op: OpId) -> bool {
        let state = self.state();
        let n_recent = u64::try_from(state.recent.len()).unwrap_or(u64::MAX);
        state.saved_seq.0 > n_recent && !state.recent_ops.contains_key(&op) && !state.in_flight.contains_key(&op)
    }

    /// Checks a change on top of everything before it. When it stands, `hand_over` is called under the board's lock, so
    /// that the changes of one board reach the disk in the order of their places; it is given the board in a line, too.
    pub(super) fn check(
        &self,
        actor: UserId,
        op: OpId,
        change: Change,
        hand_over: impl FnOnce(Checked, BoardSummary),
    ) -> Result<Verdict, ProposeError> {
        let mut state = self.state();
        if state.failed {
            return Ok(Verdict::Stale);
        }
        if let Some(&(seq, by)) = state.recent_ops.get(&op) {
            known(actor, by)?;
            return Ok(Verdict::Known(seq));
        }
        let (reply, answer) = oneshot::channel();
        if let Some(in_flight) = state.in_flight.get_mut(&op) {
            known(actor, in_flight.actor)?;
            in_flight.waiting.push(reply);
            return Ok(Verdict::Waiting(answer));
        }
        let context = Context { actor, at: clock::now() };
        state.tip.apply(&context, &change)?;
        state.tip_seq = state.tip_seq.next();
        state.in_flight.insert(op, InFlight { actor, waiting: vec![reply] });
        let entry = Entry { seq: state.tip_seq, op, actor, at: context.at, change };
        let json = serde_json::value::to_raw_value(&entry).expect("an entry has only string keys");
        hand_over(Checked { entry: Arc::new(entry), json: json.into() }, state.tip.summary());
        Ok(Verdict::Accepted(answer))
    }

    /// The next change is on disk; returns those who wait for it, or `None` when the board had failed before.
    pub(super) fn saved_next(&self, checked: Checked) -> Option<Vec<oneshot::Sender<Result<Seq, ProposeError>>>> {
        let mut state = self.state();
        if state.failed {
            return None;
        }
        let Checked { entry, json } = checked;
        let applied = state.saved.apply(&entry.context(), &entry.change);
        applied.expect("a change that stood on the tip stands on the same changes once they are on disk");
        state.saved_seq = entry.seq;
        state.remember(StoredEntry { seq: entry.seq, op: entry.op, actor: entry.actor, json });
        state.in_flight.remove(&entry.op).map(|in_flight| in_flight.waiting)
    }

    /// A change did not reach the disk, and none of those that were checked on top of it will; returns all who wait.
    pub(super) fn fail(&self) -> Vec<oneshot::Sender<Result<Seq, ProposeError>>> {
        let mut state = self.state();
        state.failed = true;
        state.in_flight.drain().flat_map(|(_, in_flight)| in_flight.waiting).collect()
    }
}

impl State {
    /// Keeps the last entry at hand, and lets go of the oldest ones when there are many.
    fn remember(&mut self, entry: StoredEntry) {
        self.recent_ops.insert(entry.op, (entry.seq, entry.actor));
        self.recent_bytes += entry.json.get().len();
        self.recent.push_back(entry);
        while (self.recent.len() > RECENT || self.recent_bytes > RECENT_BYTES)
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_ops.remove(&oldest.op);
            self.recent_bytes -= oldest.json.get().len();
        }
    }
}

/// An `op` is answered again to whoever made it; from anybody else it is another proposal with an id in use.
fn known(actor: UserId, by: UserId) -> Result<(), ApplyError> {
    if actor == by { Ok(()) } else { Err(ApplyError::IdTaken) }
}
