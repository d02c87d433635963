//! What the interface asks of a followed board.

use roost_board::{Doing, OpId, Proposal};
use roost_bridge::{BoardCopy, Wanted};
use uuid::Uuid;

use super::task::Task;
use super::writing::After;
use super::{Answer, Doings, Request};
use crate::core::attention::{Taken, now};
use crate::core::error::{Error, refusal_of};
use crate::core::store::AccountWrite;

impl Task {
    /// Does what is asked.
    pub(super) fn asked(&mut self, request: Request) {
        match request {
            Request::Show(answer) => self.show(answer),
            Request::Hide => self.hide(),
            Request::Propose(doings, answer) => self.propose(*doings, answer),
            Request::Retry(taken, answer) if self.replica.replica().is_none() => {
                self.wait(Request::Retry(taken, answer));
            }
            Request::Retry(taken, answer) => self.retry(*taken, answer),
            Request::Invite(email, answer) => self.invite(email, answer),
            Request::Suspect => {
                self.is_suspect = true;
                self.check();
            }
        }
    }

    fn show(&mut self, answer: Answer<BoardCopy>) {
        let was_shown = self.screen.is_shown();
        match self.screen.show(&self.replica) {
            Some(copy) => {
                if answer.send(Ok(copy)).is_err() && !was_shown {
                    // Whoever asked has given up.
                    self.screen.hide();
                }
            }
            None => self.wait(Request::Show(answer)),
        }
    }

    fn hide(&mut self) {
        // Whoever waits for a copy finds out by its end.
        self.waiters.retain(|request| !matches!(request, Request::Show(_)));
        self.screen.hide();
        self.put_summary();
    }

    /// Lets a request wait for the next join. With no connection it is answered at once, by [`report`](Self::report).
    pub(super) fn wait(&mut self, request: Request) {
        self.waiters.push(request);
    }

    /// The board is joined: whoever waited for that goes on.
    pub(super) fn serve(&mut self) {
        for request in std::mem::take(&mut self.waiters) {
            self.asked(request);
        }
    }

    /// Makes a change; answered when it is on disk.
    pub(super) fn propose(&mut self, Doings { proposal, doing, inverse }: Doings, answer: Answer<()>) {
        if self.replica.replica().is_none() {
            drop(answer.send(Err(Error::NoSuchBoard)));
            return;
        }
        let op = proposal.op;
        match self.replica.propose(proposal, doing, inverse) {
            // One that waits already is answered when the first one is: behind it, since there is nothing to write.
            Ok(outcome) => self.write(self.of_board(outcome.writes), After::Kept(op, answer)),
            Err(error) => drop(answer.send(Err(error.into()))),
        }
    }

    /// Makes a change again that came to nothing.
    fn retry(&mut self, mut taken: Taken, answer: Answer<()>) {
        let Wanted::Change { change } = taken.item.wanted.clone() else {
            self.surroundings.attention.put_back(taken);
            drop(answer.send(Err(Error::NoSuchBoard)));
            return;
        };
        let op = OpId::from_uuid(Uuid::now_v7());
        let proposal = Proposal { op, at: now(), change };
        let inverse = self.replica.replica().and_then(|replica| replica.invert(proposal.at, &proposal.change));
        match self.replica.propose(proposal, Doing::Anew, inverse) {
            Ok(outcome) => {
                let mut writes = self.of_board(outcome.writes);
                writes.push(AccountWrite::Attended(taken.item.id));
                self.write(writes, After::Retried(op, Box::new(taken), answer));
                // It was not the interface that has made it.
                self.screen.reset(&self.replica);
            }
            Err(error) => {
                taken.item.refusal = refusal_of(&error);
                taken.item.at = now();
                self.write(vec![AccountWrite::Attention(taken.item.clone())], After::Nothing);
                self.surroundings.attention.put_back(taken);
                drop(answer.send(Err(error.into())));
            }
        }
    }

    /// Whoever waits for the server is told why they wait in vain.
    pub(super) fn turn_away(&mut self, why: impl Fn() -> Error) {
        for request in self.waiters.drain(..) {
            match request {
                Request::Show(answer) => drop(answer.send(Err(why()))),
                Request::Retry(taken, answer) => {
                    self.surroundings.attention.put_back(*taken);
                    drop(answer.send(Err(why())));
                }
                Request::Invite(_, answer) => drop(answer.send(Err(why()))),
                // These wait for nothing.
                Request::Hide | Request::Propose(..) | Request::Suspect => {}
            }
        }
    }

    /// Whoever has stopped waiting is not waited for.
    pub(super) fn forget_abandoned(&mut self) {
        for request in std::mem::take(&mut self.waiters) {
            match request {
                Request::Show(answer) if answer.is_closed() => {}
                Request::Invite(_, answer) if answer.is_closed() => {}
                Request::Retry(taken, answer) if answer.is_closed() => self.surroundings.attention.put_back(*taken),
                request => self.waiters.push(request),
            }
        }
    }
}
