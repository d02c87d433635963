//! What the sockets are told.

use anyhow::{Context as _, Result, ensure};

use super::Swarm;
use crate::client::frame::{self, Kind};
use crate::client::message::{self, Message};
use crate::client::order::Order;
use crate::client::socket::Phase;

/// A buffer of a socket that had to take more than this is let go of.
const PARTIAL_KEPT: usize = 16 * 1024;

impl Swarm {
    /// Reads what a socket has.
    pub(super) fn read(&mut self, index: usize, buffer: &mut [u8]) -> Result<()> {
        loop {
            if self.members[index].socket.phase == Phase::Closed {
                return Ok(());
            }
            let length = match self.members[index].socket.read(buffer) {
                Ok(Some(0)) => {
                    self.closed(index, "without a word");
                    return Ok(());
                }
                Ok(Some(length)) => length,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.closed(index, &error.to_string());
                    return Ok(());
                }
            };
            self.counts.n_reads += 1;
            let now = self.now();
            let mut partial = std::mem::take(&mut self.members[index].socket.partial);
            if partial.is_empty() {
                let n_used = self.take(index, &buffer[..length], now)?;
                partial.extend(&buffer[n_used..length]);
            } else {
                partial.extend(&buffer[..length]);
                let n_used = self.take(index, &partial, now)?;
                partial.drain(..n_used);
            }
            if partial.is_empty() && partial.capacity() > PARTIAL_KEPT {
                partial = Vec::new();
            }
            self.members[index].socket.partial = partial;
            self.send_due(now)?;
            // A reading that does not fill the buffer was the last one: more makes another event.
            if length < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Takes note of the whole messages that `bytes` begin with; returns how many bytes they are.
    fn take(&mut self, index: usize, bytes: &[u8], now: u64) -> Result<usize> {
        let mut n_used = 0;
        if self.members[index].socket.phase == Phase::Upgrading {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            n_used = end + 4;
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.closed(index, &String::from_utf8_lossy(bytes));
                return Ok(bytes.len());
            }
            self.upgraded(index, now)?;
        }
        while let Some(frame) = frame::first(&bytes[n_used..])? {
            let payload = &bytes[n_used + frame.start..n_used + frame.end];
            n_used += frame.end;
            match frame.kind {
                Kind::Text if frame.is_final => self.told(index, payload, now)?,
                Kind::Text | Kind::Continuation => {
                    let message = &mut self.members[index].message;
                    message.extend(payload);
                    if frame.is_final {
                        let message = std::mem::take(message);
                        self.told(index, &message, now)?;
                    }
                }
                Kind::Close => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                    self.closed(index, &format!("{code} {reason}"));
                }
                Kind::Ping => {
                    let mut pong = Vec::new();
                    frame::masked(Kind::Pong, payload, &mut pong);
                    self.members[index].socket.send(&pong)?;
                }
                Kind::Binary | Kind::Pong => {}
            }
        }
        Ok(n_used)
    }

    fn closed(&mut self, index: usize, why: &str) {
        self.members[index].socket.phase = Phase::Closed;
        self.failure.get_or_insert(format!("the server has closed socket {index}: {why}"));
    }

    fn upgraded(&mut self, index: usize, now: u64) -> Result<()> {
        let member = &mut self.members[index];
        let mut join = Vec::new();
        frame::masked(Kind::Text, &message::join(&self.boards[member.board].topic, member.since), &mut join);
        member.socket.phase = Phase::Joining;
        member.asked_at = now;
        self.n_upgraded += 1;
        member.socket.send(&join).context("cannot send a join")
    }

    /// Takes note of a message.
    fn told(&mut self, index: usize, text: &[u8], now: u64) -> Result<()> {
        let message = message::read(text).with_context(|| format!("not a message: {}", excerpt(text)))?;
        match message {
            Message::Entry { seq, op } => self.entry(index, seq, op, now),
            Message::Reply { reference, is_ok, payload } => {
                let number = message::number(reference).context("an answer to nothing that was asked")?;
                if !is_ok {
                    self.failure.get_or_insert(format!("refused: {}", excerpt(payload)));
                } else if number == message::JOIN {
                    self.joined(index, payload, now)?;
                } else {
                    self.answered(number, now);
                }
            }
            Message::PresenceState(payload) => self.members[index].presence.state(payload),
            Message::PresenceDiff(payload) => self.members[index].presence.diff(payload),
            Message::Ended(event) => {
                self.failure.get_or_insert(format!("a channel has ended: {}", String::from_utf8_lossy(event)));
            }
            Message::Other => {}
        }
        Ok(())
    }

    fn joined(&mut self, index: usize, payload: &[u8], now: u64) -> Result<()> {
        let member = &mut self.members[index];
        let seq = message::seq(payload).context("the answer to a join has no seq")?;
        ensure!(member.socket.phase == Phase::Joining, "a join was answered twice");
        member.socket.phase = Phase::Joined;
        member.order = Order::after(seq);
        let board = &mut self.boards[member.board];
        board.end = board.end.max(seq);
        self.n_joined += 1;
        self.joins.latencies.record(now - member.asked_at);
        self.joins.n_bytes += payload.len() as u64;
        Ok(())
    }

    fn entry(&mut self, index: usize, seq: u64, op: &[u8], now: u64) {
        let member = &mut self.members[index];
        member.order.take(seq, &mut self.faults);
        let board = &mut self.boards[member.board];
        board.end = board.end.max(seq);
        self.counts.n_deliveries += 1;
        self.n_checked += 1;
        let Some(step) = self.own(op).and_then(|number| self.proposals.delivered(number)) else { return };
        if step.due >= self.counted_from {
            self.counts.deliveries.record(now.saturating_sub(step.due));
        }
        self.free.extend(step.done);
    }

    fn answered(&mut self, number: u64, now: u64) {
        self.counts.n_replies += 1;
        let Some(step) = self.proposals.answered(number) else { return };
        if step.due >= self.counted_from {
            self.counts.replies.record(now.saturating_sub(step.due));
        }
        self.free.extend(step.done);
    }

    /// The number of a proposal that was made here.
    fn own(&self, op: &[u8]) -> Option<u64> {
        let run = message::hex(&op[..8])? << 16 | message::hex(&op[9..13])?;
        if run == self.run { message::hex(&op[24..]) } else { None }
    }
}

/// The beginning of a text, for an error.
fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned()
}
