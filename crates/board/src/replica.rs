//! A board as one client sees it: what the server has confirmed, and what this client has asked for on top.
//!
//! A replica does no IO. Whoever owns it hands it the entries that arrive and sends the proposals that it holds.

use std::collections::VecDeque;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    actor: UserId,
    seq: Seq,
    confirmed: Board,
    pending: VecDeque<Proposal>,
    /// `None` when nothing is pending: then the confirmed board is the view.
    view: Option<Board>,
    /// Own proposals that the server has accepted at this `seq`, whose entry has not arrived yet.
    accepted: Vec<(OpId, Seq)>,
    has_unknown: bool,
}

impl Replica {
    /// A replica with nothing pending, for proposals by `actor`.
    #[must_use]
    pub fn new(actor: UserId, snapshot: Snapshot) -> Self {
        Self {
            actor,
            seq: snapshot.seq,
            confirmed: snapshot.board,
            pending: VecDeque::new(),
            view: None,
            accepted: Vec::new(),
            has_unknown: false,
        }
    }

    /// A replica with proposals that were made before, in order.
    #[must_use]
    pub fn with_pending(actor: UserId, snapshot: Snapshot, pending: impl IntoIterator<Item = Proposal>) -> Self {
        let mut replica = Self::new(actor, snapshot);
        replica.pending = pending.into_iter().collect();
        replica.rebuild_view();
        replica
    }

    /// What to show: the confirmed board and the pending proposals.
    #[must_use]
    pub const fn view(&self) -> &Board {
        match &self.view {
            Some(view) => view,
            None => &self.confirmed,
        }
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

    /// Makes a change on this client: it is in the view at once, and pending. One that is pending already, by its `op`,
    /// is the same proposal, and nothing happens.
    ///
    /// # Errors
    /// When it does not apply to the view; then nothing has happened.
    pub fn propose(&mut self, proposal: Proposal) -> Result<(), ApplyError> {
        if self.pending.iter().any(|pending| pending.op == proposal.op) {
            return Ok(());
        }
        let context = Context { actor: self.actor, at: proposal.at };
        match &mut self.view {
            Some(view) => view.apply(&context, &proposal.change)?,
            None => {
                let mut view = self.confirmed.clone();
                view.apply(&context, &proposal.change)?;
                self.view = Some(view);
            }
        }
        self.pending.push_back(proposal);
        Ok(())
    }

    /// Takes entries in the order of their `seq`; those that are there already are passed over, so the same ones may
    /// come twice. The view is made anew once for all of them, or stays when they are own proposals in their order.
    ///
    /// # Errors
    /// At a gap, or an entry that does not apply. The entries before it have been taken.
    pub fn confirm<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) -> Result<Confirmed, ReplicaError> {
        let mut confirmed = Confirmed::default();
        let outcome = entries.into_iter().try_for_each(|entry| self.confirm_one(entry, &mut confirmed));
        if self.view.is_none() || self.pending.is_empty() {
            self.rebuild_view();
        }
        outcome.map(|()| confirmed)
    }

    /// Takes one entry. What it makes of the view is for the caller to see to: `None` is one that is to be made anew.
    fn confirm_one(&mut self, entry: &Entry, confirmed: &mut Confirmed) -> Result<(), ReplicaError> {
        if entry.seq <= self.seq {
            if self.forget(entry.op) {
                self.view = None;
                confirmed.settled.push(entry.op);
            }
            return Ok(());
        }
        if entry.seq != self.seq.next() {
            return Err(ReplicaError::Gap { expected: self.seq.next(), got: entry.seq });
        }
        if !self.is_in_view(entry) {
            // While it is there, it shares lists and cards with the confirmed board, which has to copy what it changes.
            self.view = None;
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
            self.accepted.push((op, seq));
            return false;
        }
        if self.forget(op) {
            self.rebuild_view();
        }
        true
    }

    /// The server has refused a proposal: it is no longer pending, and gone from the view.
    pub fn reject(&mut self, op: OpId) -> Option<Proposal> {
        let index = self.pending.iter().position(|proposal| proposal.op == op)?;
        let proposal = self.pending.remove(index);
        self.rebuild_view();
        proposal
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
        let contained: Vec<OpId> =
            self.accepted.iter().filter(|(_, seq)| *seq <= self.seq).map(|(op, _)| *op).collect();
        for op in contained {
            self.forget(op);
        }
        self.rebuild_view();
    }

    /// The change that takes `change` back, made against the view as it is now, before it.
    #[must_use]
    pub fn invert(&self, at: Timestamp, change: &Change) -> Option<Change> {
        self.view().invert(&Context { actor: self.actor, at }, change)
    }

    /// Whether an entry is the first of the own proposals: the view has it in its place already, and stays as it is. A
    /// comment does not, since its time is the server's.
    fn is_in_view(&self, entry: &Entry) -> bool {
        entry.actor == self.actor
            && !matches!(entry.change, Change::CommentAdded { .. })
            && self.pending.front().is_some_and(|first| first.op == entry.op && first.change == entry.change)
    }

    fn forget(&mut self, op: OpId) -> bool {
        self.accepted.retain(|(accepted, _)| *accepted != op);
        let Some(index) = self.pending.iter().position(|proposal| proposal.op == op) else { return false };
        self.pending.remove(index);
        true
    }

    fn rebuild_view(&mut self) {
        if self.pending.is_empty() {
            self.view = None;
            return;
        }
        let mut view = self.confirmed.clone();
        for proposal in &self.pending {
            let context = Context { actor: self.actor, at: proposal.at };
            // What does not apply any more waits for the server's word; see the type's documentation.
            drop(view.apply(&context, &proposal.change));
        }
        self.view = Some(view);
    }
}
