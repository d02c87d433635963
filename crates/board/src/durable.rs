//! A board as one client follows it through a network and a machine that may fail at any moment.
//!
//! A [`DurableReplica`] does no IO. Whoever owns it tells it what has happened, and does what it answers: the
//! [`Write`]s of one answer are one transaction, and transactions are made in the order of the answers. What holds:
//!
//! - A proposal is sent only after it is on disk ([`kept`](DurableReplica::kept)).
//! - It leaves the outbox in the transaction that stores its entry, or the snapshot that has it.
//! - It is sent again after each join, under the same `op`, until the server has answered it; the server accepts an
//!   `op` once.
//! - Nothing later is shown while an entry is missing: the board is joined anew from where it is.

use std::collections::HashSet;

use crate::board::Board;
use crate::change::{Change, Entry, Proposal};
use crate::error::ApplyError;
use crate::history::{Doing, History};
use crate::id::{OpId, Seq, UserId};
use crate::replica::{Replica, ReplicaError};
use crate::snapshot::Snapshot;

/// How many entries may be on disk beside a snapshot before a new snapshot takes their place; on a board with more
/// cards, as many as it has cards.
const ENTRIES_MAX: usize = 1_000;

/// What is on disk of a board.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// The board as a whole, as it once was; `None` when only the outbox is there.
    pub snapshot: Option<Snapshot>,
    /// The entries since, in the order of their `seq`.
    pub entries: Vec<Entry>,
    /// Whether an entry with a change that was not known is in the snapshot.
    pub has_unknown: bool,
    /// The proposals that the server has not answered for, in the order in which they were made.
    pub outbox: Vec<Proposal>,
    /// The own changes that can be taken back.
    pub history: History,
}

/// Something to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The board as a whole, in place of the snapshot and the entries that are there.
    Snapshot {
        /// The board.
        snapshot: Snapshot,
        /// Whether an entry with a change that is not known is in it.
        has_unknown: bool,
    },
    /// More entries, in the order of their `seq`.
    Entries(Vec<Entry>),
    /// A proposal at the end of the outbox, and in the history.
    Queued {
        /// The proposal.
        proposal: Proposal,
        /// How it came about.
        doing: Doing,
        /// What takes it back.
        inverse: Option<Change>,
    },
    /// Proposals that leave the outbox, since they are in the log.
    Settled(Vec<OpId>),
    /// A proposal that leaves the outbox and the history, since the server has refused it.
    Refused(OpId),
    /// Everything about the board goes: the person may not see it any more.
    Gone,
}

/// What those who look at the board have to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These entries were taken, or have settled a proposal.
    Entries(Vec<Entry>),
    /// The board is to be looked at anew as a whole.
    Reset,
    /// A proposal is gone from the view, since the server has refused it.
    Refused(Proposal),
}

/// From where a board is to be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinFrom {
    /// For what came after this entry.
    Since(Seq),
    /// For the board as a whole.
    Start,
}

/// What the server answers to a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatchUp {
    /// The entries that were missing, up to `seq`.
    Entries {
        /// The last entry of the board.
        seq: Seq,
        /// Those that were missing.
        entries: Vec<Entry>,
    },
    /// The board as a whole.
    Snapshot(Snapshot),
}

/// What is to be done, in this order: write, then tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "what is not written is lost"]
pub struct Outcome {
    /// One transaction; nothing when it is empty.
    pub writes: Vec<Write>,
    /// What to tell.
    pub news: Vec<News>,
    /// Whether, and from where, to join anew.
    pub rejoin: Option<JoinFrom>,
    /// What is wrong with what the server has said, for the log.
    pub trouble: Option<ReplicaError>,
}

/// A board as one client follows it; see the [module](self).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurableReplica {
    actor: UserId,
    /// `None` until there is a board, on disk or from the server.
    replica: Option<Replica>,
    /// The outbox for as long as there is no board.
    carried: Vec<Proposal>,
    history: History,
    /// Proposals that are not on disk yet.
    unkept: HashSet<OpId>,
    /// Proposals that were sent since the last join and are not settled.
    sent: HashSet<OpId>,
    is_joined: bool,
    /// How many entries are on disk beside the snapshot.
    n_stored: usize,
    /// Whether what is on disk is not what entries can be added to.
    is_stale: bool,
}

