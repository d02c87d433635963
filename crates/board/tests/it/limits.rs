//! Where a board is full, and which texts it does not take.

use expect_test::{Expect, expect};
use roost_board::{
    ApplyError, Board, CardId, Change, ListId, Member, NewCard, NewComment, NewList, Role, User, limits,
};
use uuid::Uuid;

use crate::draw::{card_added, card_id, comment_id, context, empty_board, list_added, list_id, position, user, with};

fn refusal(board: &Board, change: &Change) -> ApplyError {
    board.clone().apply(&context(0, 0), change).expect_err("it was taken")
}

/// Fills `board` with `max` of what `nth` makes, and checks that one more is refused.
fn check_full(board: Board, max: usize, nth: impl Fn(u128) -> Change, expected: &Expect) {
    let mut board = board;
    for n in 1..=max as u128 {
        board.apply(&context(0, 0), &nth(n)).unwrap();
    }
    let error = refusal(&board, &nth(max as u128 + 1));
    assert_eq!(error.code(), "too_many");
    expected.assert_eq(&error.to_string());
    let copy: Board = serde_json::from_str(&serde_json::to_string(&board).unwrap()).unwrap();
    assert_eq!(copy, board, "a full board reads back");
}

#[test]
fn lists() {
    let list = |n| {
        let (id, name) = (ListId::from_uuid(Uuid::from_u128(n)), "List".to_owned());
        Change::ListAdded { list: NewList { id, name, position: position("a0") } }
    };
    check_full(empty_board(), limits::LISTS_MAX, list, &expect!["there can be 500 lists on a board at most"]);
}

#[test]
fn cards() {
    let card = |n| {
        let (id, title) = (CardId::from_uuid(Uuid::from_u128(n)), "Card".to_owned());
        Change::CardAdded { card: NewCard { id, list_id: list_id(0), title, position: position("a0") } }
    };
    let board = with(empty_board(), [list_added(0, "a0")]);
    check_full(board, limits::CARDS_MAX, card, &expect!["there can be 50000 cards on a board at most"]);
}

#[test]
fn comments_on_a_card() {
    let comment = |n| {
        let id = roost_board::CommentId::from_uuid(Uuid::from_u128(n));
        Change::CommentAdded { card_id: card_id(0), comment: NewComment { id, body: "Yes".to_owned() } }
    };
    let board = with(empty_board(), [list_added(0, "a0"), card_added(0, 0, "a0")]);
    check_full(board, limits::COMMENTS_MAX, comment, &expect!["there can be 5000 comments on a card at most"]);
}

#[test]
fn members() {
    let member = |n| {
        let id = roost_board::UserId::from_uuid(Uuid::from_u128(n));
        Change::MemberAdded { member: Member { user: User { id, ..user(1) }, role: Role::Member } }
    };
    // One less, since the owner is a member.
    check_full(
        empty_board(),
        limits::MEMBERS_MAX - 1,
        member,
        &expect!["there can be 1000 members of a board at most"],
    );
}

#[test]
fn every_text_has_a_limit_in_characters() {
    let board = with(empty_board(), [list_added(0, "a0"), card_added(0, 0, "a0")]);
    let member = |user: User| Change::MemberAdded { member: Member { user, role: Role::Member } };
    let cases: [(usize, &dyn Fn(String) -> Change); 10] = [
        (limits::BOARD_NAME_MAX, &|name| Change::BoardRenamed { name }),
        (limits::LIST_NAME_MAX, &|name| Change::ListRenamed { list_id: list_id(0), name }),
        (limits::LIST_NAME_MAX, &|name| Change::ListAdded {
            list: NewList { id: list_id(1), name, position: position("a1") },
        }),
        (limits::CARD_TITLE_MAX, &|title| Change::CardRetitled { card_id: card_id(0), title }),
        (limits::CARD_TITLE_MAX, &|title| Change::CardAdded {
            card: NewCard { id: card_id(1), list_id: list_id(0), title, position: position("a1") },
        }),
        (limits::CARD_DESCRIPTION_MAX, &|description| Change::CardDescribed { card_id: card_id(0), description }),
        (limits::COMMENT_BODY_MAX, &|body| Change::CommentAdded {
            card_id: card_id(0),
            comment: NewComment { id: comment_id(0), body },
        }),
        (limits::PERSON_NAME_MAX, &|first_name| member(User { first_name, ..user(1) })),
        (limits::PERSON_NAME_MAX, &|last_name| member(User { last_name, ..user(1) })),
        (limits::EMAIL_MAX, &|email| member(User { email, ..user(1) })),
    ];
    for (max, change) in cases {
        // Three bytes each, so that bytes and characters cannot be mixed up.
        let just_fits = change("日".repeat(max));
        board.clone().apply(&context(0, 0), &just_fits).unwrap_or_else(|error| panic!("{just_fits:?}: {error}"));
        assert_eq!(refusal(&board, &change("日".repeat(max + 1))).code(), "too_long");
        assert_eq!(refusal(&board, &change("a\u{0}b".to_owned())).code(), "control_character");
    }
}

/// A line break in a name would draw a person twice as high as everybody else.
#[test]
fn a_person_has_a_name_of_one_line() {
    let added = |first_name: &str, last_name: &str, email: &str| {
        let (first_name, last_name, email) = (first_name.to_owned(), last_name.to_owned(), email.to_owned());
        Change::MemberAdded {
            member: Member { user: User { first_name, last_name, email, ..user(1) }, role: Role::Member },
        }
    };
    for (change, expected) in [
        (added("Bob", "Berg", "bob@example.org"), "ok"),
        (added("Bob", "", "bob@example.org"), "ok"),
        (added("", "Berg", "bob@example.org"), "blank"),
        (added("Bob", "Berg", " "), "blank"),
        (added("Bob\n", "Berg", "bob@example.org"), "control_character"),
        (added("Bob", "Berg\nRoss", "bob@example.org"), "control_character"),
        (added("Bob", "Berg", "bob@example.org\n"), "control_character"),
    ] {
        let code = empty_board().apply(&context(0, 0), &change).map_or_else(|error| error.code(), |()| "ok");
        assert_eq!(code, expected, "{change:?}");
    }
    let owner = User { last_name: "Berg\nRoss".to_owned(), ..user(0) };
    let error = Board::new(crate::draw::board_id(), "Spring release", owner).unwrap_err();
    assert_eq!(error.code(), "control_character");
}
