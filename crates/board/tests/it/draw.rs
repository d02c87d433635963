//! Draws changes, valid and not, about a few people, lists and cards.

use proptest::prelude::*;
use proptest::sample::select;
use roost_board::{
    Board, BoardId, CardId, Change, CommentId, Context, ListId, Member, NewCard, NewComment, NewList, OpId, Position,
    Role, Timestamp, User, UserId,
};
use uuid::Uuid;

/// The people that changes are about and made by; the first owns the board from its beginning.
pub(crate) const N_PEOPLE: u16 = 5;
const N_LISTS: u16 = 4;
const N_CARDS: u16 = 7;
const N_COMMENTS: u16 = 2;

fn uuid(kind: u8, n: u16) -> Uuid {
    Uuid::from_u128(0x0190_f6a4_7c1e_7b52_9d3f_0000_0000_0000 | u128::from(kind) << 16 | u128::from(n))
}

pub(crate) fn board_id() -> BoardId {
    BoardId::from_uuid(uuid(1, 0))
}

pub(crate) fn list_id(n: u16) -> ListId {
    ListId::from_uuid(uuid(2, n))
}

pub(crate) fn card_id(n: u16) -> CardId {
    CardId::from_uuid(uuid(3, n))
}

pub(crate) fn comment_id(n: u16) -> CommentId {
    CommentId::from_uuid(uuid(4, n))
}

pub(crate) fn user_id(n: u16) -> UserId {
    UserId::from_uuid(uuid(5, n))
}

pub(crate) fn op_id(n: u16) -> OpId {
    OpId::from_uuid(uuid(6, n))
}

pub(crate) fn user(n: u16) -> User {
    User {
        id: user_id(n),
        first_name: format!("Person {n}"),
        last_name: "Berg".to_owned(),
        email: format!("person{n}@example.org"),
    }
}

pub(crate) fn context(actor: u16, at: i64) -> Context {
    Context { actor: user_id(actor), at: Timestamp::from_millis(at) }
}

pub(crate) fn position(text: &str) -> Position {
    text.parse().unwrap()
}

/// A board with nothing on it; person 0 owns it.
pub(crate) fn empty_board() -> Board {
    Board::new(board_id(), "Spring release", user(0)).unwrap()
}

pub(crate) fn list_added(n: u16, position: &str) -> Change {
    Change::ListAdded {
        list: NewList { id: list_id(n), name: format!("List {n}"), position: position.parse().unwrap() },
    }
}

pub(crate) fn card_added(n: u16, list: u16, position: &str) -> Change {
    Change::CardAdded {
        card: NewCard {
            id: card_id(n),
            list_id: list_id(list),
            title: format!("Card {n}"),
            position: position.parse().unwrap(),
        },
    }
}

pub(crate) fn member_added(n: u16, role: Role) -> Change {
    Change::MemberAdded { member: Member { user: user(n), role } }
}

/// A change of a newer version.
pub(crate) fn unknown_change() -> Change {
    serde_json::from_str(r#"{"type":"board_painted","colour":"red"}"#).unwrap()
}

/// Applies changes by person 0 that have to apply.
pub(crate) fn with(mut board: Board, changes: impl IntoIterator<Item = Change>) -> Board {
    for change in changes {
        board.apply(&context(0, 0), &change).unwrap_or_else(|error| panic!("{change:?}: {error}"));
    }
    board
}

/// Two lists in sight and an archived one, three cards (one archived), a comment, three people: two owners, a member.
pub(crate) fn furnished_board() -> Board {
    with(
        empty_board(),
        [
            list_added(0, "a0"),
            list_added(1, "a1"),
            list_added(2, "a2"),
            card_added(0, 0, "a0"),
            card_added(1, 0, "a1"),
            card_added(2, 0, "a2"),
            Change::CardArchived { card_id: card_id(2) },
            Change::ListArchived { list_id: list_id(2) },
            Change::CommentAdded {
                card_id: card_id(0),
                comment: NewComment { id: comment_id(0), body: "Looks good".to_owned() },
            },
            member_added(1, Role::Member),
            member_added(2, Role::Owner),
        ],
    )
}

fn some_list() -> impl Strategy<Value = ListId> {
    (0..N_LISTS).prop_map(list_id)
}

fn some_card() -> impl Strategy<Value = CardId> {
    (0..N_CARDS).prop_map(card_id)
}

fn some_comment() -> impl Strategy<Value = CommentId> {
    (0..N_COMMENTS).prop_map(comment_id)
}

/// Texts that a name may be, and now and then one that it may not.
fn some_line(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        16 => "[a-zA-Zäöü日本👍]{1,8}( [a-z]{1,4})?",
        1 => "[ \u{A0}\u{200B}]{0,3}",
        1 => select(vec!["two\nlines", "nul\u{0}", "\u{202E}drawkcab", "tab\t"]).prop_map(str::to_owned),
        1 => (max..max + 2).prop_map(|length| "é".repeat(length)),
    ]
}

