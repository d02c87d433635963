//! What the sockets send.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::Swarm;
use crate::client::frame::{self, Kind};
use crate::client::message::{self, at};
use crate::client::pace::{Pace, Schedule};
use crate::{ids, world};

impl Swarm {
    /// Lets some of the sockets make proposals from now on.
    pub(crate) fn send(&mut self, pace: Pace, senders: &[usize]) -> Result<()> {
        self.prepare(senders);
        match pace {
            Pace::Open { rate } => self.schedule = Some(Schedule::new(self.now(), rate)),
            Pace::Closed { in_flight } => {
                for _ in 0..in_flight {
                    for sender in senders {
                        self.propose(*sender, self.now())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes the templates of proposals. Those on one board have a card each, as far as there are cards.
    fn prepare(&mut self, senders: &[usize]) {
        self.senders = senders.to_vec();
        let mut n_on_board = vec![0; self.boards.len()];
        for sender in senders {
            let member = &mut self.members[*sender];
            let board = member.board as u64;
            let card = n_on_board[member.board] % world::CARDS;
            n_on_board[member.board] += 1;
            let topic = &self.boards[member.board].topic;
            let text = message::propose(topic, ids::op(self.run, 0), ids::card(board, card), ids::list(board, 0));
            member.template.clear();
            frame::masked(Kind::Text, &text, &mut member.template);
        }
    }

    /// Sends no more, and waits until all that was sent has arrived everywhere; what has not by then is lost.
    ///
    /// # Errors
    /// When a proposal is not answered.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.senders.clear();
        self.schedule = None;
        let mut last = (usize::MAX, Instant::now());
        while self.proposals.n_awaited() > 0 && last.1.elapsed() < self.patience {
            self.turn(Duration::from_millis(10))?;
            if self.proposals.n_awaited() != last.0 {
                last = (self.proposals.n_awaited(), Instant::now());
            }
        }
        for member in &mut self.members {
            member.order.finish(self.boards[member.board].end, &mut self.faults);
        }
        let n_unanswered = self.proposals.n_unanswered();
        ensure!(n_unanswered == 0, "{n_unanswered} proposals are not answered; {}", self.faults);
        Ok(())
    }

    /// Sends a proposal of one socket that was due at some time.
    fn propose(&mut self, sender: usize, due: u64) -> Result<()> {
        let number = self.proposals.next();
        let member = &mut self.members[sender];
        let payload = frame::first(&member.template)?.context("a sender without a template")?.start;
        let text = &mut member.template[payload..];
        text[at::REF].copy_from_slice(&message::reference(number));
        message::write_hex(number, &mut text[at::OP][24..]);
        // From the one list to the other and back.
        text[at::LIST_END] = if member.n_proposed.is_multiple_of(2) { b'1' } else { b'0' };
        member.n_proposed += 1;
        member.socket.send(&member.template).context("cannot send a proposal")?;
        self.proposals.sent(due, sender, self.boards[member.board].n_members);
        Ok(())
    }

    /// Sends what is due.
    pub(super) fn send_due(&mut self, now: u64) -> Result<()> {
        while let Some(due) = self.schedule.as_mut().and_then(|schedule| schedule.take(now)) {
            let sender = self.senders[self.next_sender % self.senders.len()];
            self.next_sender += 1;
            self.propose(sender, due)?;
        }
        while let Some(sender) = self.free.pop() {
            if self.schedule.is_none() && !self.senders.is_empty() {
                self.propose(sender, now)?;
            }
        }
        Ok(())
    }
}
