//! One function changes a board: everywhere alike, wholly or not at all, and never beyond what a board may be.

use std::collections::HashSet;

use proptest::prelude::*;
use roost_board::{Board, Card, Change, List, Role, check_line, limits};

use crate::draw::{context, empty_board, furnished_board, some_change, some_changes};

/// Checks everything that is true of every board.
fn assert_sound(board: &Board) {
    assert!(board.members().any(|member| member.role == Role::Owner), "no owner left");
    assert_in_order(board.lists().iter().map(|list| (list.position(), list.id())));
    assert_in_order(board.archived_lists().iter().map(|list| (list.position(), list.id())));
    let mut cards = HashSet::new();
    let mut lists = HashSet::new();
    for list in board.lists().iter().chain(board.archived_lists()) {
        assert!(lists.insert(list.id()), "{} is there twice", list.id());
        assert_sound_list(list);
        for card in list.cards().iter().chain(list.archived_cards()) {
            assert!(cards.insert(card.id), "{} is there twice", card.id);
        }
    }
    for list in board.lists() {
        assert_eq!(board.list(list.id()), Some(list));
        assert!(list.cards().iter().all(|card| board.card(card.id) == Some(card)), "a card that is not found");
        assert!(list.archived_cards().iter().all(|card| board.card(card.id).is_none()), "an archived card in sight");
    }
    for list in board.archived_lists() {
        assert_eq!(board.list(list.id()), None);
        assert!(list.cards().iter().all(|card| board.card(card.id).is_none()), "a card of an archived list in sight");
    }
    assert_eq!(board.n_cards(), board.lists().iter().map(|list| list.cards().len()).sum::<usize>());
    assert_eq!(board.summary().n_cards, board.n_cards());
}

fn assert_sound_list(list: &List) {
    check_line(roost_board::Field::ListName, list.name(), limits::LIST_NAME_MAX).unwrap();
    assert_in_order(list.cards().iter().map(|card| (&card.position, card.id)));
    assert_in_order(list.archived_cards().iter().map(|card| (&card.position, card.id)));
    for card in list.cards().iter().chain(list.archived_cards()) {
        let Card { id: _, list_id, title, description, position, comments } = &**card;
        assert_eq!(*list_id, list.id(), "a card that says it is elsewhere");
        check_line(roost_board::Field::CardTitle, title, limits::CARD_TITLE_MAX).unwrap();
        assert!(description.chars().count() <= limits::CARD_DESCRIPTION_MAX);
        assert!(position.as_str().len() <= limits::POSITION_MAX);
        assert_in_order(comments.iter().map(|comment| comment.id));
    }
}

fn assert_in_order<T: PartialOrd>(things: impl IntoIterator<Item = T>) {
    assert!(things.into_iter().is_sorted_by(|one, next| one < next), "out of order, or twice");
}

fn through_json(board: &Board) -> Board {
    serde_json::from_str(&serde_json::to_string(board).unwrap()).unwrap()
}

proptest! {
    /// The heart of it: whoever is given the same changes has the same board, at every moment.
    #[test]
    fn the_same_changes_make_the_same_board_everywhere(changes in some_changes(60)) {
        let mut server = furnished_board();
        let mut follower = server.clone();
        for (context, change) in &changes {
            let before = server.clone();
            let outcome = server.apply(context, change);
            // The follower comes from JSON every time, as one that has just joined.
            follower = through_json(&follower);
            prop_assert_eq!(&follower.apply(context, change), &outcome, "{:?}", change);
            prop_assert_eq!(&server, &follower, "{:?}", change);
            if outcome.is_err() {
                prop_assert_eq!(&server, &before, "refused, and changed all the same: {:?}", change);
            }
            assert_sound(&server);
        }
    }

    /// A copy shares what it can with its original, and never changes it.
    #[test]
    fn a_copy_is_apart_from_its_original(before in some_changes(40), after in some_changes(10)) {
        let mut board = furnished_board();
        for (context, change) in &before {
            drop(board.apply(context, change));
        }
        let apart = through_json(&board);
        let mut copy = board.clone();
        for (context, change) in &after {
            drop(copy.apply(context, change));
        }
        prop_assert_eq!(board, apart);
    }

    /// A change reads back as it was written, and a stranger can never change anything.
    #[test]
    fn a_stranger_changes_nothing(change in some_change()) {
        let json = serde_json::to_string(&change).unwrap();
        prop_assert_eq!(serde_json::from_str::<Change>(&json).unwrap(), change.clone());
        let mut board = empty_board();
        prop_assert_eq!(board.apply(&context(4, 0), &change).unwrap_err().code(), "not_a_member");
    }
}

/// The pools that changes are drawn from are worth something only while many of them apply and many do not.
#[test]
fn enough_of_the_drawn_changes_apply() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut n_applied = 0;
    let mut n_refused = 0;
    for _ in 0..100 {
        let mut board = furnished_board();
        for (context, change) in some_changes(60).new_tree(&mut runner).unwrap().current() {
            match board.apply(&context, &change) {
                Ok(()) => n_applied += 1,
                Err(_) => n_refused += 1,
            }
        }
    }
    let share = n_applied * 100 / (n_applied + n_refused);
    assert!((25..=75).contains(&share), "{share} % of the changes apply");
}
