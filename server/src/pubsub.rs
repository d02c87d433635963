//! Who is told what: the topics and the sockets that listen to them, in this process.
//!
//! Telling never waits: what is told goes into the mailbox of each socket, which is bounded. A socket that falls so far
//! behind that its mailbox overflows is dismissed; its client connects again and asks for what it missed.

mod broadcast;
mod mailbox;
mod numbered;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roost_board::{Seq, UserId};
use roost_protocol::Topic;
use serde_json::value::RawValue;

pub(crate) use broadcast::Broadcast;
pub(crate) use mailbox::{Delivery, Dismissal, Mailbox};

use crate::presence::Rosters;
use numbered::Numbered;

/// Who is told what; cheap to clone.
#[derive(Clone)]
pub(crate) struct PubSub {
    shared: Arc<Shared>,
}

/// What all clones share. Each lock is held for a moment; while one is held, no other is waited for but a mailbox's.
pub(crate) struct Shared {
    topics: Mutex<HashMap<Topic, Numbered<Listener>>>,
    sockets: Mutex<Sockets>,
    /// Who is there, by topic.
    pub(crate) rosters: Rosters,
    next_number: AtomicU64,
}

/// One channel that listens.
struct Listener {
    user: UserId,
    mailbox: Arc<Mailbox>,
}

/// The open sockets.
#[derive(Default)]
struct Sockets {
    by_token: HashMap<Arc<str>, Numbered<Listener>>,
    /// The server stops; whoever comes now is told so, too.
    is_stopping: bool,
}

impl PubSub {
    /// Nobody listens yet.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            topics: Mutex::default(),
            sockets: Mutex::default(),
            rosters: Rosters::new(),
            next_number: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Tells everyone on a topic, in the order of the calls.
    pub(crate) fn broadcast(&self, topic: Topic, event: &'static str, payload: Arc<RawValue>) {
        self.shared.broadcast(topic, event, payload);
    }

    /// Tells everyone on a board's topic of entries that follow each other in its log, in the order of the calls.
    ///
    /// Each socket gets them in one go: it is woken once, and what it writes leaves together.
    pub(crate) fn entries(&self, topic: Topic, entries: &[(Seq, Arc<RawValue>)]) {
        if !entries.is_empty() {
            self.shared.tell(topic, || Broadcast::entries(topic, entries));
        }
    }

    /// Closes the channels of one person on a topic, after what they were told before.
    pub(crate) fn close_channels(&self, topic: Topic, user: UserId) {
        if let Some(listeners) = lock(&self.shared.topics).get(&topic) {
            for listener in listeners.iter().filter(|listener| listener.user == user) {
                listener.mailbox.push(Delivery::CloseChannel(topic));
            }
        }
    }

    /// Closes the sockets that a token opened.
    pub(crate) fn disconnect_token(&self, token_id: &str) {
        if let Some(sockets) = lock(&self.shared.sockets).by_token.get(token_id) {
            sockets.iter().for_each(|socket| socket.mailbox.dismiss(Dismissal::SignedOut));
        }
    }

    /// Closes all sockets of a person. They may open new ones.
    pub(crate) fn disconnect_user(&self, user: UserId) {
        for socket in lock(&self.shared.sockets).by_token.values().flat_map(Numbered::iter) {
            if socket.user == user {
                socket.mailbox.dismiss(Dismissal::Disconnected);
            }
        }
    }

    /// Tells all sockets, also those to come, that the server stops.
    pub(crate) fn stop(&self) {
        let mut sockets = lock(&self.shared.sockets);
        sockets.is_stopping = true;
        sockets.by_token.values().flat_map(Numbered::iter).for_each(|socket| socket.mailbox.stop());
    }

    /// Listens to a topic for as long as the subscription is kept.
    pub(crate) fn subscribe(&self, topic: Topic, user: UserId, mailbox: &Arc<Mailbox>) -> Subscription {
        let listener = Listener { user, mailbox: Arc::clone(mailbox) };
        let mut topics = lock(&self.shared.topics);
        let number = self.shared.next_number();
        topics.entry(topic).or_default().add(number, listener);
        drop(topics);
        Subscription { shared: Arc::clone(&self.shared), topic, number }
    }

    /// Remembers who opened a socket with which token for as long as the registration is kept.
    pub(crate) fn register(&self, token_id: &str, user: UserId, mailbox: &Arc<Mailbox>) -> Registration {
        let socket = Listener { user, mailbox: Arc::clone(mailbox) };
        let mut sockets = lock(&self.shared.sockets);
        if sockets.is_stopping {
            mailbox.stop();
        }
        let token_id = match sockets.by_token.get_key_value(token_id) {
            Some((token_id, _)) => Arc::clone(token_id),
            None => Arc::from(token_id),
        };
        let number = self.shared.next_number();
        sockets.by_token.entry(Arc::clone(&token_id)).or_default().add(number, socket);
        drop(sockets);
        Registration { shared: Arc::clone(&self.shared), token_id, number }
    }
}

impl Default for PubSub {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    pub(crate) fn broadcast(&self, topic: Topic, event: &'static str, payload: Arc<RawValue>) {
        self.tell(topic, || Broadcast::new(topic, event, payload));
    }

