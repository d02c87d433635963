//! What a socket has to write, as the version of the protocol that its client speaks.

use std::collections::VecDeque;

use roost_protocol::{Frame, Message, Reply, Vsn};

use super::Written;

/// Nothing is worked on for a socket that has this many bytes to write already.
const FULL: usize = 256 * 1024;

/// Room for how many frames an empty queue keeps.
const QUEUE_KEPT: usize = 16;

/// What a socket has to write.
#[derive(Debug)]
pub(crate) struct Outgoing {
    vsn: Vsn,
    queue: VecDeque<Written>,
    n_bytes: usize,
}

impl Outgoing {
    pub(crate) const fn new(vsn: Vsn) -> Self {
        Self { vsn, queue: VecDeque::new(), n_bytes: 0 }
    }

    /// Answers a message.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        let frame = self.vsn.encode_reply(reply);
        self.add_frame(frame.expect("a JSON payload can be written in both versions"));
    }

    /// Tells the client something.
    pub(crate) fn push(&mut self, message: &Message) {
        let frame = self.vsn.encode_server_push(message);
        self.add_frame(frame.expect("a JSON payload can be written in both versions"));
    }

    /// Adds a frame that was encoded already.
    pub(super) fn add_frame(&mut self, frame: Frame) {
        self.add(frame.into());
    }

    /// Adds a frame that others get as well.
    pub(crate) fn add(&mut self, written: Written) {
        self.n_bytes += written.len();
        self.queue.push_back(written);
    }

    pub(crate) const fn vsn(&self) -> Vsn {
        self.vsn
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether there is so much to write that nothing should be added.
    pub(super) const fn is_full(&self) -> bool {
        self.n_bytes >= FULL
    }

    /// How many bytes may be added before it is.
    pub(super) const fn room(&self) -> usize {
        FULL.saturating_sub(self.n_bytes)
    }

    /// Takes the oldest frame, for the transport to write.
    pub(crate) fn pop(&mut self) -> Option<Written> {
        let Some(written) = self.queue.pop_front() else {
            self.queue.shrink_to(QUEUE_KEPT);
            return None;
        };
        self.n_bytes -= written.len();
        Some(written)
    }
}
