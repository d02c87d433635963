//! What a followed board has on its way to the disk, and what follows when it is there.

use roost_board::durable::{News, Outcome, Trouble, Write};
use roost_board::{OpId, Proposal, ReplicaError};
use roost_bridge::{AttentionItem, Notice};

use super::Answer;
use super::loss::Loss;
use super::task::Task;
use crate::core::attention::Taken;
use crate::core::error::Error;
use crate::core::store::{AccountWrite, StoreError};

/// What follows when something is on disk, or could not be written.
pub(super) enum After {
    /// Nothing but making good for it later.
    Nothing,
    /// A proposal may be sent.
    Kept(OpId, Answer<()>),
    /// A proposal may be sent, and the item that it was needs no attention any more.
    Retried(OpId, Box<Taken>, Answer<()>),
    /// The person is told of a refusal.
    Refused(Box<AttentionItem>, Box<Proposal>),
    /// The person is told that the board is gone.
    Gone(Loss),
}

/// What has become of something that was to be written.
pub(super) type Written = (After, Result<(), StoreError>);

impl Task {
    /// Writes as one transaction, behind everything before.
    pub(super) fn write(&mut self, writes: Vec<AccountWrite>, after: After) {
        let written = self.surroundings.account.write(writes);
        self.writing.push_back(Box::pin(async move { (after, written.await) }));
    }

    /// Writes everything that is known, if the file was damaged and perhaps not all of it could be saved; as soon as it
    /// is known what has become of everything that was to be written.
    pub(super) fn write_anew(&mut self) {
        if self.writing.is_empty() && std::mem::take(&mut self.is_to_write_anew) {
            self.write(self.of_board(self.replica.anew()), After::Nothing);
        }
    }

    /// What the replica wants to have written.
    pub(super) fn of_board(&self, writes: Vec<Write>) -> Vec<AccountWrite> {
        writes.into_iter().map(|write| AccountWrite::Board(self.board_id, write)).collect()
    }

    /// Does what the replica asks for.
    pub(super) fn carry_out(&mut self, outcome: Outcome) {
        let Outcome { writes, news, rejoin, trouble } = outcome;
        match trouble {
            Some(Trouble::Entries(ReplicaError::Gap { expected, got })) => {
                tracing::info!(topic = %self.topic, %expected, %got, "entries are missing");
            }
            Some(trouble) => {
                tracing::error!(topic = %self.topic, %trouble, "taking the board as a whole");
                self.is_put_back |= matches!(trouble, Trouble::OtherLog { .. });
            }
            None => {}
        }
        if !writes.is_empty() {
            self.write(self.of_board(writes), After::Nothing);
        }
        for news in news {
            match news {
                News::Entries(entries) => self.screen.entries(&self.replica, entries),
                News::Reset => {
                    self.screen.reset(&self.replica);
                    self.tell_if_put_back();
                }
                News::Refused(proposal) => {
                    tracing::error!(op = %proposal.op, "a refusal that nobody has answered for");
                }
            }
        }
        if let Some(from) = rejoin {
            self.rejoin(from);
        }
    }

    /// What the server has lost is lost; whoever looks for it should know why it is missing.
    fn tell_if_put_back(&mut self) {
        if std::mem::take(&mut self.is_put_back) {
            let message = format!(
                "The server was put back to an earlier state. What was changed on “{}” after that is gone, \
                 unless it was still waiting here.",
                self.name()
            );
            self.surroundings.notices.tell(Notice { code: "put_back".to_owned(), message });
        }
    }

    /// Something is on disk, or could not be written.
    pub(super) fn written(&mut self, (after, outcome): Written) {
        match (after, outcome) {
            (After::Kept(op, answer), Ok(())) => {
                self.replica.kept(op);
                drop(answer.send(Ok(())));
            }
            (After::Kept(op, answer), Err(error)) => {
                tracing::error!(board = %self.board_id, %error, "a change is not kept, and so not made");
                self.replica.not_kept(op);
                drop(answer.send(Err(Error::NotKept(error))));
            }
            (After::Retried(op, _, answer), Ok(())) => {
                self.replica.kept(op);
                self.surroundings.attention.taken_for_good();
                drop(answer.send(Ok(())));
            }
            (After::Retried(op, taken, answer), Err(error)) => {
                self.replica.not_kept(op);
                self.screen.reset(&self.replica);
                self.surroundings.attention.put_back(*taken);
                drop(answer.send(Err(Error::NotKept(error))));
            }
            (After::Refused(item, _), Ok(())) => {
                let (op, refusal) = (item.id, item.refusal.clone());
                self.surroundings.attention.add([*item]);
                self.screen.refused(op, refusal);
            }
            (After::Refused(_, proposal), Err(error)) => {
                tracing::error!(board = %self.board_id, %error, "a refusal is not kept: it waits again");
                self.replica.not_refused(*proposal);
                self.screen.reset(&self.replica);
            }
            (After::Gone(loss), outcome) => self.gone(loss, outcome.is_ok()),
            (After::Nothing, outcome) => self.note(outcome),
        }
    }

    fn note(&mut self, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::error!(board = %self.board_id, %error, "what has happened on a board is not kept");
            self.replica.not_written();
        }
    }
}
