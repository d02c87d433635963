//! What waits for one socket.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use roost_protocol::Topic;

use super::{Broadcast, lock};
#[cfg(test)]
use crate::config::Limits;
use crate::limits::{Limit, Queues};

/// Room for how many deliveries an empty mailbox keeps.
const QUEUE_KEPT: usize = 4;

/// What waits for one socket, in the order in which it was told.
///
/// Broadcasts are shared, so the bytes that wait are what one slow reader keeps alive rather than what it costs.
pub(crate) struct Mailbox {
    queues: Queues,
    state: Mutex<State>,
    is_stopping: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Delivery>,
    n_messages: usize,
    n_bytes: usize,
    dismissal: Option<Dismissal>,
    /// Whom to wake when something arrives; nobody while the socket is about to look anyway.
    waker: Option<Waker>,
}

/// One thing to tell a socket.
pub(crate) enum Delivery {
    /// Messages for its channel on the topic.
    Broadcast(Arc<Broadcast>),
    /// Its channel on this topic is to be closed.
    CloseChannel(Topic),
}

/// Why a socket is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dismissal {
    /// Its token was revoked.
    SignedOut,
    /// The server's owner wants its user gone.
    Disconnected,
    /// It did not keep up, by this limit.
    TooSlow(Limit),
}

impl Delivery {
    /// About how long it is.
    pub(crate) fn n_bytes(&self) -> usize {
        match self {
            Self::Broadcast(broadcast) => broadcast.n_bytes(),
            Self::CloseChannel(_) => 0,
        }
    }

    fn n_messages(&self) -> usize {
        match self {
            Self::Broadcast(broadcast) => broadcast.messages().len(),
            Self::CloseChannel(_) => 1,
        }
    }
}

impl Mailbox {
    /// An empty one for as much as may wait.
    pub(crate) fn new(queues: Queues) -> Arc<Self> {
        queues.count_socket(true);
        Arc::new(Self { queues, state: Mutex::default(), is_stopping: AtomicBool::new(false) })
    }

    /// Adds a delivery and wakes the socket; when it does not fit, the socket is dismissed. Any delivery fits into an
    /// empty mailbox: its socket has kept up.
    pub(super) fn push(&self, delivery: Delivery) {
        let n_bytes = delivery.n_bytes();
        self.queues.add(n_bytes);
        if !self.push_counted(delivery) {
            self.queues.remove(n_bytes);
        }
    }

    /// The same for a delivery whose bytes were added to what waits for all sockets; whether it was taken. Many are told
    /// at once: a counter that every thread writes to is dear.
    pub(super) fn push_counted(&self, delivery: Delivery) -> bool {
        let mut state = lock(&self.state);
        if state.dismissal.is_some() {
            return false;
        }
        let (n_messages, n_bytes) = (state.n_messages + delivery.n_messages(), state.n_bytes + delivery.n_bytes());
        if !state.queue.is_empty()
            && let Some(limit) = self.queues.limit_of(n_messages, n_bytes)
        {
            drop(state);
            self.dismiss(Dismissal::TooSlow(limit));
            return false;
        }
        (state.n_messages, state.n_bytes) = (n_messages, n_bytes);
        state.queue.push_back(delivery);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        true
    }

    /// What waits for all sockets.
    pub(super) const fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Tells the socket to go; what waits for it is dropped.
    pub(crate) fn dismiss(&self, why: Dismissal) {
        let mut state = lock(&self.state);
        state.dismissal.get_or_insert(why);
        let queue = std::mem::take(&mut state.queue);
        self.queues.remove(state.n_bytes);
        (state.n_messages, state.n_bytes) = (0, 0);
        let waker = state.waker.take();
        drop(state);
        drop(queue);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Tells the socket that the server stops: it goes once it has answered what was read.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        let waker = lock(&self.state).waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Whether the server stops. Whoever asks after they have looked into the mailbox is woken when it does.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Whether the socket is to go; if not, whom to wake when something arrives.
    pub(crate) fn watch(&self, waker: &Waker) -> Option<Dismissal> {
        let mut state = lock(&self.state);
        let old = state.register(waker);
        let dismissal = state.dismissal;
        drop(state);
        drop(old);
        dismissal
    }

    /// The same, and moves what waits to the end of `taken`: all of it, or as much as makes up `max_bytes`, when the
    /// rest is for later.
    pub(crate) fn take(&self, waker: &Waker, taken: &mut VecDeque<Delivery>, max_bytes: usize) -> Option<Dismissal> {
        let mut state = lock(&self.state);
        let old = state.register(waker);
        let dismissal = state.dismissal;
        if state.n_bytes <= max_bytes && taken.is_empty() {
            std::mem::swap(&mut state.queue, taken);
            // After a burst, an idle socket gives the room back.
            state.queue.shrink_to(QUEUE_KEPT);
            if state.n_bytes > 0 {
                self.queues.remove(state.n_bytes);
            }
            (state.n_messages, state.n_bytes) = (0, 0);
        } else {
            let mut n_bytes = 0;
            while n_bytes < max_bytes
                && let Some(delivery) = state.queue.pop_front()
            {
                n_bytes += delivery.n_bytes();
                self.queues.remove(delivery.n_bytes());
                state.n_bytes -= delivery.n_bytes();
                state.n_messages -= delivery.n_messages();
                taken.push_back(delivery);
            }
        }
        drop(state);
        drop(old);
        dismissal
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.queues.remove(lock(&self.state).n_bytes);
        self.queues.count_socket(false);
    }
}

impl State {
    /// Returns the waker that is not needed any more, to be dropped when the lock is free.
    fn register(&mut self, waker: &Waker) -> Option<Waker> {
        match &self.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => self.waker.replace(waker.clone()),
        }
    }
}

