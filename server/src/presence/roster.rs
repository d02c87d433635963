//! Who is on one topic, and what the others have not heard yet. No clock, no IO.

use roost_board::UserId;
use roost_protocol::payload::{PresenceDiff, PresenceMeta, PresenceState};

/// Who is on one topic.
#[derive(Default)]
pub(super) struct Roster {
    state: PresenceState,
    /// Since the last diff was taken. A meta is in one of its two halves at most.
    diff: PresenceDiff,
    /// Whether somebody has been asked to take the diff.
    is_announced: bool,
}

impl Roster {
    /// Everyone who is there.
    pub(super) const fn state(&self) -> &PresenceState {
        &self.state
    }

    /// Adds a meta; whether it is the first news since the last diff was taken.
    pub(super) fn join(&mut self, user: UserId, meta: PresenceMeta) -> bool {
        self.diff.joins.entry(user).or_default().metas.push(meta.clone());
        self.state.entry(user).or_default().metas.push(meta);
        !std::mem::replace(&mut self.is_announced, true)
    }

    /// Takes a meta away; whether it is the first news since the last diff was taken.
    ///
    /// Nobody hears of a meta that came and went since then.
    pub(super) fn leave(&mut self, user: UserId, phx_ref: &str) -> bool {
        let Some(meta) = take(&mut self.state, user, phx_ref) else { return false };
        if take(&mut self.diff.joins, user, phx_ref).is_none() {
            self.diff.leaves.entry(user).or_default().metas.push(meta);
        }
        !std::mem::replace(&mut self.is_announced, true)
    }

    /// What has happened since the last time; `None` when it comes to nothing.
    pub(super) fn take_diff(&mut self) -> Option<PresenceDiff> {
        self.is_announced = false;
        let diff = std::mem::take(&mut self.diff);
        (!diff.joins.is_empty() || !diff.leaves.is_empty()).then_some(diff)
    }

    /// Whether nobody is there and nobody has anything to hear.
    pub(super) fn is_empty(&self) -> bool {
        self.state.is_empty() && !self.is_announced
    }
}

fn take(state: &mut PresenceState, user: UserId, phx_ref: &str) -> Option<PresenceMeta> {
    let entry = state.get_mut(&user)?;
    let index = entry.metas.iter().position(|meta| meta.phx_ref == phx_ref)?;
    let meta = entry.metas.remove(index);
    if entry.metas.is_empty() {
        state.remove(&user);
    }
    Some(meta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn meta(phx_ref: &str) -> PresenceMeta {
        PresenceMeta { phx_ref: phx_ref.to_owned(), name: "Ada".to_owned(), online_at: None }
    }

    fn refs(state: &PresenceState) -> Vec<String> {
        state.values().flat_map(|entry| entry.metas.iter().map(|meta| meta.phx_ref.clone())).collect()
    }

    #[test]
    fn a_window_goes_out_as_one_diff() {
        let mut roster = Roster::default();
        assert!(roster.join(user(1), meta("a")));
        assert!(!roster.join(user(1), meta("b")));
        assert!(!roster.join(user(2), meta("c")));
        let diff = roster.take_diff().unwrap();
        assert_eq!((refs(&diff.joins), refs(&diff.leaves)), (vec!["a".into(), "b".into(), "c".into()], vec![]));
        assert!(roster.leave(user(1), "a"));
        let diff = roster.take_diff().unwrap();
        assert_eq!((refs(&diff.joins), refs(&diff.leaves)), (vec![], vec!["a".into()]));
        assert_eq!(refs(roster.state()), ["b", "c"]);
        assert!(roster.take_diff().is_none());
    }

    #[test]
    fn who_comes_and_goes_within_a_window_is_not_mentioned() {
        let mut roster = Roster::default();
        roster.join(user(1), meta("a"));
        roster.leave(user(1), "a");
        assert!(!roster.is_empty());
        assert!(roster.take_diff().is_none());
        assert!(roster.is_empty());
    }

    #[test]
    fn who_goes_and_comes_back_is_mentioned_twice() {
        let mut roster = Roster::default();
        roster.join(user(1), meta("a"));
        roster.take_diff();
        roster.leave(user(1), "a");
        roster.join(user(1), meta("b"));
        let diff = roster.take_diff().unwrap();
        assert_eq!((refs(&diff.joins), refs(&diff.leaves)), (vec!["b".into()], vec!["a".into()]));
        // A client that applies it, joins first, keeps the person.
        let mut state =
            PresenceState::from([(user(1), roost_protocol::payload::PresenceEntry { metas: vec![meta("a")] })]);
        diff.apply_to(&mut state);
        assert_eq!(&state, roster.state());
    }
}
