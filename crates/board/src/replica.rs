//! A board as one client sees it: what the server has confirmed, and what this client has asked for on top.
//!
//! A replica does no IO. Whoever owns it hands it the entries that arrive and sends the proposals that it holds.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::OnceLock;

use crate::board::Board;
use crate::change::{Change, Context, Entry, Proposal};
use crate::error::ApplyError;
use crate::id::{OpId, Seq, UserId};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;

/// Why an entry could not be taken. The replica is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplicaError {
    /// Entries are missing in front of it: ask for those from `expected` on.
    #[error("entry {got} arrived where {expected} was due")]
    Gap {
        /// The one that is due.
        expected: Seq,
        /// The one that arrived.
        got: Seq,
    },
    /// The entry does not apply to the confirmed board, so this replica is not the board that the server has: take a
    /// snapshot.
    #[error("entry {seq} does not apply: {error}")]
    Diverged {
        /// Which entry.
        seq: Seq,
        /// Why not.
        error: ApplyError,
    },
}

/// What became of the entries that were handed to [`Replica::confirm`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmed {
    /// How many were new to the confirmed board; the others were in it already.
    pub n_new: usize,
    /// Those of the own proposals that are no longer pending.
    pub settled: Vec<OpId>,
}

/// A board as one client sees it: the confirmed board, the pending proposals in order, and the view, which is the one
/// with the others on top.
///
/// A pending proposal that does not apply to what is confirmed by now stays pending, since only the server decides, and
/// is left out of the view.
#[derive(Debug, Clone)]
pub struct Replica {
    actor: UserId,
    seq: Seq,
    confirmed: Board,
    pending: VecDeque<Proposal>,
    /// The `op` of each that is pending.
    pending_ops: HashSet<OpId>,
    /// Made when somebody looks at it, since much may be pending and much arrive in between. Not there when nothing is
    /// pending: then the confirmed board is the view.
    view: OnceLock<Board>,
    /// Own proposals that the server has accepted at this `seq`, whose entry has not arrived yet.
    accepted: HashMap<OpId, Seq>,
    has_unknown: bool,
}

/// The view follows from the rest.
impl PartialEq for Replica {
    fn eq(&self, other: &Self) -> bool {
        let rest = |replica: &Self| (replica.actor, replica.seq, replica.has_unknown);
        rest(self) == rest(other)
            && self.confirmed == other.confirmed
            && self.pending == other.pending
            && self.accepted == other.accepted
    }
}

impl Eq for Replica {}

impl Replica {
    /// A replica with nothing pending, for proposals by `actor`.
    #[must_use]
    pub fn new(actor: UserId, snapshot: Snapshot) -> Self {
        Self {
            actor,
            seq: snapshot.seq,
            confirmed: snapshot.board,
            pending: VecDeque::new(),
            pending_ops: HashSet::new(),
            view: OnceLock::new(),
            accepted: HashMap::new(),
            has_unknown: false,
        }
    }

    /// A replica with proposals that were made before, in order.
    #[must_use]
    pub fn with_pending(actor: UserId, snapshot: Snapshot, pending: impl IntoIterator<Item = Proposal>) -> Self {
        let mut replica = Self::new(actor, snapshot);
        replica.pending = pending.into_iter().collect();
        replica.pending_ops = replica.pending.iter().map(|proposal| proposal.op).collect();
        replica
    }

    /// What to show: the confirmed board and the pending proposals.
    #[must_use]
    pub fn view(&self) -> &Board {
        if self.pending.is_empty() { &self.confirmed } else { self.view.get_or_init(|| self.make_view()) }
    }

    /// What the server has confirmed.
    #[must_use]
    pub const fn confirmed(&self) -> &Board {
        &self.confirmed
    }

    /// The last entry that is in the confirmed board.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// Whether entries were taken that this version of Roost does not know: then the board lacks what they did.
    #[must_use]
    pub const fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// Says of a replica that is made from what was kept that it [has unknown entries](Self::has_unknown).
    pub const fn note_unknown(&mut self) {
        self.has_unknown = true;
    }

    /// Who proposes.
    #[must_use]
    pub const fn actor(&self) -> UserId {
        self.actor
    }

    /// The proposals that the server has not answered for, in the order in which they were made.
    pub fn pending(&self) -> impl ExactSizeIterator<Item = &Proposal> {
        self.pending.iter()
    }

    /// Whether a proposal is one of those.
    #[must_use]
    pub fn is_pending(&self, op: OpId) -> bool {
        self.pending_ops.contains(&op)
    }

    /// Makes a change on this client: it is in the view at once, and pending. One that is pending already, by its `op`,
    /// is the same proposal, and nothing happens.
    ///
    /// # Errors
    /// When it does not apply to the view; then nothing has happened.
    pub fn propose(&mut self, proposal: Proposal) -> Result<(), ApplyError> {
        if self.is_pending(proposal.op) {
            return Ok(());
        }
        let context = Context { actor: self.actor, at: proposal.at };
        let mut view = self.view.take().unwrap_or_else(|| self.make_view());
        let applied = view.apply(&context, &proposal.change);
        if applied.is_ok() {
            self.pending_ops.insert(proposal.op);
            self.pending.push_back(proposal);
        }
        if !self.pending.is_empty() {
            self.view = OnceLock::from(view);
        }
        applied
    }