fn some_position() -> impl Strategy<Value = Position> {
    prop_oneof![
        4 => select(vec!["a0", "a1", "a2", "a0V", "Zz", "Zx", "b00", "Xzzz"]).prop_map(position),
        3 => "[X-Za-c][0-9A-Za-z]{1,8}".prop_filter_map("a position", |text| text.parse().ok()),
        1 => select(vec!['1', 'V', 'z']).prop_map(|digit| position(&format!("a0{}", digit.to_string().repeat(126)))),
    ]
}

/// A change, of every kind, about things that may or may not be there.
pub(crate) fn some_change() -> impl Strategy<Value = Change> {
    // What is added has more ids to choose from, so that it is seldom there already.
    let list = ((0..4 * N_LISTS).prop_map(list_id), some_line(100), some_position());
    let card = ((0..4 * N_CARDS).prop_map(card_id), some_list(), some_line(500), some_position());
    let member = (0..N_PEOPLE, prop_oneof![Just(Role::Owner), Just(Role::Member)]);
    prop_oneof![
        2 => some_line(100).prop_map(|name| Change::BoardRenamed { name }),
        6 => list.prop_map(|(id, name, position)| Change::ListAdded { list: NewList { id, name, position } }),
        3 => (some_list(), some_position()).prop_map(|(list_id, position)| Change::ListMoved { list_id, position }),
        2 => (some_list(), some_line(100)).prop_map(|(list_id, name)| Change::ListRenamed { list_id, name }),
        1 => some_list().prop_map(|list_id| Change::ListArchived { list_id }),
        2 => some_list().prop_map(|list_id| Change::ListRestored { list_id }),
        12 => card.prop_map(|(id, list_id, title, position)| {
            Change::CardAdded { card: NewCard { id, list_id, title, position } }
        }),
        8 => (some_card(), some_list(), some_position())
            .prop_map(|(card_id, list_id, position)| Change::CardMoved { card_id, list_id, position }),
        3 => (some_card(), some_line(500)).prop_map(|(card_id, title)| Change::CardRetitled { card_id, title }),
        3 => (some_card(), "[a-z\n\t]{0,9}\u{0}?")
            .prop_map(|(card_id, description)| Change::CardDescribed { card_id, description }),
        3 => some_card().prop_map(|card_id| Change::CardArchived { card_id }),
        4 => some_card().prop_map(|card_id| Change::CardRestored { card_id }),
        4 => (some_card(), some_comment(), "[a-z\n]{0,6}")
            .prop_map(|(card_id, id, body)| Change::CommentAdded { card_id, comment: NewComment { id, body } }),
        3 => (some_card(), some_comment())
            .prop_map(|(card_id, comment_id)| Change::CommentRemoved { card_id, comment_id }),
        4 => member.prop_map(|(n, role)| member_added(n, role)),
        1 => (0..N_PEOPLE).prop_map(|n| Change::MemberRemoved { user_id: user_id(n) }),
        1 => Just(unknown_change()),
    ]
}

/// Who makes a change: mostly the owner, so that much of it applies.
pub(crate) fn some_actor() -> impl Strategy<Value = u16> {
    prop_oneof![6 => Just(0), 3 => 0..N_PEOPLE]
}

/// Changes with who makes them, one millisecond after the other.
pub(crate) fn some_changes(n_max: usize) -> impl Strategy<Value = Vec<(Context, Change)>> {
    prop::collection::vec((some_actor(), some_change()), 0..=n_max).prop_map(|changes| {
        changes.into_iter().zip(0..).map(|((actor, change), at)| (context(actor, at), change)).collect()
    })
}