    /// Nothing is made when nobody listens.
    fn tell(&self, topic: Topic, broadcast: impl FnOnce() -> Broadcast) {
        let topics = lock(&self.topics);
        let Some(listeners) = topics.get(&topic) else { return };
        let Some(queues) = listeners.iter().next().map(|listener| listener.mailbox.queues()) else { return };
        let broadcast = Arc::new(broadcast());
        queues.add(broadcast.n_bytes() * listeners.len());
        let is_taken =
            |listener: &&Listener| listener.mailbox.push_counted(Delivery::Broadcast(Arc::clone(&broadcast)));
        let n_taken = listeners.iter().filter(is_taken).count();
        if n_taken < listeners.len() {
            queues.remove(broadcast.n_bytes() * (listeners.len() - n_taken));
        }
    }

    /// To be called with the lock of what is numbered, so that its numbers grow.
    fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for PubSub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topics = lock(&self.shared.topics).len();
        f.debug_struct("PubSub").field("topics", &topics).finish_non_exhaustive()
    }
}

/// Listens for as long as it is kept.
pub(crate) struct Subscription {
    shared: Arc<Shared>,
    topic: Topic,
    number: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut topics = lock(&self.shared.topics);
        if let Some(listeners) = topics.get_mut(&self.topic) {
            listeners.remove(self.number);
            if listeners.is_empty() {
                topics.remove(&self.topic);
            }
        }
    }
}

/// A socket that is dismissed when its token is revoked or its user disconnected, for as long as this is kept.
pub(crate) struct Registration {
    shared: Arc<Shared>,
    token_id: Arc<str>,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sockets = lock(&self.shared.sockets);
        if let Some(of_token) = sockets.by_token.get_mut(&self.token_id) {
            of_token.remove(self.number);
            if of_token.is_empty() {
                sockets.by_token.remove(&self.token_id);
            }
        }
    }
}

/// Takes a lock whose data every holder leaves whole: nothing between taking and giving back can panic half-way.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn entry(seq: u64) -> (Seq, Arc<RawValue>) {
        (Seq(seq), RawValue::from_string(format!(r#"{{"seq":{seq}}}"#)).unwrap().into())
    }

    fn seqs(mailbox: &Mailbox) -> Vec<u64> {
        let of_delivery = |delivery: &Delivery| match delivery {
            Delivery::Broadcast(broadcast) => {
                broadcast.messages().iter().map(|message| message.seq().unwrap().0).collect()
            }
            Delivery::CloseChannel(_) => vec![0],
        };
        let taken: VecDeque<Delivery> = mailbox.take_all();
        taken.iter().flat_map(of_delivery).collect()
    }

    #[test]
    fn a_topic_is_heard_in_order_by_those_who_listen() {
        let pubsub = PubSub::new();
        let topic = Topic::Users(user(1));
        let (one, other) = (Mailbox::for_messages(8), Mailbox::for_messages(8));
        let first = pubsub.subscribe(topic, user(1), &one);
        let _second = pubsub.subscribe(topic, user(2), &other);
        pubsub.entries(topic, &[entry(1), entry(2)]);
        pubsub.entries(topic, &[]);
        pubsub.entries(Topic::Users(user(3)), &[entry(9)]);
        pubsub.close_channels(topic, user(2));
        drop(first);
        pubsub.entries(topic, &[entry(3)]);
        assert_eq!(seqs(&one), [1, 2]);
        assert_eq!(seqs(&other), [1, 2, 0, 3]);
    }

    #[test]
    fn who_does_not_keep_up_is_dismissed_and_the_others_are_not() {
        let pubsub = PubSub::new();
        let topic = Topic::Users(user(1));
        let (slow, quick) = (Mailbox::for_messages(4), Mailbox::for_messages(4));
        let _slow = pubsub.subscribe(topic, user(1), &slow);
        let _quick = pubsub.subscribe(topic, user(1), &quick);
        for seq in 1..=20 {
            pubsub.entries(topic, &[entry(seq)]);
            assert_eq!(seqs(&quick), [seq]);
        }
        assert_eq!(slow.dismissal(), Some(Dismissal::TooSlow(crate::limits::Limit::SocketQueue)));
        assert_eq!(seqs(&slow), Vec::<u64>::new());
        assert_eq!(quick.dismissal(), None);
    }

    #[test]
    fn a_revoked_token_and_a_disconnected_user_dismiss_their_sockets_only() {
        let pubsub = PubSub::new();
        let mailboxes = [(); 5].map(|()| Mailbox::for_messages(4));
        let register = |token, number, index: usize| pubsub.register(token, user(number), &mailboxes[index]);
        let gone = register("a", 1, 0);
        let _kept = [register("a", 1, 1), register("b", 1, 2), register("c", 2, 3), register("d", 1, 4)];
        drop(gone);
        pubsub.disconnect_token("a");
        let dismissed = || mailboxes.each_ref().map(|mailbox| mailbox.dismissal());
        assert_eq!(dismissed(), [None, Some(Dismissal::SignedOut), None, None, None]);
        pubsub.disconnect_user(user(1));
        let disconnected = Some(Dismissal::Disconnected);
        assert_eq!(dismissed(), [None, Some(Dismissal::SignedOut), disconnected, None, disconnected]);
    }

    #[test]
    fn a_stop_reaches_the_sockets_that_are_there_and_those_that_come() {
        let pubsub = PubSub::new();
        let mailboxes = [(); 2].map(|()| Mailbox::for_messages(4));
        let _there = pubsub.register("a", user(1), &mailboxes[0]);
        pubsub.stop();
        let _late = pubsub.register("b", user(1), &mailboxes[1]);
        assert!(mailboxes.iter().all(|mailbox| mailbox.is_stopping()));
    }
}
