//! Where something goes that a person drops among others.

use roost_board::{Board, Change, Position, limits};

use crate::draw::{card_added, card_id, empty_board, list_added, list_id, position, with};

fn board_with_cards(positions: &[&str]) -> Board {
    let cards = positions.iter().zip(0..).map(|(position, n)| card_added(n, 0, position));
    with(empty_board(), [list_added(0, "a0"), list_added(1, "a1")].into_iter().chain(cards))
}

/// Puts a card (one of the list's when `moving`, else a new one) at `index` and answers the list's cards as numbers.
fn dropped(board: &Board, index: usize, moving: Option<u16>) -> Vec<u16> {
    let made = board.card_position(list_id(0), index, moving.map(card_id)).unwrap();
    assert_eq!(made.as_str().parse(), Ok(made.clone()), "a position that is none");
    let change = match moving {
        Some(n) => Change::CardMoved { card_id: card_id(n), list_id: list_id(0), position: made },
        None => card_added(9, 0, made.as_str()),
    };
    let board = with(board.clone(), [change]);
    let number = |id| (0..10).find(|&n| card_id(n) == id).unwrap();
    board.list(list_id(0)).unwrap().cards().iter().map(|card| number(card.id)).collect()
}

#[test]
fn a_new_card_goes_where_it_is_dropped() {
    let board = board_with_cards(&["a0", "a1", "a2"]);
    assert_eq!(dropped(&board, 0, None), [9, 0, 1, 2]);
    assert_eq!(dropped(&board, 1, None), [0, 9, 1, 2]);
    assert_eq!(dropped(&board, 3, None), [0, 1, 2, 9]);
    assert_eq!(dropped(&board, usize::MAX, None), [0, 1, 2, 9]);
    assert_eq!(dropped(&board_with_cards(&[]), 0, None), [9]);
}

#[test]
fn a_moved_card_is_not_counted() {
    let board = board_with_cards(&["a0", "a1", "a2"]);
    for n in 0..3 {
        assert_eq!(dropped(&board, usize::from(n), Some(n)), [0, 1, 2], "card {n} to where it is");
    }
    assert_eq!(dropped(&board, 2, Some(0)), [1, 2, 0]);
    assert_eq!(dropped(&board, 1, Some(0)), [1, 0, 2]);
    assert_eq!(dropped(&board, 0, Some(2)), [2, 0, 1]);
    assert_eq!(dropped(&board, 7, Some(1)), [0, 2, 1]);
    // A card of another list is not among these, so all of them count.
    let board = with(board, [Change::CardMoved { card_id: card_id(0), list_id: list_id(1), position: position("a0") }]);
    assert_eq!(dropped(&board, 1, Some(0)), [1, 0, 2]);
}

/// Two who add at the same moment make the same position. Between the two there is no room, so it is the next place.
#[test]
fn between_two_that_share_a_position_it_is_the_next_place_below() {
    let board = board_with_cards(&["a0", "a1", "a1", "a2"]);
    assert_eq!(dropped(&board, 1, None), [0, 9, 1, 2, 3]);
    assert_eq!(dropped(&board, 2, None), [0, 1, 2, 9, 3]);
    assert_eq!(dropped(&board_with_cards(&["a0", "a0", "a0"]), 1, None), [0, 1, 2, 9]);
    // The one that shares it is the one that moves: then there is room.
    assert_eq!(dropped(&board, 2, Some(1)), [0, 2, 1, 3]);
}

/// Where somebody made positions as long as they may be, things still land next to where they are dropped.
#[test]
fn exhausted_positions_have_room_further_down() {
    let longest = |text: &str, digit: &str| format!("{text}{}", digit.repeat(limits::POSITION_MAX - text.len()));
    let (one, next) = (longest("a0", "1"), longest("a0", "1").replace("11111111", "11111112"));
    let (tight, tighter) = (format!("{}1", &one[..127]), format!("{}2", &one[..127]));
    assert!(one < next && tight < tighter);
    let board = board_with_cards(&[&tight, &tighter, "a1"]);
    assert_eq!(dropped(&board, 1, None), [0, 1, 9, 2]);

    let largest = format!("z{}", "z".repeat(limits::POSITION_MAX - 1));
    assert_eq!(dropped(&board_with_cards(&["a0", &largest]), 1, None), [0, 9, 1]);
    // Nothing is larger: a tie, and the newer id is the one below.
    assert_eq!(dropped(&board_with_cards(&["a0", &largest]), 2, None), [0, 1, 9]);
    let smallest = format!("A{}1", "0".repeat(limits::POSITION_MAX - 2));
    assert_eq!(dropped(&board_with_cards(&[&smallest, "a0"]), 0, None), [0, 9, 1]);
}

#[test]
fn no_list_no_place() {
    let board = with(board_with_cards(&[]), [Change::ListArchived { list_id: list_id(1) }]);
    assert_eq!(board.card_position(list_id(1), 0, None), None);
    assert_eq!(board.card_position(list_id(4), 0, None), None);
}

#[test]
fn lists_go_where_they_are_dropped() {
    assert_eq!(empty_board().list_position(0, None), Position::first());
    let board = with(empty_board(), [list_added(0, "a0"), list_added(1, "a1"), list_added(2, "a2")]);
    let moved = |index, moving: u16| {
        let position = board.list_position(index, Some(list_id(moving)));
        let board = with(board.clone(), [Change::ListMoved { list_id: list_id(moving), position }]);
        board.lists().iter().map(|list| list.name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(moved(0, 2), "List 2, List 0, List 1");
    assert_eq!(moved(1, 1), "List 0, List 1, List 2");
    assert_eq!(moved(9, 0), "List 1, List 2, List 0");
    assert_eq!(board.list_position(3, None).as_str(), "a3");
}
