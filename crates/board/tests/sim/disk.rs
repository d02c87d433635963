//! A disk in memory: what the writes of a durable replica mean.

use std::collections::VecDeque;

use roost_board::durable::{Stored, Write};
use roost_board::{Change, OpId};

/// One transaction: all of it is done, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Transaction {
    pub(crate) writes: Vec<Write>,
    /// What is added to what needs attention.
    pub(crate) attention: Vec<(OpId, Change)>,
    /// What leaves it, and whether it was tried again.
    pub(crate) attended: Option<(OpId, bool)>,
    /// The board is made on the server.
    pub(crate) made: bool,
}

impl Transaction {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The proposals that are safe once it is done.
    pub(crate) fn queued(&self) -> impl Iterator<Item = OpId> {
        self.writes.iter().filter_map(|write| match write {
            Write::Queued { proposal, .. } => Some(proposal.op),
            Write::Snapshot { .. }
            | Write::Entries(_)
            | Write::Waiting { .. }
            | Write::Settled(_)
            | Write::Refused(_)
            | Write::Gone => None,
        })
    }
}

/// What is on disk, and what is on its way there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    pub(crate) stored: Stored,
    pub(crate) attention: Vec<(OpId, Change)>,
    /// Whether the board was made here and is still to be made on the server.
    pub(crate) has_new_board: bool,
    pub(crate) under_way: VecDeque<Transaction>,
}

impl Disk {
    /// The oldest transaction is done.
    pub(crate) fn commit(&mut self) -> Option<Transaction> {
        let transaction = self.under_way.pop_front()?;
        for write in &transaction.writes {
            self.write(write.clone());
        }
        self.attention.extend(transaction.attention.iter().cloned());
        self.attention.retain(|(op, _)| transaction.attended.is_none_or(|(attended, _)| attended != *op));
        self.has_new_board &= !transaction.made;
        Some(transaction)
    }

    fn write(&mut self, write: Write) {
        let stored = &mut self.stored;
        match write {
            Write::Snapshot { snapshot, has_unknown } => {
                stored.snapshot = Some(snapshot);
                stored.has_unknown = has_unknown;
                stored.entries.clear();
            }
            Write::Entries(entries) => stored.entries.extend(entries),
            Write::Queued { proposal, doing, inverse } => {
                stored.history.record(doing, &proposal, inverse);
                stored.outbox.push(proposal);
            }
            Write::Waiting { outbox, history } => (stored.outbox, stored.history) = (outbox, history),
            Write::Settled(ops) => stored.outbox.retain(|proposal| !ops.contains(&proposal.op)),
            Write::Refused(op) => {
                stored.outbox.retain(|proposal| proposal.op != op);
                stored.history.forget(op);
            }
            Write::Gone => {
                *stored = Stored::default();
                self.has_new_board = false;
            }
        }
    }
}
