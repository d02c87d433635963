//! A board in memory: what is on disk, what was checked on top of it, and the last entries.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roost_board::{
    ApplyError, Board, BoardId, BoardSummary, Change, Context, Entry, Mark, OpId, Role, Seq, Snapshot, UserId,
};
use serde_json::value::RawValue;
use tokio::sync::{OnceCell, Semaphore, mpsc, oneshot};

use super::access::EncodedSnapshot;
use super::announcer::Settled;
use super::error::{AccessError, ProposeError};
use crate::clock;
use crate::store::{Append, EncodedEntry, Log, Refused, Store, StoreError, StoredEntry};

/// How many of the last entries stay in memory, for those who were away for a moment and for proposals sent twice.
pub(super) const RECENT: usize = 1_024;

/// How many bytes of them: long texts make it fewer.
const RECENT_BYTES: usize = 256 * 1024;

/// How many entries are on disk at most without being in the board that anybody is shown.
const LATER: usize = 64;

/// A board is stored as a whole when its log has grown by as many bytes as it is long, and by this many at least: so
/// neither that nor reading what came after it costs more than the entries themselves.
const SNAPSHOT_BYTES: usize = 64 * 1024;

/// A board in memory, or the place for one that is still to be read.
#[derive(Debug)]
pub(super) struct LiveBoard {
    id: BoardId,
    state: OnceCell<Mutex<State>>,
    last_use: AtomicU64,
    /// The store refused an entry: `tip` is not what is on disk, and nothing more is taken.
    is_refused: AtomicBool,
    /// To the announcer; not what keeps it going.
    settled: mpsc::WeakUnboundedSender<Settled>,
    /// Where each change under way holds a permit.
    in_flight: Arc<Semaphore>,
    /// The board as JSON as it last was; the lock lets one caller encode it for all who ask at the same moment.
    pub(super) encoded: tokio::sync::Mutex<Option<Arc<EncodedSnapshot>>>,
}

/// What of a board changes. The lock is held for a moment only, never while anybody waits.
#[derive(Debug)]
struct State {
    /// With everything that was checked; what the next change is checked against.
    tip: Board,
    tip_seq: Seq,
    saved: Saved,
    /// The last entries on disk, in order and without gaps up to `saved.seq`.
    recent: VecDeque<StoredEntry>,
    recent_bytes: usize,
    recent_ops: HashMap<OpId, (Seq, UserId)>,
    /// No proposal in the log before `recent` has a greater id: whoever makes them from the time, as clients do, has
    /// made none before that is greater than the last ones. Where an id is not greater, the store is asked.
    max_older_op: Option<OpId>,
    in_flight: HashMap<OpId, InFlight>,
    /// How long the last stored snapshot is, and the entries since.
    snapshot_bytes: usize,
    unstored_bytes: usize,
    /// As of which entry the page of boards shows it, as far as is known here.
    listed_seq: Seq,
}

/// The board with everything that is on disk: what anybody is shown.
#[derive(Debug)]
struct Saved {
    seq: Seq,
    /// What its last entry is told from others by.
    last: Option<Mark>,
    /// As it was before `later`; but who is on it is always right.
    board: Board,
    /// Nobody has asked for the board since these were saved: most boards are changed more often than looked at.
    later: Vec<Arc<Entry>>,
}

/// A change between its check and the disk, and those who wait for it.
#[derive(Debug)]
struct InFlight {
    actor: UserId,
    waiting: oneshot::Sender<Result<Seq, ProposeError>>,
    /// Who has sent it again meanwhile.
    also: Vec<oneshot::Sender<Result<Seq, ProposeError>>>,
}

/// Those who are to be told what became of a change.
pub(super) type Waiting = Vec<oneshot::Sender<Result<Seq, ProposeError>>>;

/// What becomes of a proposal.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It was made before.
    Known(Seq),
    /// It was made before and is on its way to the disk.
    Waiting(oneshot::Receiver<Result<Seq, ProposeError>>),
    /// It is on its way to the disk.
    Accepted(oneshot::Receiver<Result<Seq, ProposeError>>),
    /// It may be one of the older entries that only the store knows: to be checked again with what the store says of
    /// the log up to this place.
    Unsure(Change, Seq),
    /// The board has to be read anew first.
    Stale,
}

/// Entries of one transaction that are on disk, and who waits for them.
#[derive(Debug)]
pub(super) struct Told {
    /// For each entry those who wait for it.
    pub(super) waiting: Vec<(Seq, oneshot::Sender<Result<Seq, ProposeError>>)>,
    /// Whether the board is to be stored as a whole.
    pub(super) snapshot_is_due: bool,
}