impl DurableReplica {
    /// Goes on with what is on disk. Entries behind one that is missing or does not apply are passed over: the server
    /// has them.
    #[must_use]
    pub fn new(actor: UserId, stored: Stored) -> Self {
        let Stored { snapshot, entries, has_unknown, outbox, history } = stored;
        let mut is_stale = false;
        let (replica, carried) = match snapshot {
            None => (None, outbox),
            Some(snapshot) => {
                let mut replica = Replica::with_pending(actor, snapshot, outbox);
                if has_unknown {
                    replica.note_unknown();
                }
                is_stale = replica.confirm(&entries).is_err();
                (Some(replica), Vec::new())
            }
        };
        Self {
            actor,
            replica,
            carried,
            history,
            unkept: HashSet::new(),
            sent: HashSet::new(),
            is_joined: false,
            n_stored: entries.len(),
            is_stale,
        }
    }

    /// The replica; `None` until there is a board.
    #[must_use]
    pub const fn replica(&self) -> Option<&Replica> {
        self.replica.as_ref()
    }

    /// What to show; `None` until there is a board.
    #[must_use]
    pub fn view(&self) -> Option<&Board> {
        self.replica.as_ref().map(Replica::view)
    }

    /// The own changes that can be taken back and done again.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Who proposes.
    #[must_use]
    pub const fn actor(&self) -> UserId {
        self.actor
    }

    /// The proposals that the server has not answered for, in order.
    pub fn outbox(&self) -> impl Iterator<Item = &Proposal> {
        let pending = self.replica.as_ref().map(Replica::pending);
        pending.into_iter().flatten().chain(&self.carried)
    }

