//! What the server says of the board: entries, the board as a whole, and what is missing.

use std::collections::HashSet;

use super::{CatchUp, DurableReplica, JoinFrom, News, Outcome, Trouble, Write};
use crate::change::{Entry, Mark, Proposal};
use crate::id::{OpId, Seq};
use crate::replica::{Replica, ReplicaError};
use crate::snapshot::Snapshot;

/// How many entries may be on disk beside a snapshot before a new snapshot takes their place; on a board with more
/// cards, as many as it has cards.
const ENTRIES_MAX: usize = 1_000;

impl DurableReplica {
    /// The server has let us in.
    pub fn joined(&mut self, answer: CatchUp) -> Outcome {
        self.sent.clear();
        self.is_joined = true;
        self.is_held_back = false;
        if let Some(replica) = &mut self.replica {
            // What the server had accepted it may have lost. What it has, it says again.
            replica.forget_accepted();
        }
        match answer {
            CatchUp::Snapshot(snapshot) if self.is_known(&snapshot) => self.learn(snapshot.last),
            CatchUp::Snapshot(snapshot) => self.start_from(snapshot),
            CatchUp::Entries { entries, .. } if !self.goes_on_from_here(&entries) => {
                let mut outcome = Outcome { trouble: Some(self.other_log()), ..Outcome::default() };
                self.leave_for(JoinFrom::Start, &mut outcome);
                outcome
            }
            CatchUp::Entries { seq, entries } => {
                let mut outcome = self.entries(entries);
                let got = self.replica.as_ref().map(Replica::seq);
                if outcome.rejoin.is_some() || got != Some(seq) {
                    let expected = got.unwrap_or(Seq::ZERO).next();
                    outcome.trouble.get_or_insert(ReplicaError::Gap { expected, got: seq }.into());
                    // Asking for the same entries again would give the same ones again.
                    self.leave_for(JoinFrom::Start, &mut outcome);
                }
                outcome
            }
        }
    }

    /// Whether the board as a whole is what is here: then there is nothing to look at anew.
    fn is_known(&self, snapshot: &Snapshot) -> bool {
        self.replica.as_ref().is_some_and(|replica| {
            replica.seq() == snapshot.seq && !replica.has_unknown() && *replica.confirmed() == snapshot.board
        })
    }

    /// The server has told the last entry of the board as it is here.
    fn learn(&mut self, last: Option<Mark>) -> Outcome {
        let mut outcome = Outcome::default();
        if last.is_some() && last != self.mark {
            self.mark = last;
            self.store_whole(&mut outcome);
        }
        outcome
    }

    /// Whether the last entry that is here is among those that the server has.
    fn goes_on_from_here(&self, entries: &[Entry]) -> bool {
        let here = self.replica.as_ref().map_or(Seq::ZERO, Replica::seq);
        here == Seq::ZERO || entries.iter().any(|entry| entry.seq == here && Some(entry.mark()) == self.mark)
    }

    fn other_log(&self) -> Trouble {
        Trouble::OtherLog { seq: self.replica.as_ref().map_or(Seq::ZERO, Replica::seq) }
    }

