//! The task that keeps a session between the requests of its client.
//!
//! It owns what lies behind the session. Requests ask it, through a channel of their own, to take a message of the
//! client or to give what waits for it; so there is an order to everything, and nothing is locked.

mod calls;
mod clock;

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use roost_protocol::Frame;
use tokio::sync::{mpsc, oneshot};

use super::sent::Sent;
use super::sessions::{Listed, Sessions};
use crate::config::Limits;
use crate::limits::Pace;
use crate::socket::Ending;
use crate::socket::opening::{Kept, Opened};
use crate::socket::session::Session;
use crate::state::AppState;
use calls::{Call, Message};
pub(super) use calls::{Given, Handle, Loan, Owner, Polled, Taken};
use clock::Clock;

/// The task that keeps a session.
struct Keeper {
    session: Session,
    calls: mpsc::UnboundedReceiver<Call>,
    /// Asks this task, too.
    handle: Handle,
    /// Messages of the client that were not taken yet; each POST waits for one at a time.
    arrived: VecDeque<Message>,
    /// How many messages of the client were taken.
    n_taken: u64,
    pace: Pace,
    sent: Sent,
    /// The poll that waits for messages.
    waiting: Option<Waiting>,
    clock: Clock,
    _listed: Listed,
    kept: Kept,
}

/// A poll that waits for messages.
struct Waiting {
    /// Whether its client says how many it has received.
    acknowledges: bool,
    answer: oneshot::Sender<Polled>,
}

/// Begins to keep a session, and returns its token.
///
/// # Errors
/// When the system has no randomness.
pub(super) fn start(
    state: &AppState,
    sessions: &Sessions,
    opened: Opened,
    owner: Owner,
) -> Result<Arc<str>, getrandom::Error> {
    let Opened { session, lifetime, kept } = opened;
    let (handle, calls) = Handle::new(owner);
    let listed = sessions.add(handle.clone())?;
    let token = Arc::clone(listed.token());
    let limits: &Limits = &state.config.limits;
    let keeper = Keeper {
        session,
        calls,
        handle,
        arrived: VecDeque::new(),
        n_taken: 0,
        pace: state.limiter.frames(),
        sent: Sent::default(),
        waiting: None,
        clock: Clock::new(limits, lifetime),
        _listed: listed,
        kept,
    };
    drop(state.tasks.spawn(keeper.run()));
    Ok(token)
}

impl Keeper {
    /// Keeps the session until it ends.
    async fn run(mut self) {
        let ending = poll_fn(|cx| self.poll_turn(cx)).await;
        tracing::debug!(?ending, "a long-poll session has ended");
        self.end(ending);
    }

