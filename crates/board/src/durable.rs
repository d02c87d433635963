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

mod entries;
mod proposals;

use std::collections::{HashSet, VecDeque};

use crate::board::Board;
use crate::change::{Change, Entry, Proposal};
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
    /// The history as it is on disk.
    kept_history: History,
    /// Proposals that are not on disk yet, in order. What waits is those that are, and then these.
    unkept: VecDeque<Unkept>,
    /// Proposals that were sent since the last join and are not settled.
    sent: HashSet<OpId>,
    is_joined: bool,
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
            kept_history: history.clone(),
            history,
            unkept: VecDeque::new(),
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
}