    /// Takes entries in the order of their `seq`; those that are there already are passed over, so the same ones may
    /// come twice. The view stays when they are own proposals in their order; otherwise it is made anew when it is
    /// looked at.
    ///
    /// # Errors
    /// At a gap, or an entry that does not apply. The entries before it have been taken.
    pub fn confirm<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) -> Result<Confirmed, ReplicaError> {
        let mut confirmed = Confirmed::default();
        let outcome = entries.into_iter().try_for_each(|entry| self.confirm_one(entry, &mut confirmed));
        if self.pending.is_empty() {
            self.view.take();
        }
        outcome.map(|()| confirmed)
    }

    fn confirm_one(&mut self, entry: &Entry, confirmed: &mut Confirmed) -> Result<(), ReplicaError> {
        if entry.seq <= self.seq {
            if self.forget(entry.op) {
                self.view.take();
                confirmed.settled.push(entry.op);
            }
            return Ok(());
        }
        if entry.seq != self.seq.next() {
            return Err(ReplicaError::Gap { expected: self.seq.next(), got: entry.seq });
        }
        if !self.stays_in_view(entry) {
            // While it is there, it shares lists and cards with the confirmed board, which has to copy what it changes.
            self.view.take();
        }
        if let Change::Unknown(_) = entry.change {
            // Only a newer version knows what it does. The rest of the board works without.
            self.has_unknown = true;
        } else {
            let applied = self.confirmed.apply(&entry.context(), &entry.change);
            applied.map_err(|error| ReplicaError::Diverged { seq: entry.seq, error })?;
        }
        self.seq = entry.seq;
        confirmed.n_new += 1;
        if self.forget(entry.op) {
            confirmed.settled.push(entry.op);
        }
        Ok(())
    }

    /// The server has accepted a proposal as entry `seq`. It stays pending until that entry is in the confirmed board,
    /// so that nothing flickers when the answer arrives before the entry; answers whether it is in already.
    pub fn acknowledge(&mut self, op: OpId, seq: Seq) -> bool {
        if seq > self.seq {
            self.accepted.insert(op, seq);
            return false;
        }
        if self.forget(op) {
            self.view.take();
        }
        true
    }

    /// Whatever the server said it has [accepted](Self::acknowledge), it may have lost: what is pending stays pending until
    /// it says so again, or the entry arrives.
    pub fn forget_accepted(&mut self) {
        self.accepted.clear();
    }

    /// The server has refused a proposal: it is no longer pending, and gone from the view.
    pub fn reject(&mut self, op: OpId) -> Option<Proposal> {
        let proposal = self.take_pending(op)?;
        self.view.take();
        Some(proposal)
    }

    /// What was [rejected](Self::reject) is pending again, in front of all others: it is older than most of them.
    pub fn put_back(&mut self, proposal: Proposal) {
        if self.pending_ops.insert(proposal.op) {
            self.pending.push_front(proposal);
            self.view.take();
        }
    }

    /// Starts over from a snapshot, unless it is older than what is confirmed. What is pending stays pending, except
    /// what the server said it had accepted at an entry that is in the snapshot. What only a newer version knows is
    /// missing in the snapshot as it was in the entries.
    pub fn reset(&mut self, snapshot: Snapshot) {
        if snapshot.seq < self.seq {
            return;
        }
        self.seq = snapshot.seq;
        self.confirmed = snapshot.board;
        let contained: HashSet<OpId> = self.accepted.extract_if(|_, seq| *seq <= self.seq).map(|(op, _)| op).collect();
        if !contained.is_empty() {
            self.pending.retain(|proposal| !contained.contains(&proposal.op));
            self.pending_ops.retain(|op| !contained.contains(op));
        }
        self.view.take();
    }

    /// The change that takes `change` back, made against the view as it is now, before it.
    #[must_use]
    pub fn invert(&self, at: Timestamp, change: &Change) -> Option<Change> {
        self.view().invert(&Context { actor: self.actor, at }, change)
    }

    /// Whether the view stays as it is when an entry is confirmed: it is the first of the own proposals, and in its
    /// place there already. A comment has the server's time from then on.
    fn stays_in_view(&mut self, entry: &Entry) -> bool {
        let Some(first) = self.pending.front().filter(|first| first.op == entry.op) else { return false };
        if entry.actor != self.actor || first.change != entry.change {
            return false;
        }
        if let Change::CommentAdded { card_id, comment } = &entry.change
            && let Some(view) = self.view.get_mut()
        {
            view.set_comment_time(*card_id, comment.id, first.at, entry.at);
        }
        true
    }

    fn forget(&mut self, op: OpId) -> bool {
        self.accepted.remove(&op);
        self.take_pending(op).is_some()
    }

    fn take_pending(&mut self, op: OpId) -> Option<Proposal> {
        if !self.pending_ops.remove(&op) {
            return None;
        }
        // The server answers in order, so it is one of the first.
        let index = self.pending.iter().position(|proposal| proposal.op == op)?;
        self.pending.remove(index)
    }

    fn make_view(&self) -> Board {
        let mut view = self.confirmed.clone();
        for proposal in &self.pending {
            let context = Context { actor: self.actor, at: proposal.at };
            // What does not apply any more waits for the server's word; see the type's documentation.
            drop(view.apply(&context, &proposal.change));
        }
        view
    }
}
