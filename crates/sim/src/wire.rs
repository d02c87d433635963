//! What travels between a device and the server, and the connections it travels on.

use std::collections::VecDeque;

use roost_board::durable::{CatchUp, JoinFrom};
use roost_board::{Change, Entry, OpId, Seq};

/// What a device says to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToServer {
    /// Make the board, which was made on this device while it was offline.
    Create,
    /// Is the board among mine?
    Ask,
    /// Let me in. Whatever belongs to the join carries its number.
    Join {
        /// The number of the join, higher than those before it on this device.
        join: u64,
        /// What is asked for.
        from: JoinFrom,
    },
    /// Make a change.
    Propose {
        /// The join that it belongs to.
        join: u64,
        /// The proposal.
        op: OpId,
        /// What is asked for.
        change: Change,
    },
}

/// What the server says to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToDevice {
    /// The board is made, now or before.
    Created,
    /// The board will not be made.
    CreateRefused,
    /// Whether the board is among those of the person.
    Told(bool),
    /// The answer to a join.
    Joined {
        /// Which join.
        join: u64,
        /// What was missing.
        answer: CatchUp,
    },
    /// The person may not see the board.
    JoinRefused {
        /// Which join.
        join: u64,
    },
    /// An entry is on disk. Like every broadcast it belongs to no join.
    Entry(Entry),
    /// A proposal is on disk, as the entry at this place.
    Accepted {
        /// The join that the proposal belonged to.
        join: u64,
        /// Which proposal.
        op: OpId,
        /// Its place.
        seq: Seq,
    },
    /// A proposal is refused.
    Refused {
        /// The join that the proposal belonged to.
        join: u64,
        /// Which proposal.
        op: OpId,
    },
    /// The person may not see the board any more.
    Closed {
        /// The join that is over.
        join: u64,
    },
}

/// Names a connection; no two ever have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineId(pub u64);

/// A connection: what is on its way in either direction, each in order.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) device: usize,
    pub(crate) to_server: VecDeque<ToServer>,
    pub(crate) to_device: VecDeque<ToDevice>,
    /// Half open: whatever is sent on it is lost, and nobody is told.
    pub(crate) is_dead: bool,
    /// The device has given it up. What it sent is still on its way; what comes back reaches nobody.
    pub(crate) is_abandoned: bool,
}

impl Line {
    pub(crate) fn new(device: usize) -> Self {
        Self { device, ..Self::default() }
    }

    pub(crate) fn say(&mut self, message: ToServer) {
        if !self.is_dead {
            self.to_server.push_back(message);
        }
    }

    pub(crate) fn tell(&mut self, message: ToDevice) {
        if !self.is_dead && !self.is_abandoned {
            self.to_device.push_back(message);
        }
    }
}
