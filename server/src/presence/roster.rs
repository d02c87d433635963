//! Who is on one topic, and what the others have not heard yet. No clock, no IO.

use std::collections::BTreeMap;
use std::sync::Arc;

use roost_board::UserId;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Who is on one topic.
#[derive(Default)]
pub(super) struct Roster {
    there: People,
    /// How many sockets they have.
    n_there: usize,
    /// Since the last diff was taken. A meta is in one of its two halves at most.
    diff: Diff,
    /// Whether somebody has been asked to take the diff.
    is_announced: bool,
}

/// One socket of somebody who is there.
#[derive(Clone)]
pub(super) struct Meta {
    /// Tells it from every other.
    pub(super) number: u64,
    /// A [`PresenceMeta`](roost_protocol::payload::PresenceMeta), written once for all who are told of it.
    pub(super) json: Arc<RawValue>,
}

/// People with their sockets: a [`PresenceState`](roost_protocol::payload::PresenceState).
#[derive(Default)]
pub(super) struct People(BTreeMap<UserId, Vec<Meta>>);

/// Who has come and gone: a [`PresenceDiff`](roost_protocol::payload::PresenceDiff).
#[derive(Default, Serialize)]
pub(super) struct Diff {
    joins: People,
    leaves: People,
}

impl Diff {
    fn is_empty(&self) -> bool {
        self.joins.0.is_empty() && self.leaves.0.is_empty()
    }
}

impl Roster {
    /// Everyone who is there.
    pub(super) const fn there(&self) -> &People {
        &self.there
    }

    /// How many sockets they have.
    pub(super) const fn n_there(&self) -> usize {
        self.n_there
    }

    /// Adds a meta; whether it is the first news, so that somebody has to be asked to tell it.
    pub(super) fn join(&mut self, user: UserId, meta: Meta) -> bool {
        self.diff.joins.add(user, meta.clone());
        self.there.add(user, meta);
        self.n_there += 1;
        !std::mem::replace(&mut self.is_announced, true)
    }

    /// Takes a meta away; whether it is the first news, so that somebody has to be asked to tell it.
    ///
    /// Nobody hears of a meta that came and went since then.
    pub(super) fn leave(&mut self, user: UserId, number: u64) -> bool {
        let Some(meta) = self.there.take(user, number) else { return false };
        self.n_there -= 1;
        if self.diff.joins.take(user, number).is_none() {
            self.diff.leaves.add(user, meta);
        }
        !std::mem::replace(&mut self.is_announced, true)
    }

    /// What has happened since the last time; `None` when it comes to nothing. Whoever takes it asks
    /// [`goes_on`](Self::goes_on) once it was told.
    pub(super) fn take_diff(&mut self) -> Option<Diff> {
        let diff = std::mem::take(&mut self.diff);
        (!diff.is_empty()).then_some(diff)
    }

    /// Whether something has happened since the diff was taken; if not, the next to happen is the first news again.
    pub(super) fn goes_on(&mut self) -> bool {
        self.is_announced = !self.diff.is_empty();
        self.is_announced
    }

    /// Whether nobody is there and nobody has anything to hear.
    pub(super) fn is_empty(&self) -> bool {
        self.there.0.is_empty() && !self.is_announced
    }
}

impl People {
    fn add(&mut self, user: UserId, meta: Meta) {
        // Most have one socket.
        self.0.entry(user).or_insert_with(|| Vec::with_capacity(1)).push(meta);
    }

    fn take(&mut self, user: UserId, number: u64) -> Option<Meta> {
        let metas = self.0.get_mut(&user)?;
        let index = metas.iter().position(|meta| meta.number == number)?;
        let meta = metas.remove(index);
        if metas.is_empty() {
            self.0.remove(&user);
        }
        Some(meta)
    }
}

impl Serialize for People {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Entry<'a> {
            metas: &'a [Meta],
        }
        serializer.collect_map(self.0.iter().map(|(user, metas)| (user, Entry { metas })))
    }
}

impl Serialize for Meta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use roost_protocol::payload::{PresenceDiff, PresenceMeta, PresenceState};
    use serde::de::DeserializeOwned;
    use serde_json::value::to_raw_value;
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn meta(number: u64) -> Meta {
        let meta = PresenceMeta { phx_ref: number.to_string(), name: "Ada".to_owned(), online_at: None };
        Meta { number, json: to_raw_value(&meta).unwrap().into() }
    }

    /// As a client reads it.
    fn read<T: DeserializeOwned>(value: impl Serialize) -> T {
        serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap()
    }

    fn diff(roster: &mut Roster) -> PresenceDiff {
        read(roster.take_diff().unwrap())
    }

    fn refs(state: &PresenceState) -> Vec<&str> {
        state.values().flat_map(|entry| entry.metas.iter().map(|meta| meta.phx_ref.as_str())).collect()
    }

    #[test]
    fn a_window_goes_out_as_one_diff() {
        let mut roster = Roster::default();
        assert!(roster.join(user(1), meta(1)));
        assert!(!roster.join(user(1), meta(2)));
        assert!(!roster.join(user(2), meta(3)));
        let first = diff(&mut roster);
        assert_eq!((refs(&first.joins), refs(&first.leaves)), (vec!["1", "2", "3"], vec![]));
        assert!(!roster.goes_on());
        assert!(roster.leave(user(1), 1));
        let second = diff(&mut roster);
        assert_eq!((refs(&second.joins), refs(&second.leaves)), (vec![], vec!["1"]));
        assert_eq!(refs(&read(roster.there())), ["2", "3"]);
        assert!(roster.take_diff().is_none());
    }

    #[test]
    fn who_comes_and_goes_within_a_window_is_not_mentioned() {
        let mut roster = Roster::default();
        roster.join(user(1), meta(1));
        roster.leave(user(1), 1);
        assert!(!roster.is_empty());
        assert!(roster.take_diff().is_none());
        assert!(!roster.goes_on());
        assert!(roster.is_empty());
    }

    /// Were the next diff taken by somebody else, it could be told before the one that is being told.
    #[test]
    fn what_happens_while_a_diff_is_told_is_left_to_whoever_tells_it() {
        let mut roster = Roster::default();
        assert!(roster.join(user(1), meta(1)));
        let told = roster.take_diff();
        assert!(!roster.leave(user(1), 1));
        drop(told);
        assert!(roster.goes_on());
        assert_eq!(refs(&diff(&mut roster).leaves), ["1"]);
        assert!(!roster.goes_on());
        assert!(roster.is_empty());
    }

    #[test]
    fn who_goes_and_comes_back_is_mentioned_twice() {
        let mut roster = Roster::default();
        roster.join(user(1), meta(1));
        let before = roster.take_diff().unwrap();
        let mut state: PresenceState = read(before.joins);
        roster.leave(user(1), 1);
        roster.join(user(1), meta(2));
        let diff = diff(&mut roster);
        assert_eq!((refs(&diff.joins), refs(&diff.leaves)), (vec!["2"], vec!["1"]));
        // A client that applies it, joins first, keeps the person.
        diff.apply_to(&mut state);
        assert_eq!(state, read(roster.there()));
    }
}