    /// Entries have arrived, in the order of their `seq`; they may be there already, or come before their turn. Those
    /// that come while there is no join are passed over: whose log they are from is not known, and the next join has
    /// them.
    pub fn entries(&mut self, entries: Vec<Entry>) -> Outcome {
        let mut outcome = Outcome::default();
        if !self.is_joined {
            return outcome;
        }
        let Some(replica) = &mut self.replica else {
            self.leave_for(JoinFrom::Start, &mut outcome);
            return outcome;
        };
        let before = replica.seq();
        let outcome_of_confirm = replica.confirm(&entries);
        let after = replica.seq();
        let (settled, trouble) = match outcome_of_confirm {
            Ok(confirmed) => (confirmed.settled, None),
            // Whatever came before the trouble is in the board now.
            Err(trouble) => {
                let taken = entries.iter().filter(|entry| entry.seq <= after);
                (taken.map(|entry| entry.op).collect(), Some(trouble))
            }
        };
        let is_settled: HashSet<OpId> = settled.iter().copied().collect();
        let (fresh, stale): (Vec<Entry>, Vec<Entry>) = entries
            .into_iter()
            .filter(|entry| (before < entry.seq && entry.seq <= after) || is_settled.contains(&entry.op))
            .partition(|entry| before < entry.seq);
        for op in &settled {
            self.sent.remove(op);
        }
        if let Some(last) = fresh.iter().find(|entry| entry.seq == after) {
            self.mark = Some(last.mark());
        }
        if !fresh.is_empty() {
            self.store(&fresh, &mut outcome);
        }
        self.settle(settled, &mut outcome);
        let news: Vec<Entry> = stale.into_iter().chain(fresh).collect();
        if !news.is_empty() {
            outcome.news.push(News::Entries(news));
        }
        if let Some(trouble) = trouble {
            let from = match trouble {
                ReplicaError::Gap { .. } => self.join_from(),
                ReplicaError::Diverged { .. } => JoinFrom::Start,
            };
            outcome.trouble = Some(trouble.into());
            self.leave_for(from, &mut outcome);
        }
        outcome
    }

    fn start_from(&mut self, snapshot: Snapshot) -> Outcome {
        let before: Vec<OpId> = self.outbox().map(|proposal| proposal.op).collect();
        let mut outcome = Outcome { news: vec![News::Reset], ..Outcome::default() };
        let last = snapshot.last;
        match &mut self.replica {
            Some(replica) if replica.seq() <= snapshot.seq => replica.reset(snapshot),
            // The server was put back to what it was earlier, and it is the server that decides.
            Some(replica) => {
                outcome.trouble = Some(Trouble::OtherLog { seq: replica.seq() });
                let pending: Vec<Proposal> = replica.pending().cloned().collect();
                let has_unknown = replica.has_unknown();
                *replica = Replica::with_pending(self.actor, snapshot, pending);
                if has_unknown {
                    replica.note_unknown();
                }
            }
            None => {
                let carried = std::mem::take(&mut self.carried);
                self.replica = Some(Replica::with_pending(self.actor, snapshot, carried));
            }
        }
        self.mark = last;
        self.store_whole(&mut outcome);
        let after: HashSet<OpId> = self.outbox().map(|proposal| proposal.op).collect();
        let settled: Vec<OpId> = before.into_iter().filter(|op| !after.contains(op)).collect();
        self.settle(settled, &mut outcome);
        outcome
    }

    /// Lets proposals leave the outbox. Their entries have to be on disk by then.
    pub(super) fn settle(&mut self, settled: Vec<OpId>, outcome: &mut Outcome) {
        if settled.is_empty() {
            return;
        }
        if self.is_stale {
            self.store_whole(outcome);
        }
        outcome.writes.push(Write::Settled(settled));
    }

    fn store(&mut self, fresh: &[Entry], outcome: &mut Outcome) {
        // Not that of the view, which may have to be made anew for it.
        let n_cards = self.replica.as_ref().map_or(0, |replica| replica.confirmed().n_cards());
        self.n_stored += fresh.len();
        if self.is_stale || self.n_stored > ENTRIES_MAX.max(n_cards) {
            self.store_whole(outcome);
        } else {
            outcome.writes.push(Write::Entries(fresh.to_vec()));
        }
    }

    fn store_whole(&mut self, outcome: &mut Outcome) {
        let Some(whole) = self.whole() else { return };
        outcome.writes.push(whole);
        self.n_stored = 0;
        self.is_stale = false;
    }

    pub(super) fn leave_for(&mut self, from: JoinFrom, outcome: &mut Outcome) {
        self.disconnected();
        outcome.rejoin = Some(from);
    }
}
