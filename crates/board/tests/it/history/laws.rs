//! What holds of undo and redo whatever is done, and whoever else does something.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roost_board::{Change, Doing, History, NotPossible, OpId, Proposal, Timestamp, UserId, limits};

use super::{Desk, ME, retitled};
use crate::draw::{context, furnished_board, op_id, position, some_change, some_changes, user_id};
use crate::sight::{Slot, sight, slots};

/// A change whose text or position nobody used before: the `n`th.
fn made_unique(change: Change, n: usize) -> Change {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let text = || format!("Words {n}");
    let place = || position(&format!("b{}{}", DIGITS[n / 62] as char, DIGITS[n % 62] as char));
    match change {
        Change::BoardRenamed { .. } => Change::BoardRenamed { name: text() },
        Change::ListMoved { list_id, .. } => Change::ListMoved { list_id, position: place() },
        Change::ListRenamed { list_id, .. } => Change::ListRenamed { list_id, name: text() },
        Change::CardMoved { card_id, list_id, .. } => Change::CardMoved { card_id, list_id, position: place() },
        Change::CardRetitled { card_id, .. } => Change::CardRetitled { card_id, title: text() },
        Change::CardDescribed { card_id, .. } => Change::CardDescribed { card_id, description: text() },
        other => other,
    }
}

#[derive(Debug, Clone)]
enum Event {
    Mine(Change),
    Theirs(Change),
    Undo,
    Redo,
}

fn some_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => some_change().prop_map(Event::Mine),
        3 => some_change().prop_map(Event::Theirs),
        4 => Just(Event::Undo),
        2 => Just(Event::Redo),
    ]
}

/// Changes that I can take back: all but leaving.
fn is_mine_to_undo(change: &Change) -> bool {
    !matches!(change, Change::MemberRemoved { user_id } if *user_id == crate::draw::user_id(ME))
}

proptest! {
    /// As after the server was put back from a backup: what I did is not on the board any more.
    #[test]
    fn what_never_happened_cannot_be_taken_back(before in some_changes(60), mine in some_change()) {
        let mut desk = Desk::new(furnished_board());
        for (context, change) in &before {
            drop(desk.board.apply(context, change));
        }
        let board = desk.board.clone();
        if desk.make(Doing::Anew, mine.clone()).is_some() && desk.board != board {
            let refused = desk.history.undo(&board, &context(ME, 0)).err();
            let is_there = desk.history.undo_steps().len() > 0;
            let expected = if is_there { "it is not possible" } else { "there is nothing" };
            prop_assert!(refused.is_some_and(|why| why.step().is_some() == is_there), "{mine:?}: {expected}");
        }
    }

    #[test]
    fn any_sequence_can_be_taken_back_and_done_again(
        before in some_changes(30),
        mine in prop::collection::vec(some_change().prop_filter("no leaving", is_mine_to_undo), 0..40),
        back in 0..40_usize,
    ) {
        let mut desk = Desk::new(furnished_board());
        for (context, change) in &before {
            drop(desk.board.apply(context, change));
        }
        let mut sights = vec![sight(&desk.board)];
        for change in mine {
            if desk.make(Doing::Anew, change).is_some() {
                sights.push(sight(&desk.board));
            }
        }
        prop_assert_eq!(desk.history.undo_steps().len(), sights.len() - 1);
        // Back and forth once a part of the way, then all of it.
        for depth in [back.min(sights.len() - 1), sights.len() - 1] {
            let way = &sights[sights.len() - 1 - depth..];
            for before in way[..depth].iter().rev() {
                prop_assert_eq!(desk.undo(), Ok(()));
                prop_assert_eq!(&sight(&desk.board), before);
            }
            for after in &way[1..] {
                prop_assert_eq!(desk.redo(), Ok(()));
                prop_assert_eq!(&sight(&desk.board), after);
            }
        }
        prop_assert_eq!(desk.redo(), Err(NotPossible::Nothing));
    }

    /// Whatever another wrote last is there after each step of mine.
    #[test]
    fn nothing_of_others_is_written_over(events in prop::collection::vec(some_event(), 0..80)) {
        let mut desk = Desk::new(furnished_board());
        let mut writers: BTreeMap<Slot, UserId> = BTreeMap::new();
        let mut before = slots(&desk.board);
        for (n, event) in events.into_iter().enumerate() {
            let (writer, is_step) = match event {
                Event::Mine(change) => {
                    desk.make(Doing::Anew, made_unique(change, n));
                    (user_id(ME), false)
                }
                Event::Theirs(change) => {
                    drop(desk.board.apply(&context(2, 0), &made_unique(change, n)));
                    (user_id(2), false)
                }
                Event::Undo => (user_id(ME), desk.undo().is_ok()),
                Event::Redo => (user_id(ME), desk.redo().is_ok()),
            };
            let after = slots(&desk.board);
            for (slot, value) in &after {
                if before.get(slot) != Some(value) {
                    let was = writers.insert(slot.clone(), writer);
                    prop_assert!(!is_step || was != Some(user_id(2)), "{:?} became {:?}", slot, value);
                }
            }
            before = after;
        }
    }

    /// However it comes about, there is never more than the limit, and no step is there twice.
    #[test]
    fn a_history_stays_within_its_limit(doings in prop::collection::vec((0..3_u8, 0..4_u16), 0..600)) {
        let mut history = History::default();
        for (n, (doing, title)) in (0..).zip(doings) {
            let doing = [Doing::Anew, Doing::Undo, Doing::Redo][usize::from(doing)];
            let proposal = Proposal { op: op_id(n), at: Timestamp::from_millis(0), change: retitled(0, &title.to_string()) };
            history.record(doing, &proposal, Some(retitled(0, "x")));
        }
        let mut ops: Vec<OpId> = history.undo_steps().chain(history.redo_steps()).map(|step| step.op).collect();
        prop_assert!(history.undo_steps().len() <= limits::HISTORY_MAX);
        prop_assert!(history.redo_steps().len() <= limits::HISTORY_MAX);
        let n_steps = ops.len();
        ops.sort_unstable();
        ops.dedup();
        prop_assert_eq!(ops.len(), n_steps);
    }
}
