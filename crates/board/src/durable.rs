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
//! - Entries are only taken from the log that the board comes from. A server that was put back from a backup has another
//!   one, which may be longer by now. So a join asks for the last entry that is here too, and where that is another one,
//!   the board is taken as a whole. What waits stays, and is proposed again.

mod entries;
mod proposals;

use std::collections::{HashSet, VecDeque};

use crate::board::Board;
use crate::change::{Change, Entry, Mark, Proposal};
use crate::history::{Doing, History};
use crate::id::{OpId, Seq, UserId};
use crate::replica::{Replica, ReplicaError};
use crate::snapshot::Snapshot;

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
    /// What waits, in order, and what can be taken back, in place of what is there of both.
    Waiting {
        /// The proposals.
        outbox: Vec<Proposal>,
        /// The own changes that can be taken back.
        history: History,
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

/// What is wrong with what the server has said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Entries could not be taken.
    #[error(transparent)]
    Entries(#[from] ReplicaError),
    /// The server was put back to an earlier state: its log is not the one that the board here comes from.
    #[error("entry {seq} is not in the server's log any more")]
    OtherLog {
        /// The last entry that is here.
        seq: Seq,
    },
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
    pub trouble: Option<Trouble>,
}

/// A board as one client follows it; see the [module](self).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurableReplica {
    actor: UserId,
    /// `None` until there is a board, on disk or from the server.
    replica: Option<Replica>,
    /// The last entry that is confirmed. `None` when there is none, or it came within a snapshot of an older server,
    /// which does not say.
    mark: Option<Mark>,
    /// The outbox for as long as there is no board.
    carried: Vec<Proposal>,
    history: History,
    /// The history as it is on disk.
    kept_history: History,
    /// Proposals that are not on disk yet, in order. What waits is those that are, and then these.
    unkept: VecDeque<Unkept>,
    /// Proposals that were sent since the last join and are not settled.
    sent: HashSet<OpId>,
    is_joined: bool,
    /// Whether nothing is to be sent before the next join.
    is_held_back: bool,
    /// How many entries are on disk beside the snapshot.
    n_stored: usize,
    /// Whether what is on disk is not what entries can be added to.
    is_stale: bool,
}

/// A proposal that is on its way to the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unkept {
    proposal: Proposal,
    doing: Doing,
    inverse: Option<Change>,
}

impl DurableReplica {
    /// Goes on with what is on disk. Entries behind one that is missing or does not apply are passed over: the server
    /// has them.
    #[must_use]
    pub fn new(actor: UserId, stored: Stored) -> Self {
        let Stored { snapshot, entries, has_unknown, outbox, history } = stored;
        let (mut mark, mut is_stale) = (None, false);
        let (replica, carried) = match snapshot {
            None => (None, outbox),
            Some(snapshot) => {
                let of_snapshot = snapshot.last;
                let mut replica = Replica::with_pending(actor, snapshot, outbox);
                if has_unknown {
                    replica.note_unknown();
                }
                is_stale = replica.confirm(&entries).is_err();
                mark = entries.iter().find(|entry| entry.seq == replica.seq()).map(Entry::mark).or(of_snapshot);
                (Some(replica), Vec::new())
            }
        };
        Self {
            actor,
            replica,
            mark,
            carried,
            kept_history: history.clone(),
            history,
            unkept: VecDeque::new(),
            sent: HashSet::new(),
            is_joined: false,
            is_held_back: false,
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

    /// From where to join: before the last entry that is here, so that the answer shows whether the server's log has it.
    /// Where it could not be told from another, as a whole.
    #[must_use]
    pub fn join_from(&self) -> JoinFrom {
        let Some(replica) = &self.replica else { return JoinFrom::Start };
        match replica.seq() {
            // Before the first entry all logs are alike.
            Seq::ZERO => JoinFrom::Since(Seq::ZERO),
            seq if self.mark.is_some() => JoinFrom::Since(Seq(seq.0 - 1)),
            _ => JoinFrom::Start,
        }
    }

    /// The board as it is to be written as a whole; `None` until there is one.
    #[must_use]
    pub fn whole(&self) -> Option<Write> {
        let replica = self.replica.as_ref()?;
        let snapshot = Snapshot { seq: replica.seq(), board: replica.confirmed().clone(), last: self.mark };
        Some(Write::Snapshot { snapshot, has_unknown: replica.has_unknown() })
    }

    /// Everything that is to be on disk, for one on which some of it is missing. What is still on its way there is not
    /// in it: nothing may be.
    #[must_use]
    pub fn anew(&self) -> Vec<Write> {
        let is_unkept = |op| self.unkept.iter().any(|unkept| unkept.proposal.op == op);
        let outbox = self.outbox().filter(|proposal| !is_unkept(proposal.op)).cloned().collect();
        let waiting = Write::Waiting { outbox, history: self.kept_history.clone() };
        self.whole().into_iter().chain([waiting]).collect()
    }

    /// Whether the server's entries arrive.
    #[must_use]
    pub const fn is_joined(&self) -> bool {
        self.is_joined
    }
}