    /// Does everything that can be done now.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        while let Poll::Ready(Some(call)) = self.calls.poll_recv(cx) {
            if let Some(ending) = self.answer(call) {
                return Poll::Ready(ending);
            }
        }
        loop {
            if let Some(ending) = self.session.work(cx) {
                return Poll::Ready(ending);
            }
            if self.session.is_stopping() {
                return self.poll_stop(cx);
            }
            let has_given = self.give(cx);
            match self.take(cx) {
                Err(ending) => return Poll::Ready(ending),
                Ok(true) => {}
                Ok(false) if has_given => {}
                Ok(false) => break,
            }
        }
        self.clock.poll(self.waiting.is_some() || self.sent.is_lent(), cx)
    }

    fn answer(&mut self, call: Call) -> Option<Ending> {
        match call {
            Call::Poll { n_received, answer } => {
                self.clock.hear();
                if n_received.is_some_and(|n_received| self.sent.acknowledge(n_received).is_err()) {
                    drop(answer.send(Polled::NeverSent));
                    return None;
                }
                let waiting = Waiting { acknowledges: n_received.is_some(), answer };
                if let Some(earlier) = self.waiting.replace(waiting) {
                    drop(earlier.answer.send(Polled::Superseded));
                }
            }
            Call::Take(message) => {
                // Of those that wait, each is in the hands of one POST.
                self.arrived.retain(|message| !message.is_given_up());
                self.arrived.push_back(message);
            }
            Call::End(ending) => return Some(ending),
            Call::Over { ticket, is_whole } => {
                self.clock.hear();
                self.sent.take_back(ticket, is_whole);
            }
        }
        None
    }

    /// Answers the poll that waits, if there are messages for it. Whether some were moved out of the session's way.
    fn give(&mut self, cx: &mut Context<'_>) -> bool {
        self.look_after_waiting(cx);
        if self.waiting.is_none() || self.sent.is_lent() {
            return false;
        }
        let is_new = self.sent.is_empty();
        if is_new {
            self.collect();
        }
        if self.sent.is_empty() {
            return false;
        }
        if let Some(waiting) = self.waiting.take() {
            self.send(waiting);
        }
        is_new
    }

    /// Forgets the poll that waits if it was answered that there are no messages, or if its client has gone away; the
    /// task is woken when that happens.
    fn look_after_waiting(&mut self, cx: &mut Context<'_>) {
        if self.waiting.as_mut().is_some_and(|waiting| waiting.answer.poll_closed(cx).is_ready()) {
            self.waiting = None;
            self.clock.hear();
        }
    }

    /// Collects what is to be written, to be given.
    fn collect(&mut self) {
        let outgoing = self.session.outgoing();
        self.sent.add(std::iter::from_fn(|| outgoing.pop()));
    }

    fn send(&mut self, Waiting { acknowledges, answer }: Waiting) {
        let given = if acknowledges {
            Given { batch: self.sent.give(), loan: None }
        } else {
            let (batch, ticket) = self.sent.lend();
            Given { batch, loan: Some(Loan::new(self.handle.clone(), ticket)) }
        };
        // When nobody takes it, what is lent comes back.
        drop(answer.send(Polled::Messages(given)));
    }

    /// Takes messages of the client while they can be worked on. Whether it took any.
    fn take(&mut self, cx: &mut Context<'_>) -> Result<bool, Ending> {
        let mut has_taken = false;
        while let Some(message) = self.arrived.front() {
            let order = message.number.map_or(Ordering::Equal, |number| number.cmp(&self.n_taken));
            if order.is_eq() && !self.has_room(cx) {
                break;
            }
            let Some(message) = self.arrived.pop_front() else { break };
            match order {
                // It was taken before, and the answer was lost.
                Ordering::Less => {
                    message.answer(Taken::Done);
                    continue;
                }
                Ordering::Greater => {
                    message.answer(Taken::OutOfOrder);
                    continue;
                }
                Ordering::Equal if message.is_given_up() => continue,
                Ordering::Equal => {}
            }
            self.n_taken += 1;
            has_taken = true;
            let (n_bytes, ending) = match &message.frame {
                Frame::Text(text) => (text.len(), self.session.receive_text(text)),
                Frame::Binary(bytes) => (bytes.len(), self.session.receive_binary(bytes)),
            };
            self.pace.take(n_bytes);
            match ending {
                None => message.answer(Taken::Done),
                Some(ending) => {
                    message.answer(Taken::Ended(ending));
                    return Err(ending);
                }
            }
        }
        Ok(has_taken)
    }

    /// Whether one more message of the client can be worked on; the task is woken when it can.
    fn has_room(&mut self, cx: &mut Context<'_>) -> bool {
        self.session.accepts() && !self.session.outgoing().is_full() && self.pace.poll_ready(cx).is_ready()
    }

    /// Nothing more is taken; what was taken is answered, if somebody waits to hear it.
    fn poll_stop(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        self.arrived.clear();
        self.clock.stop();
        self.look_after_waiting(cx);
        // Once full, it would not be written to: all of it is for the one answer that is left.
        while !self.session.outgoing().is_empty() {
            self.collect();
            if let Some(ending) = self.session.work(cx) {
                return Poll::Ready(ending);
            }
        }
        if self.waiting.is_none() || self.session.n_pending() == 0 {
            return Poll::Ready(Ending::SHUTDOWN);
        }
        self.clock.poll(true, cx)
    }

    /// Says goodbye to the poll that waits.
    fn end(mut self, ending: Ending) {
        self.kept.note_end(ending);
        let Some(waiting) = self.waiting.take() else { return };
        if !matches!(ending, Ending::SIGNED_OUT | Ending::EXPIRED) {
            self.collect();
            if !self.sent.is_empty() && !self.sent.is_lent() {
                return self.send(waiting);
            }
        }
        drop(waiting.answer.send(Polled::Ended(ending)));
    }
}
