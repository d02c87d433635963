//! Who is there: Phoenix's presence, on the topics of boards.
//!
//! Whoever joins is told who is there; everyone hears of comings and goings in diffs. What happens within
//! [`DIFF_WINDOW`] goes out as one diff, so that a thousand people who join at once do not make a million messages.

mod roster;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roost_board::UserId;
use roost_protocol::payload::PresenceMeta;
use roost_protocol::{Payload, Topic, event};
use serde_json::value::to_raw_value;

use crate::clock;
use crate::pubsub::{PubSub, Shared, lock};
use roster::{Meta, Roster};

/// How long comings and goings are gathered before the others hear of them. Short enough to feel immediate; someone
/// who comes and goes within it is not mentioned.
const DIFF_WINDOW: Duration = Duration::from_millis(50);

/// How much longer it is for each socket that is there: with very many, there is always somebody who comes or goes, and
/// each diff is written to all of them.
const DIFF_WINDOW_EACH: Duration = Duration::from_micros(50);

/// The number of sockets from which on it is no longer still.
const DIFF_SOCKETS_MAX: u32 = 10_000;

/// Who is on which topic.
pub(crate) struct Rosters {
    by_topic: Mutex<HashMap<Topic, Roster>>,
    next_ref: AtomicU64,
}

impl Rosters {
    pub(crate) fn new() -> Self {
        // Refs of two runs of a server should differ, but nothing depends on it: a client forgets them all when it
        // joins again.
        let first = getrandom::u64().unwrap_or_default();
        Self { by_topic: Mutex::default(), next_ref: AtomicU64::new(first) }
    }

    fn next_meta(&self, name: String) -> Meta {
        let number = self.next_ref.fetch_add(1, Ordering::Relaxed);
        let phx_ref = BASE64_URL_SAFE_NO_PAD.encode(number.to_be_bytes());
        let json = to_raw_value(&PresenceMeta { phx_ref, name, online_at: Some(clock::now()) });
        Meta { number, json: json.expect("two strings and a time can be written as JSON").into() }
    }
}

impl PubSub {
    /// Notes that somebody is there, for as long as the first value is kept; the second is everyone who is.
    pub(crate) fn track(&self, topic: Topic, user: UserId, name: String) -> (Tracked, Payload) {
        let rosters = &self.shared().rosters;
        let meta = rosters.next_meta(name);
        let number = meta.number;
        let (is_first, n_there, state) = {
            let mut by_topic = lock(&rosters.by_topic);
            let roster = by_topic.entry(topic).or_default();
            let is_first = roster.join(user, meta);
            (is_first, roster.n_there(), Payload::json(roster.there()))
        };
        if is_first {
            announce_later(self.shared(), topic, n_there);
        }
        let state = state.expect("a map whose keys are ids can be written as JSON");
        (Tracked { shared: Arc::clone(self.shared()), topic, user, number }, state)
    }
}

/// Somebody is there for as long as it is kept.
pub(crate) struct Tracked {
    shared: Arc<Shared>,
    topic: Topic,
    user: UserId,
    number: u64,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let (is_first, n_there) = {
            let mut by_topic = lock(&self.shared.rosters.by_topic);
            let Some(roster) = by_topic.get_mut(&self.topic) else { return };
            (roster.leave(self.user, self.number), roster.n_there())
        };
        if is_first {
            announce_later(&self.shared, self.topic, n_there);
        }
    }
}

/// Tells everyone on the topic of what has happened, window by window.
///
/// There is one task for each topic at most, so that one diff is told before the next is taken. It ends by itself once
/// nothing has happened while it was telling.
fn announce_later(shared: &Arc<Shared>, topic: Topic, n_there: usize) {
    // The last sockets may be dropped together with the runtime, when there is nobody left to tell.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let shared = Arc::downgrade(shared);
    runtime.spawn(async move {
        let mut next = Some(n_there);
        while let Some(n_there) = next {
            tokio::time::sleep(window(n_there)).await;
            next = shared.upgrade().and_then(|shared| announce(&shared, topic));
        }
    });
}

/// How long comings and goings are gathered where so many sockets are.
fn window(n_there: usize) -> Duration {
    DIFF_WINDOW + DIFF_WINDOW_EACH * u32::try_from(n_there).unwrap_or(u32::MAX).min(DIFF_SOCKETS_MAX)
}

/// How many are there, if something has happened meanwhile.
fn announce(shared: &Shared, topic: Topic) -> Option<usize> {
    let diff = lock(&shared.rosters.by_topic).get_mut(&topic)?.take_diff();
    if let Some(diff) = diff {
        let payload = to_raw_value(&diff).expect("a map whose keys are ids can be written as JSON");
        shared.broadcast(topic, event::PRESENCE_DIFF, payload.into());
    }
    let mut by_topic = lock(&shared.rosters.by_topic);
    let roster = by_topic.get_mut(&topic)?;
    if roster.goes_on() {
        return Some(roster.n_there());
    }
    if roster.is_empty() {
        by_topic.remove(&topic);
    }
    None
}
