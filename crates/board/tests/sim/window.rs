//! A window, which follows the board by the news alone.

use roost_board::durable::{DurableReplica, News};
use roost_board::{Board, OpId, Proposal, Replica, ReplicaError, Snapshot};

/// What a window has of the board.
#[derive(Debug, Default)]
pub(crate) struct Window {
    replica: Option<Replica>,
    /// What went wrong in it, for those who look.
    pub(crate) trouble: Option<ReplicaError>,
}

impl Window {
    /// A window that has just been opened: it starts from a copy.
    pub(crate) fn open(source: &DurableReplica) -> Self {
        let copy = source.replica().map(|replica| {
            let snapshot = Snapshot { seq: replica.seq(), board: replica.confirmed().clone(), last: None };
            Replica::with_pending(source.actor(), snapshot, replica.pending().cloned())
        });
        Self { replica: copy, trouble: None }
    }

    pub(crate) fn view(&self) -> Option<&Board> {
        self.replica.as_ref().map(Replica::view)
    }

    /// The person makes a change in it; answers whether it applies.
    pub(crate) fn propose(&mut self, proposal: Proposal) -> bool {
        self.replica.as_mut().is_some_and(|replica| replica.propose(proposal).is_ok())
    }

    /// A proposal made in it came to nothing.
    pub(crate) fn not_kept(&mut self, op: OpId) {
        if let Some(replica) = &mut self.replica {
            replica.reject(op);
        }
    }

    pub(crate) fn take(&mut self, news: &News, source: &DurableReplica) {
        match news {
            News::Entries(entries) => {
                let taken = self.replica.as_mut().map(|replica| replica.confirm(entries));
                self.trouble = taken.and_then(Result::err);
            }
            News::Refused(proposal) => self.not_kept(proposal.op),
            News::Reset => *self = Self::open(source),
        }
    }
}
