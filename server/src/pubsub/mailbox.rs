//! What waits for one socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use roost_protocol::Topic;

use super::{Broadcast, lock};

/// How many bytes of payload may wait for one socket, whatever their number. Broadcasts are shared, so this bounds what
/// one slow reader keeps alive rather than what it costs.
const BYTES_MAX: usize = 8 << 20;

/// Room for how many deliveries an empty mailbox keeps.
const QUEUE_KEPT: usize = 16;

/// What waits for one socket, in the order in which it was told.
pub(crate) struct Mailbox {
    waker: AtomicWaker,
    max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Delivery>,
    n_bytes: usize,
    dismissal: Option<Dismissal>,
}

/// One thing to tell a socket.
pub(crate) enum Delivery {
    /// A message for its channel on the topic.
    Broadcast(Arc<Broadcast>),
    /// Its channel on this topic is to be closed.
    CloseChannel(Topic),
}

/// Why a socket is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dismissal {
    /// Its token was revoked.
    SignedOut,
    /// It did not keep up.
    TooSlow,
}

impl Delivery {
    fn n_bytes(&self) -> usize {
        match self {
            Self::Broadcast(broadcast) => broadcast.n_bytes(),
            Self::CloseChannel(_) => 0,
        }
    }
}

impl Mailbox {
    /// An empty one for `max` deliveries.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { waker: AtomicWaker::new(), max, state: Mutex::default() })
    }

    /// Adds a delivery and wakes the socket; when it does not fit, the socket is dismissed.
    pub(super) fn push(&self, delivery: Delivery) {
        let mut state = lock(&self.state);
        if state.dismissal.is_some() {
            return;
        }
        state.n_bytes += delivery.n_bytes();
        if state.queue.len() >= self.max || state.n_bytes > BYTES_MAX {
            drop(state);
            self.dismiss(Dismissal::TooSlow);
            return;
        }
        state.queue.push_back(delivery);
        drop(state);
        self.waker.wake();
    }

    /// Tells the socket to go; what waits for it is dropped.
    pub(crate) fn dismiss(&self, why: Dismissal) {
        let mut state = lock(&self.state);
        state.dismissal.get_or_insert(why);
        state.queue = VecDeque::new();
        state.n_bytes = 0;
        drop(state);
        self.waker.wake();
    }

    /// Whom to wake when something arrives.
    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// The oldest delivery.
    pub(crate) fn pop(&self) -> Option<Delivery> {
        let mut state = lock(&self.state);
        let delivery = state.queue.pop_front()?;
        state.n_bytes -= delivery.n_bytes();
        if state.queue.is_empty() {
            // After a burst, an idle socket gives the room back.
            state.queue.shrink_to(QUEUE_KEPT);
        }
        Some(delivery)
    }

    /// Whether the socket is to go.
    pub(crate) fn dismissal(&self) -> Option<Dismissal> {
        lock(&self.state).dismissal
    }
}
