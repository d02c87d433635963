//! What requests ask of the task that keeps a session.

use std::sync::Arc;

use roost_board::UserId;
use roost_protocol::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::socket::Ending;
use crate::socket::longpoll::sent::{Batch, Ticket};

/// How many POSTs of a session are read at a time; clients send one after the other.
const POSTS_MAX: usize = 8;

/// How many polls of a session may wait at a time. Clients send one after the other, but the connections of those that
/// were given up may stand for a while.
const POLLS_MAX: usize = 32;

/// What a request asks.
pub(super) enum Call {
    /// To be given messages, as soon as there are some.
    Poll {
        /// How many the client says it has received.
        n_received: Option<u64>,
        /// Dropped when it need not be answered any more.
        answer: oneshot::Sender<Polled>,
    },
    /// To take a message of the client.
    Take(Message),
    /// To end: the client has sent what cannot be read.
    End(Ending),
    /// The answer that messages were lent to is over.
    Over {
        /// Which one.
        ticket: Ticket,
        /// Whether its connection has taken all of it.
        is_whole: bool,
    },
}

/// A message of the client.
pub(super) struct Message {
    /// How many of its messages the client says it has sent before.
    pub(super) number: Option<u64>,
    pub(super) frame: Frame,
    taken: oneshot::Sender<Taken>,
}

impl Message {
    /// Whether nobody waits for it to be taken any more: the client was told that it was not.
    pub(super) fn is_given_up(&self) -> bool {
        self.taken.is_closed()
    }

    /// Says what has become of it.
    pub(super) fn answer(self, taken: Taken) {
        drop(self.taken.send(taken));
    }
}

/// What a poll is answered.
pub(in crate::socket::longpoll) enum Polled {
    /// Messages.
    Messages(Given),
    /// A later poll gets what comes.
    Superseded,
    /// The client has said that it received what it cannot have.
    NeverSent,
    /// The session is over.
    Ended(Ending),
}

/// Messages for a poll.
pub(in crate::socket::longpoll) struct Given {
    pub(in crate::socket::longpoll) batch: Batch,
    /// Of a client that does not say what it has received.
    pub(in crate::socket::longpoll) loan: Option<Loan>,
}

/// What has become of a message of the client.
pub(in crate::socket::longpoll) enum Taken {
    /// It was taken, now or before.
    Done,
    /// Messages before it are missing, and it was not.
    OutOfOrder,
    /// It has ended the session.
    Ended(Ending),
}

/// Messages that were lent to an answer; dropped, it is taken to be cut off.
pub(in crate::socket::longpoll) struct Loan {
    handle: Handle,
    ticket: Ticket,
    is_whole: bool,
}

impl Loan {
    pub(super) const fn new(handle: Handle, ticket: Ticket) -> Self {
        Self { handle, ticket, is_whole: false }
    }

    /// The connection has taken all of the answer.
    pub(in crate::socket::longpoll) fn repay(mut self) {
        self.is_whole = true;
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // When the session is over nobody needs to know.
        drop(self.handle.0.calls.send(Call::Over { ticket: self.ticket, is_whole: self.is_whole }));
    }
}

/// Who opened a session.
pub(in crate::socket::longpoll) struct Owner {
    pub(in crate::socket::longpoll) user: UserId,
    /// The token they did it with.
    pub(in crate::socket::longpoll) token: String,
}

/// How requests reach the task; cheap to clone.
#[derive(Clone)]
pub(in crate::socket::longpoll) struct Handle(Arc<Inner>);

struct Inner {
    owner: Owner,
    /// Bounded by what asks: each request waits for its answer before it asks again.
    calls: mpsc::UnboundedSender<Call>,
    posts: Arc<Semaphore>,
    polls: Arc<Semaphore>,
}

impl Handle {
    pub(super) fn new(owner: Owner) -> (Self, mpsc::UnboundedReceiver<Call>) {
        let (calls, receiver) = mpsc::unbounded_channel();
        let [posts, polls] = [POSTS_MAX, POLLS_MAX].map(|n_max| Arc::new(Semaphore::new(n_max)));
        (Self(Arc::new(Inner { owner, calls, posts, polls })), receiver)
    }

    /// Who opened the session.
    pub(in crate::socket::longpoll) fn owner(&self) -> &Owner {
        &self.0.owner
    }

    /// A place for a POST, unless there are too many.
    pub(in crate::socket::longpoll) fn begin_post(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.posts).try_acquire_owned().ok()
    }

    /// A place for a poll, unless there are too many.
    pub(in crate::socket::longpoll) fn begin_poll(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.polls).try_acquire_owned().ok()
    }

    /// Asks for messages; the answer is an error when the session is over.
    pub(in crate::socket::longpoll) fn poll(&self, n_received: Option<u64>) -> oneshot::Receiver<Polled> {
        let (answer, polled) = oneshot::channel();
        drop(self.0.calls.send(Call::Poll { n_received, answer }));
        polled
    }

    /// Hands in a message of the client and waits until it is taken; `None` when the session is over.
    pub(in crate::socket::longpoll) async fn take(&self, number: Option<u64>, frame: Frame) -> Option<Taken> {
        let (taken, outcome) = oneshot::channel();
        drop(self.0.calls.send(Call::Take(Message { number, frame, taken })));
        outcome.await.ok()
    }

    /// Ends the session.
    pub(in crate::socket::longpoll) fn end(&self, ending: Ending) {
        drop(self.0.calls.send(Call::End(ending)));
    }

    /// Waits until the session is over.
    pub(in crate::socket::longpoll) async fn closed(&self) {
        self.0.calls.closed().await;
    }
}