impl LiveBoard {
    pub(super) fn new(id: BoardId, settled: mpsc::WeakUnboundedSender<Settled>, in_flight: Arc<Semaphore>) -> Self {
        Self {
            id,
            state: OnceCell::new(),
            last_use: AtomicU64::new(0),
            is_refused: AtomicBool::new(false),
            settled,
            in_flight,
            encoded: tokio::sync::Mutex::default(),
        }
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
            let last = stored.recent.last().map(|entry| mark(self.id, entry)).transpose()?;
            let mut state = State {
                tip: stored.board.clone(),
                tip_seq: stored.seq,
                saved: Saved { seq: stored.seq, last, board: stored.board, later: Vec::new() },
                recent: VecDeque::new(),
                recent_bytes: 0,
                recent_ops: HashMap::new(),
                max_older_op: stored.max_op,
                in_flight: HashMap::new(),
                snapshot_bytes: stored.snapshot_bytes,
                unstored_bytes: stored.replayed_bytes,
                listed_seq: stored.listed_seq,
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
        self.state().is_member(user)
    }

    pub(super) fn role(&self, user: UserId) -> Option<Role> {
        self.state().saved.board.role(user)
    }

    pub(super) fn summary(&self) -> BoardSummary {
        self.state().settle().summary()
    }

    /// The board in a line and its last entry if the page of boards does not have it like that; it is taken that the
    /// caller stores it.
    pub(super) fn unlisted_summary(&self) -> Option<(Seq, BoardSummary)> {
        let mut state = self.state.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        if state.listed_seq == state.saved.seq {
            return None;
        }
        state.listed_seq = state.saved.seq;
        Some((state.saved.seq, state.settle().summary()))
    }

    /// The board as it is on disk, and its last entry.
    pub(super) fn saved(&self) -> Snapshot {
        let mut state = self.state();
        Snapshot { seq: state.saved.seq, board: state.settle().clone(), last: state.saved.last }
    }

    pub(super) fn saved_seq(&self) -> Seq {
        self.state().saved.seq
    }

    /// How long the board was as JSON when it was stored last.
    pub(super) fn stored_bytes(&self) -> usize {
        self.state().snapshot_bytes
    }

    /// The entries after `since` if all of them are in memory, and the last entry's place.
    pub(super) fn recent_since(&self, since: Seq) -> (Seq, Option<Vec<Arc<RawValue>>>) {
        let state = self.state();
        // What the first entry in memory follows on; `since` is from outside and may be anything.
        let before_first = state.before_recent().0;
        let entries = (since.0 >= before_first).then(|| {
            let n_old = state.recent.partition_point(|entry| entry.seq <= since);
            state.recent.range(n_old..).map(|entry| Arc::clone(&entry.json)).collect()
        });
        (state.saved.seq, entries)
    }

    /// Checks a change on top of everything before it, and hands it over to the store when it stands: under the board's
    /// lock, so that the changes of one board reach the disk in the order of their places. `absent_up_to` is how much of
    /// the log the store was asked about, and had no such proposal.
    pub(super) fn check(
        self: &Arc<Self>,
        actor: UserId,
        op: OpId,
        change: Change,
        absent_up_to: Option<Seq>,
        store: &Store,
    ) -> Result<Verdict, ProposeError> {
        let mut state = self.state();
        if !state.is_member(actor) {
            return Err(AccessError::NotFound.into());
        }
        if self.is_refused() {
            return Ok(Verdict::Stale);
        }
        if let Some(&(seq, by)) = state.recent_ops.get(&op) {
            known(actor, by)?;
            return Ok(Verdict::Known(seq));
        }
        let (reply, answer) = oneshot::channel();
        if let Some(in_flight) = state.in_flight.get_mut(&op) {
            known(actor, in_flight.actor)?;
            in_flight.also.push(reply);
            return Ok(Verdict::Waiting(answer));
        }
        if state.max_older_op.is_some_and(|max| op <= max)
            && absent_up_to.is_none_or(|absent| absent < state.before_recent())
        {
            return Ok(Verdict::Unsure(change, state.saved.seq));
        }
        let context = Context { actor, at: clock::now() };
        state.tip.apply(&context, &change)?;
        state.tip_seq = state.tip_seq.next();
        state.in_flight.insert(op, InFlight { actor, waiting: reply, also: Vec::new() });
        let entry = Entry { seq: state.tip_seq, op, actor, at: context.at, change };
        let json = serde_json::value::to_raw_value(&entry).expect("an entry has only string keys").into();
        let log: Arc<dyn Log> = Arc::<Self>::clone(self);
        store.append(Append { board: self.id, entry: Arc::new(entry), json, log });
        Ok(Verdict::Accepted(answer))
    }

    /// The next changes are on disk.
    pub(super) fn saved_next(&self, entries: &[EncodedEntry]) -> Told {
        let mut state = self.state();
        let mut waiting = Vec::with_capacity(entries.len());
        for (entry, json) in entries {
            state.saved.seq = entry.seq;
            state.saved.last = Some(entry.mark());
            state.saved.later.push(Arc::clone(entry));
            let json = Arc::clone(json);
            state.unstored_bytes += json.get().len();
            state.remember(StoredEntry { seq: entry.seq, op: entry.op, actor: entry.actor, json });
            if let Some(InFlight { waiting: first, also, .. }) = state.in_flight.remove(&entry.op) {
                waiting.push((entry.seq, first));
                waiting.extend(also.into_iter().map(|reply| (entry.seq, reply)));
            }
        }
        if state.saved.later.len() >= LATER || entries.iter().any(|(entry, _)| changes_members(&entry.change)) {
            state.settle();
        }
        let snapshot_is_due = state.unstored_bytes >= state.snapshot_bytes.max(SNAPSHOT_BYTES);
        if snapshot_is_due {
            state.unstored_bytes = 0;
        }
        Told { waiting, snapshot_is_due }
    }

    /// A snapshot is stored, and the page of boards shows the board as it was then.
    pub(super) fn snapshot_stored(&self, seq: Seq, n_bytes: usize) {
        let mut state = self.state();
        state.snapshot_bytes = n_bytes;
        state.listed_seq = state.listed_seq.max(seq);
    }

    /// A change did not reach the disk, and none of those that were checked on top of it will; returns all who wait.
    pub(super) fn fail(&self) -> Waiting {
        let mut state = self.state();
        self.is_refused.store(true, Ordering::Release);
        state
            .in_flight
            .drain()
            .flat_map(|(_, in_flight)| in_flight.also.into_iter().chain([in_flight.waiting]))
            .collect()
    }
}

impl Log for LiveBoard {
    fn settled(self: Arc<Self>, entries: Vec<EncodedEntry>, outcome: Result<(), Refused>) {
        if outcome.is_err() {
            self.is_refused.store(true, Ordering::Release);
        }
        let n_entries = entries.len();
        let settled = Settled { live: Arc::clone(&self), entries, outcome };
        let sent = self.settled.upgrade().is_some_and(|announcer| announcer.send(settled).is_ok());
        if !sent {
            // The announcer has ended. Whoever waits hears nothing by dropping their end.
            drop(self.fail());
            self.in_flight.add_permits(n_entries);
        }
    }

    fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Acquire)
    }
}

impl State {
    fn is_member(&self, user: UserId) -> bool {
        self.saved.board.role(user).is_some() && self.tip.role(user).is_some()
    }

    /// Brings the saved board up to its last entry.
    fn settle(&mut self) -> &Board {
        let Saved { seq, board, later, .. } = &mut self.saved;
        if !later.is_empty() {
            if self.tip_seq == *seq {
                // Nothing is under way: the two are the same board, and share what it is made of.
                board.clone_from(&self.tip);
                later.clear();
            }
            for entry in later.drain(..) {
                let applied = board.apply(&entry.context(), &entry.change);
                applied.expect("a change that stood on the tip stands on the same changes once they are on disk");
            }
        }
        &self.saved.board
    }

    /// The last entry before those in memory.
    fn before_recent(&self) -> Seq {
        self.recent.front().map_or(self.saved.seq, |entry| Seq(entry.seq.0 - 1))
    }

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
            self.max_older_op = self.max_older_op.max(Some(oldest.op));
        }
    }
}

fn mark(board: BoardId, entry: &StoredEntry) -> Result<Mark, StoreError> {
    serde_json::from_str(entry.json.get()).map_err(|error| StoreError::Corrupt(format!("board {board}: {error}")))
}

/// An `op` is answered again to whoever made it; from anybody else it is another proposal with an id in use.
fn known(actor: UserId, by: UserId) -> Result<(), ApplyError> {
    if actor == by { Ok(()) } else { Err(ApplyError::IdTaken) }
}

/// Whether a change says who is on the board.
pub(super) const fn changes_members(change: &Change) -> bool {
    matches!(change, Change::MemberAdded { .. } | Change::MemberRemoved { .. })
}