/// For tests.
#[cfg(test)]
impl Mailbox {
    /// An empty one for `max` messages.
    pub(crate) fn for_messages(max: usize) -> Arc<Self> {
        Self::bounded(max, usize::MAX)
    }

    /// An empty one for `max` messages that have `bytes_max` bytes together.
    pub(crate) fn bounded(max: usize, bytes_max: usize) -> Arc<Self> {
        let limits = Limits { socket_queue: max, socket_queue_bytes: bytes_max, ..Limits::DEFAULT };
        Self::new(Queues::new(&limits))
    }

    /// Everything that waits.
    pub(crate) fn take_all(&self) -> VecDeque<Delivery> {
        let mut taken = VecDeque::new();
        self.take(Waker::noop(), &mut taken, usize::MAX);
        taken
    }

    pub(crate) fn dismissal(&self) -> Option<Dismissal> {
        lock(&self.state).dismissal
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use roost_board::{BoardId, Seq};
    use uuid::Uuid;

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn entries(seqs: std::ops::Range<u64>) -> Delivery {
        let topic = Topic::Boards(BoardId::from_uuid(Uuid::from_u128(1)));
        let json = || serde_json::value::RawValue::from_string("{}".to_owned()).unwrap().into();
        let entries: Vec<_> = seqs.map(|seq| (Seq(seq), json())).collect();
        Delivery::Broadcast(Arc::new(Broadcast::entries(topic, &entries)))
    }

    #[test]
    fn a_socket_is_woken_once_until_it_looks() {
        let mailbox = Mailbox::for_messages(10);
        let counter = Arc::new(Counter::default());
        let waker = Waker::from(Arc::clone(&counter));
        let n_woken = || counter.0.load(Ordering::Relaxed);
        mailbox.push(entries(1..2));
        assert_eq!(mailbox.watch(&waker), None);
        mailbox.push(entries(2..3));
        mailbox.push(entries(3..4));
        assert_eq!(n_woken(), 1);
        let mut taken = VecDeque::new();
        assert_eq!(mailbox.take(&waker, &mut taken, usize::MAX), None);
        assert_eq!(taken.len(), 3);
        mailbox.stop();
        assert!(mailbox.is_stopping());
        assert_eq!(n_woken(), 2);
        mailbox.watch(&waker);
        mailbox.dismiss(Dismissal::SignedOut);
        assert_eq!(n_woken(), 3);
        assert_eq!(mailbox.watch(&waker), Some(Dismissal::SignedOut));
    }

    #[test]
    fn what_is_not_taken_stays_in_order() {
        let mailbox = Mailbox::for_messages(10);
        (0..3).for_each(|seq| mailbox.push(entries(seq..seq + 1)));
        let mut taken = VecDeque::new();
        mailbox.take(Waker::noop(), &mut taken, 3);
        assert_eq!(taken.len(), 2);
        mailbox.push(entries(3..4));
        mailbox.take(Waker::noop(), &mut taken, usize::MAX);
        assert_eq!(taken.len(), 4);
    }

    #[test]
    fn what_waits_for_all_is_counted() {
        let queues = Queues::new(&Limits { queued_bytes: 8, ..Limits::DEFAULT });
        let (slow, taking) = (Mailbox::new(queues.clone()), Mailbox::new(queues.clone()));
        for seq in 0..4 {
            slow.push(entries(seq..seq + 1));
            taking.push(entries(seq..seq + 1));
            taking.take_all();
        }
        assert_eq!((slow.dismissal(), taking.dismissal()), (None, None));
        slow.push(entries(4..5));
        assert_eq!(slow.dismissal(), Some(Dismissal::TooSlow(Limit::QueuedBytes)));
        taking.push(entries(4..5));
        drop((slow, taking));
        assert!(format!("{queues:?}").contains("n_bytes: 0"), "{queues:?}");
    }

    #[test]
    fn messages_are_counted_rather_than_broadcasts_and_bytes_too() {
        let mailbox = Mailbox::for_messages(10);
        mailbox.push(entries(1..2));
        mailbox.push(entries(2..11));
        assert_eq!(mailbox.dismissal(), None);
        mailbox.push(entries(11..12));
        assert_eq!(mailbox.dismissal(), Some(Dismissal::TooSlow(Limit::SocketQueue)));
        let mailbox = Mailbox::bounded(100, 5);
        mailbox.push(entries(1..3));
        assert_eq!(mailbox.dismissal(), None);
        mailbox.push(entries(3..4));
        assert_eq!(mailbox.dismissal(), Some(Dismissal::TooSlow(Limit::SocketQueueBytes)));
        // What was written to the disk in one go may be more.
        let mailbox = Mailbox::bounded(10, 5);
        mailbox.push(entries(1..100));
        assert_eq!(mailbox.dismissal(), None);
    }
}
