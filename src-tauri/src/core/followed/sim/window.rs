//! A window, which follows the board by what the core tells it.

use roost_board::{Board, OpId, Proposal, Replica};
use roost_bridge::{BoardCopy, BoardMessage, BoardNews};

/// What a window has of the board.
#[derive(Debug, Default)]
pub(super) struct Window {
    replica: Option<Replica>,
    number: u64,
    /// What went wrong in it, for those who look.
    pub(super) trouble: Option<String>,
}

impl Window {
    pub(super) fn view(&self) -> Option<&Board> {
        self.replica.as_ref().map(Replica::view)
    }

    /// Takes the answer to opening the board.
    pub(super) fn open(&mut self, copy: BoardCopy) {
        self.replica = Some(Replica::with_pending(copy.me, copy.snapshot, copy.pending));
        self.number = copy.number;
    }

    /// The person makes a change in it; answers whether it applies.
    pub(super) fn propose(&mut self, proposal: Proposal) -> bool {
        self.replica.as_mut().is_some_and(|replica| replica.propose(proposal).is_ok())
    }

    /// A proposal made in it came to nothing.
    pub(super) fn not_kept(&mut self, op: OpId) {
        if let Some(replica) = &mut self.replica {
            replica.reject(op);
        }
    }

    /// Takes a message.
    pub(super) fn take(&mut self, message: BoardMessage) {
        if self.replica.is_none() || message.number <= self.number {
            return;
        }
        if message.number != self.number + 1 {
            self.trouble = Some(format!("message {} after {}", message.number, self.number));
        }
        self.number = message.number;
        match message.news {
            BoardNews::Entries { entries } => {
                let taken = self.replica.as_mut().map(|replica| replica.confirm(&entries));
                if let Some(Err(error)) = taken {
                    self.trouble = Some(error.to_string());
                }
            }
            BoardNews::Refused { op, .. } => self.not_kept(op),
            BoardNews::Present { .. } => {}
            BoardNews::Reset { copy } => self.open(copy),
            BoardNews::Gone { .. } => *self = Self::default(),
        }
    }
}
