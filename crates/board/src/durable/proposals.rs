//! The own proposals: from the person to the disk, to the server, and to its answer.

use super::{DurableReplica, News, Outcome, Stored, Unkept, Write};
use crate::change::{Change, Proposal};
use crate::error::ApplyError;
use crate::history::Doing;
use crate::id::{OpId, Seq};

impl DurableReplica {
    /// The person makes a change. It is in the view at once, and sent after [`kept`](Self::kept). One that waits
    /// already, by its `op`, is the same, and nothing happens.
    ///
    /// # Errors
    /// When it does not apply to the view, or there is no board yet (as if they were no member).
    pub fn propose(
        &mut self,
        proposal: Proposal,
        doing: Doing,
        inverse: Option<Change>,
    ) -> Result<Outcome, ApplyError> {
        let replica = self.replica.as_mut().ok_or(ApplyError::NotAMember)?;
        let n_before = replica.pending().len();
        replica.propose(proposal.clone())?;
        if replica.pending().len() == n_before {
            return Ok(Outcome::default());
        }
        self.history.record(doing, &proposal, inverse.clone());
        self.unkept.push_back(Unkept { proposal: proposal.clone(), doing, inverse: inverse.clone() });
        Ok(Outcome { writes: vec![Write::Queued { proposal, doing, inverse }], ..Outcome::default() })
    }

    /// A proposal is on disk: it may be sent.
    pub fn kept(&mut self, op: OpId) {
        if let Some(Unkept { proposal, doing, inverse }) = self.take_unkept(op) {
            self.kept_history.record(doing, &proposal, inverse);
        }
    }

    /// A proposal could not be written: it is taken back, as if it had never been made.
    pub fn not_kept(&mut self, op: OpId) -> Option<Proposal> {
        self.take_unkept(op)?;
        self.history = self.kept_history.clone();
        for Unkept { proposal, doing, inverse } in &self.unkept {
            self.history.record(*doing, proposal, inverse.clone());
        }
        self.replica.as_mut()?.reject(op)
    }

    fn take_unkept(&mut self, op: OpId) -> Option<Unkept> {
        let index = self.unkept.iter().position(|unkept| unkept.proposal.op == op)?;
        self.unkept.remove(index)
    }

    /// What was answered could not be written. The next answer makes good for it.
    pub const fn not_written(&mut self) {
        self.is_stale = true;
    }

    /// The next proposals to send, so many at most; they count as sent.
    #[must_use]
    pub fn take_to_send(&mut self, max: usize) -> Vec<Proposal> {
        let Some(replica) = self.replica.as_ref().filter(|_| self.is_joined && !self.is_held_back) else {
            return Vec::new();
        };
        let first_unkept = self.unkept.front().map(|unkept| unkept.proposal.op);
        let proposals: Vec<Proposal> = replica
            .pending()
            // What comes after a proposal may build on it, so none is passed over.
            .take_while(|proposal| Some(proposal.op) != first_unkept)
            .filter(|proposal| !self.sent.contains(&proposal.op))
            .take(max)
            .cloned()
            .collect();
        self.sent.extend(proposals.iter().map(|proposal| proposal.op));
        proposals
    }

    /// The connection is gone: answers do not come any more, and everything that waits is to be sent again.
    pub fn disconnected(&mut self) {
        self.is_joined = false;
        self.sent.clear();
    }

    /// Sends nothing more before the next join, which is the owner's to ask for; entries are still taken.
    pub const fn hold_back(&mut self) {
        self.is_held_back = true;
    }

    /// The server has accepted a proposal as the entry `seq`.
    pub fn accepted(&mut self, op: OpId, seq: Seq) -> Outcome {
        let Some(replica) = &mut self.replica else { return Outcome::default() };
        let was_pending = replica.is_pending(op);
        // Only if its entry came within a snapshot: entries that come by themselves settle it before.
        if was_pending && replica.acknowledge(op, seq) {
            self.sent.remove(&op);
            let mut outcome = Outcome { news: vec![News::Reset], ..Outcome::default() };
            self.settle(vec![op], &mut outcome);
            return outcome;
        }
        Outcome::default()
    }

    /// The server has refused a proposal: it is gone from the view, the outbox and the history.
    pub fn refused(&mut self, op: OpId) -> Outcome {
        self.sent.remove(&op);
        // One that does not wait is settled: whoever refuses it now is late.
        let Some(proposal) = self.replica.as_mut().and_then(|replica| replica.reject(op)) else {
            return Outcome::default();
        };
        self.history.forget(op);
        self.kept_history.forget(op);
        Outcome { writes: vec![Write::Refused(op)], news: vec![News::Refused(proposal)], ..Outcome::default() }
    }

    /// That a proposal was refused could not be written: it waits again, as it still does on disk, and the server says
    /// it again after the next join. The board is to be looked at anew.
    pub fn not_refused(&mut self, proposal: Proposal) {
        // Not before the next join: it would be refused again at once, and be too much for the disk again.
        self.sent.insert(proposal.op);
        if let Some(replica) = &mut self.replica {
            replica.put_back(proposal);
        }
    }

    /// Whether the server has accepted a proposal or not is not known: it is sent again after the next join, which is
    /// due now.
    pub fn unanswered(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        self.leave_for(self.join_from(), &mut outcome);
        outcome
    }

    /// The person may not see the board any more: it is gone from here too. Answers what came to nothing.
    pub fn gone(&mut self) -> (Outcome, Vec<Proposal>) {
        let lost: Vec<Proposal> = self.outbox().cloned().collect();
        *self = Self::new(self.actor, Stored::default());
        (Outcome { writes: vec![Write::Gone], ..Outcome::default() }, lost)
    }
}
