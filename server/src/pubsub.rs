//! Who is told what: the topics and the sockets that listen to them, in this process.
//!
//! Telling never waits: what is told goes into the mailbox of each socket, which is bounded. A socket that falls so far
//! behind that its mailbox overflows is dismissed; its client connects again and asks for what it missed.

mod broadcast;
mod mailbox;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roost_board::UserId;
use roost_protocol::Topic;
use serde_json::value::RawValue;

pub(crate) use broadcast::Broadcast;
pub(crate) use mailbox::{Delivery, Dismissal, Mailbox};

use crate::presence::Rosters;

/// Who is told what; cheap to clone.
#[derive(Clone)]
pub(crate) struct PubSub {
    shared: Arc<Shared>,
}

/// What all clones share. Each lock is held for a moment and never while another one is waited for.
pub(crate) struct Shared {
    topics: Mutex<HashMap<Topic, HashMap<u64, Subscriber>>>,
    /// The sockets that each token opened.
    sockets: Mutex<HashMap<String, Vec<Arc<Mailbox>>>>,
    /// Who is there, by topic.
    pub(crate) rosters: Rosters,
    next_subscription: AtomicU64,
}

struct Subscriber {
    user: UserId,
    mailbox: Arc<Mailbox>,
}

impl PubSub {
    /// Nobody listens yet.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            topics: Mutex::default(),
            sockets: Mutex::default(),
            rosters: Rosters::new(),
            next_subscription: AtomicU64::new(0),
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

    /// Closes the channels of one person on a topic, after what they were told before.
    pub(crate) fn close_channels(&self, topic: Topic, user: UserId) {
        if let Some(subscribers) = lock(&self.shared.topics).get(&topic) {
            for subscriber in subscribers.values().filter(|subscriber| subscriber.user == user) {
                subscriber.mailbox.push(Delivery::CloseChannel(topic));
            }
        }
    }

    /// Closes the sockets that a token opened.
    pub(crate) fn disconnect_token(&self, token_id: &str) {
        if let Some(mailboxes) = lock(&self.shared.sockets).get(token_id) {
            for mailbox in mailboxes {
                mailbox.dismiss(Dismissal::SignedOut);
            }
        }
    }

    /// Listens to a topic for as long as the subscription is kept.
    pub(crate) fn subscribe(&self, topic: Topic, user: UserId, mailbox: &Arc<Mailbox>) -> Subscription {
        let id = self.shared.next_subscription.fetch_add(1, Ordering::Relaxed);
        let subscriber = Subscriber { user, mailbox: Arc::clone(mailbox) };
        lock(&self.shared.topics).entry(topic).or_default().insert(id, subscriber);
        Subscription { shared: Arc::clone(&self.shared), topic, id }
    }

    /// Remembers which token opened a socket for as long as the registration is kept.
    pub(crate) fn register(&self, token_id: &str, mailbox: &Arc<Mailbox>) -> Registration {
        lock(&self.shared.sockets).entry(token_id.to_owned()).or_default().push(Arc::clone(mailbox));
        Registration { shared: Arc::clone(&self.shared), token_id: token_id.to_owned(), mailbox: Arc::clone(mailbox) }
    }
}

impl Default for PubSub {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    pub(crate) fn broadcast(&self, topic: Topic, event: &'static str, payload: Arc<RawValue>) {
        // Nothing is encoded, nor read, when nobody listens.
        let topics = lock(&self.topics);
        let Some(subscribers) = topics.get(&topic) else { return };
        let broadcast = Arc::new(Broadcast::new(topic, event, payload));
        for subscriber in subscribers.values() {
            subscriber.mailbox.push(Delivery::Broadcast(Arc::clone(&broadcast)));
        }
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
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut topics = lock(&self.shared.topics);
        if let Some(subscribers) = topics.get_mut(&self.topic) {
            subscribers.remove(&self.id);
            if subscribers.is_empty() {
                topics.remove(&self.topic);
            }
        }
    }
}

/// A socket that is dismissed when its token is revoked, for as long as this is kept.
pub(crate) struct Registration {
    shared: Arc<Shared>,
    token_id: String,
    mailbox: Arc<Mailbox>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sockets = lock(&self.shared.sockets);
        if let Some(mailboxes) = sockets.get_mut(&self.token_id) {
            mailboxes.retain(|mailbox| !Arc::ptr_eq(mailbox, &self.mailbox));
            if mailboxes.is_empty() {
                sockets.remove(&self.token_id);
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
    use super::*;
    use roost_protocol::event;
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn payload(json: &str) -> Arc<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap().into()
    }

    fn seqs(mailbox: &Mailbox) -> Vec<u64> {
        std::iter::from_fn(|| mailbox.pop())
            .map(|delivery| match delivery {
                Delivery::Broadcast(broadcast) => broadcast.seq().unwrap().0,
                Delivery::CloseChannel(_) => 0,
            })
            .collect()
    }

    #[test]
    fn a_topic_is_heard_in_order_by_those_who_listen() {
        let pubsub = PubSub::new();
        let topic = Topic::Users(user(1));
        let (one, other) = (Mailbox::new(8), Mailbox::new(8));
        let first = pubsub.subscribe(topic, user(1), &one);
        let _second = pubsub.subscribe(topic, user(2), &other);
        pubsub.broadcast(topic, event::ENTRY, payload(r#"{"seq":1}"#));
        pubsub.broadcast(Topic::Users(user(3)), event::ENTRY, payload(r#"{"seq":9}"#));
        pubsub.close_channels(topic, user(2));
        drop(first);
        pubsub.broadcast(topic, event::ENTRY, payload(r#"{"seq":2}"#));
        assert_eq!(seqs(&one), [1]);
        assert_eq!(seqs(&other), [1, 0, 2]);
    }

    #[test]
    fn who_does_not_keep_up_is_dismissed_and_the_others_are_not() {
        let pubsub = PubSub::new();
        let topic = Topic::Users(user(1));
        let (slow, quick) = (Mailbox::new(4), Mailbox::new(4));
        let _slow = pubsub.subscribe(topic, user(1), &slow);
        let _quick = pubsub.subscribe(topic, user(1), &quick);
        for seq in 1..=20 {
            pubsub.broadcast(topic, event::ENTRY, payload(&format!(r#"{{"seq":{seq}}}"#)));
            assert_eq!(seqs(&quick), [seq]);
        }
        assert_eq!(slow.dismissal(), Some(Dismissal::TooSlow));
        assert_eq!(seqs(&slow), Vec::<u64>::new());
        assert_eq!(quick.dismissal(), None);
    }

    #[test]
    fn a_revoked_token_dismisses_its_sockets_only() {
        let pubsub = PubSub::new();
        let mailboxes = [Mailbox::new(4), Mailbox::new(4), Mailbox::new(4)];
        let gone = pubsub.register("a", &mailboxes[0]);
        let _kept = [pubsub.register("a", &mailboxes[1]), pubsub.register("b", &mailboxes[2])];
        drop(gone);
        pubsub.disconnect_token("a");
        let dismissed = mailboxes.map(|mailbox| mailbox.dismissal());
        assert_eq!(dismissed, [None, Some(Dismissal::SignedOut), None]);
    }
}
