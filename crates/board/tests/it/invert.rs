//! Undo, and undo of the undo.

use proptest::prelude::*;
use roost_board::{Board, Change, Context, NewComment, Role};

use crate::draw::{
    card_added, card_id, comment_id, context, furnished_board, list_added, list_id, member_added, position, some_actor,
    some_change, some_changes, unknown_change, user_id,
};
use crate::sight::{archived, sight};

fn applied(board: &Board, context: &Context, change: &Change) -> Board {
    let mut board = board.clone();
    board.apply(context, change).unwrap_or_else(|error| panic!("{change:?}: {error}"));
    board
}

/// Checks that `change`, taken back, leaves what was in sight, and that the undo can be taken back in turn.
fn assert_undoes(board: &Board, context: &Context, change: &Change) {
    let inverse = board.invert(context, change).unwrap_or_else(|| panic!("no inverse of {change:?}"));
    let after = applied(board, context, change);
    let redo = after.invert(context, &inverse).unwrap_or_else(|| panic!("no inverse of {inverse:?}"));
    let undone = applied(&after, context, &inverse);
    assert_eq!(sight(&undone), sight(board), "undoing {change:?} with {inverse:?}");

    let (mut lists, mut cards) = archived(board);
    match change {
        Change::ListAdded { list } => drop(lists.insert(list.id)),
        Change::CardAdded { card } => drop(cards.insert(card.id)),
        Change::BoardRenamed { .. }
        | Change::ListMoved { .. }
        | Change::ListRenamed { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardMoved { .. }
        | Change::CardRetitled { .. }
        | Change::CardDescribed { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => {}
    }
    assert_eq!(archived(&undone), (lists, cards), "what is archived after undoing {change:?}");

    let redone = applied(&undone, context, &redo);
    assert_eq!(sight(&redone), sight(&after), "redoing {change:?} with {redo:?}");
    assert_eq!(archived(&redone), archived(&after), "what is archived after redoing {change:?}");
}

/// One of every kind, so that none is left to chance.
fn one_of_each() -> Vec<Change> {
    let text = || "New words".to_owned();
    vec![
        Change::BoardRenamed { name: text() },
        list_added(3, "a0V"),
        Change::ListMoved { list_id: list_id(0), position: position("a3") },
        Change::ListRenamed { list_id: list_id(0), name: text() },
        Change::ListArchived { list_id: list_id(0) },
        Change::ListRestored { list_id: list_id(2) },
        card_added(3, 1, "a0"),
        Change::CardMoved { card_id: card_id(0), list_id: list_id(0), position: position("a3") },
        Change::CardMoved { card_id: card_id(0), list_id: list_id(1), position: position("a0") },
        Change::CardRetitled { card_id: card_id(0), title: text() },
        Change::CardDescribed { card_id: card_id(0), description: text() },
        Change::CardArchived { card_id: card_id(1) },
        Change::CardRestored { card_id: card_id(2) },
        Change::CommentAdded { card_id: card_id(1), comment: NewComment { id: comment_id(1), body: text() } },
        Change::CommentRemoved { card_id: card_id(0), comment_id: comment_id(0) },
        member_added(3, Role::Owner),
        Change::MemberRemoved { user_id: user_id(1) },
    ]
}

#[test]
fn every_kind_of_change_can_be_undone_and_redone() {
    for change in one_of_each() {
        assert_undoes(&furnished_board(), &context(0, 7), &change);
    }
}

/// Whoever has left a board cannot come back by themselves, so there is nothing to offer them.
#[test]
fn leaving_a_board_cannot_be_undone() {
    let board = furnished_board();
    for leaver in [1, 2] {
        assert_eq!(board.invert(&context(leaver, 0), &Change::MemberRemoved { user_id: user_id(leaver) }), None);
    }
}

#[test]
fn a_change_that_is_refused_has_no_inverse() {
    let board = furnished_board();
    for change in [
        Change::CardRestored { card_id: card_id(0) },
        Change::CardRetitled { card_id: card_id(9), title: "Gone".to_owned() },
        Change::ListRenamed { list_id: list_id(0), name: String::new() },
        card_added(0, 0, "a0"),
        unknown_change(),
    ] {
        assert_eq!(board.invert(&context(0, 0), &change), None, "{change:?}");
    }
    assert_eq!(board.invert(&context(1, 0), &Change::BoardRenamed { name: "Mine".to_owned() }), None);
}

proptest! {
    #[test]
    fn whatever_applies_can_be_undone(before in some_changes(60), actor in some_actor(), change in some_change()) {
        let mut board = furnished_board();
        for (context, change) in &before {
            drop(board.apply(context, change));
        }
        let context = context(actor, 1_000);
        let leaves = matches!(&change, Change::MemberRemoved { user_id } if *user_id == context.actor);
        if board.clone().apply(&context, &change).is_ok() && !leaves {
            assert_undoes(&board, &context, &change);
        } else {
            prop_assert_eq!(board.invert(&context, &change), None);
        }
    }
}