    /// How many proposals the server has not answered for.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.replica.as_ref().map_or(0, |replica| replica.pending().len()) + self.carried.len()
    }

    /// From where to join.
    #[must_use]
    pub fn join_from(&self) -> JoinFrom {
        self.replica.as_ref().map_or(JoinFrom::Start, |replica| JoinFrom::Since(replica.seq()))
    }

    /// Whether the server's entries arrive.
    #[must_use]
    pub const fn is_joined(&self) -> bool {
        self.is_joined
    }

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
        self.unkept.insert(proposal.op);
        self.history.record(doing, &proposal, inverse.clone());
        Ok(Outcome { writes: vec![Write::Queued { proposal, doing, inverse }], ..Outcome::default() })
    }

    /// A proposal is on disk: it may be sent.
    pub fn kept(&mut self, op: OpId) {
        self.unkept.remove(&op);
    }

    /// A proposal could not be written: it is taken back, as if it had never been made.
    pub fn not_kept(&mut self, op: OpId) -> Option<Proposal> {
        self.unkept.remove(&op);
        self.history.forget(op);
        self.replica.as_mut()?.reject(op)
    }

    /// What was answered could not be written. The next answer makes good for it.
    pub const fn not_written(&mut self) {
        self.is_stale = true;
    }

    /// The next proposals to send, so many at most; they count as sent.
    #[must_use]
    pub fn take_to_send(&mut self, max: usize) -> Vec<Proposal> {
        let Some(replica) = self.replica.as_ref().filter(|_| self.is_joined) else { return Vec::new() };
        let proposals: Vec<Proposal> = replica
            .pending()
            // What comes after a proposal may build on it, so none is passed over.
            .take_while(|proposal| !self.unkept.contains(&proposal.op))
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

    /// The server has let us in.
    pub fn joined(&mut self, answer: CatchUp) -> Outcome {
        self.sent.clear();
        self.is_joined = true;
        match answer {
            CatchUp::Snapshot(snapshot) => self.start_from(snapshot),
            CatchUp::Entries { seq, entries } => {
                let mut outcome = self.entries(entries);
                let got = self.replica.as_ref().map(Replica::seq);
                if outcome.rejoin.is_some() || got != Some(seq) {
                    outcome
                        .trouble
                        .get_or_insert(ReplicaError::Gap { expected: got.unwrap_or(Seq::ZERO).next(), got: seq });
                    // Asking for the same entries again would give the same ones again.
                    self.leave_for(JoinFrom::Start, &mut outcome);
                }
                outcome
            }
        }
    }

    /// Entries have arrived, in the order of their `seq`; they may be there already, or come before their turn.
    pub fn entries(&mut self, entries: Vec<Entry>) -> Outcome {
        let mut outcome = Outcome::default();
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
        if !fresh.is_empty() {
            self.store(&fresh, &mut outcome);
        }
        if !settled.is_empty() {
            outcome.writes.push(Write::Settled(settled));
        }
        let news: Vec<Entry> = stale.into_iter().chain(fresh).collect();
        if !news.is_empty() {
            outcome.news.push(News::Entries(news));
        }
        if let Some(trouble) = trouble {
            let from = match trouble {
                ReplicaError::Gap { .. } => JoinFrom::Since(after),
                ReplicaError::Diverged { .. } => JoinFrom::Start,
            };
            outcome.trouble = Some(trouble);
            self.leave_for(from, &mut outcome);
        }
        outcome
    }

    /// The server has accepted a proposal as the entry `seq`.
    pub fn accepted(&mut self, op: OpId, seq: Seq) -> Outcome {
        let Some(replica) = &mut self.replica else { return Outcome::default() };
        let was_pending = replica.pending().any(|proposal| proposal.op == op);
        // Only if its entry came within a snapshot: entries that come by themselves settle it before.
        if was_pending && replica.acknowledge(op, seq) {
            self.sent.remove(&op);
            return Outcome { writes: vec![Write::Settled(vec![op])], news: vec![News::Reset], ..Outcome::default() };
        }
        Outcome::default()
    }

    /// The server has refused a proposal: it is gone from the view, the outbox and the history.
    pub fn refused(&mut self, op: OpId) -> Outcome {
        self.sent.remove(&op);
        self.history.forget(op);
        match self.replica.as_mut().and_then(|replica| replica.reject(op)) {
            Some(proposal) => {
                Outcome { writes: vec![Write::Refused(op)], news: vec![News::Refused(proposal)], ..Outcome::default() }
            }
            None => Outcome::default(),
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

    fn start_from(&mut self, snapshot: Snapshot) -> Outcome {
        let before: Vec<OpId> = self.outbox().map(|proposal| proposal.op).collect();
        match &mut self.replica {
            Some(replica) if replica.seq() <= snapshot.seq => replica.reset(snapshot),
            // The server was put back to what it was earlier, and it is the server that decides.
            Some(replica) => {
                let pending: Vec<Proposal> = replica.pending().cloned().collect();
                *replica = Replica::with_pending(self.actor, snapshot, pending);
            }
            None => {
                let carried = std::mem::take(&mut self.carried);
                self.replica = Some(Replica::with_pending(self.actor, snapshot, carried));
            }
        }
        let mut outcome = Outcome { news: vec![News::Reset], ..Outcome::default() };
        self.store_whole(&mut outcome);
        let after: HashSet<OpId> = self.outbox().map(|proposal| proposal.op).collect();
        let settled: Vec<OpId> = before.into_iter().filter(|op| !after.contains(op)).collect();
        if !settled.is_empty() {
            outcome.writes.push(Write::Settled(settled));
        }
        outcome
    }

    fn store(&mut self, fresh: &[Entry], outcome: &mut Outcome) {
        let n_cards = self.view().map_or(0, Board::n_cards);
        self.n_stored += fresh.len();
        if self.is_stale || self.n_stored > ENTRIES_MAX.max(n_cards) {
            self.store_whole(outcome);
        } else {
            outcome.writes.push(Write::Entries(fresh.to_vec()));
        }
    }

    fn store_whole(&mut self, outcome: &mut Outcome) {
        let Some(replica) = &self.replica else { return };
        let snapshot = Snapshot { seq: replica.seq(), board: replica.confirmed().clone() };
        outcome.writes.push(Write::Snapshot { snapshot, has_unknown: replica.has_unknown() });
        self.n_stored = 0;
        self.is_stale = false;
    }

    fn leave_for(&mut self, from: JoinFrom, outcome: &mut Outcome) {
        self.disconnected();
        outcome.rejoin = Some(from);
    }
}
