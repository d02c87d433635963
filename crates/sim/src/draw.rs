//! Draws what people do.

use fastrand::Rng;
use roost_board::{
    Board, BoardId, Card, CardId, Change, CommentId, ListId, Member, NewCard, NewComment, NewList, OpId, Position,
    Role, User, UserId,
};
use uuid::Uuid;

/// From here on things are archived rather than added, so that boards stay small enough to be compared all the time.
const N_LISTS: usize = 4;
const N_CARDS: usize = 12;

fn uuid(kind: u8, n: u64) -> Uuid {
    Uuid::from_u128(0x0190_f6a4_7c1e_7000_8000_0000_0000_0000 | u128::from(kind) << 40 | u128::from(n))
}

/// The board that everything is about.
#[must_use]
pub fn board_id() -> BoardId {
    BoardId::from_uuid(uuid(1, 0))
}

/// The `n`th person; the first owns the board.
#[must_use]
pub fn person(n: usize) -> User {
    User {
        id: UserId::from_uuid(uuid(2, n as u64)),
        first_name: format!("Person {n}"),
        last_name: "Berg".to_owned(),
        email: format!("person{n}@example.org"),
    }
}

/// The board as it is made: the first person's, with nothing on it.
#[must_use]
pub fn new_board() -> Board {
    Board::new(board_id(), "Spring release", person(0)).expect("the name and the person are valid")
}

/// The id of the `n`th proposal of a simulation.
#[must_use]
pub fn op_id(n: u64) -> OpId {
    OpId::from_uuid(uuid(3, n))
}

/// Draws a change that somebody could make who sees this board; most of them apply to it. `n` is another one each
/// time: it names what is added.
pub(crate) fn change(rng: &mut Rng, board: &Board, me: UserId, n_people: usize, n: u64) -> Change {
    match rng.u32(0..100) {
        0..30 => add(rng, board, n),
        30..88 => about_a_card(rng, board, me, n).unwrap_or_else(|| add(rng, board, n)),
        88..94 => about_a_list(rng, board, n).unwrap_or_else(|| add(rng, board, n)),
        94..99 => about_a_member(rng, board, n_people),
        _ => Change::BoardRenamed { name: format!("Board {n}") },
    }
}

fn add(rng: &mut Rng, board: &Board, n: u64) -> Change {
    match rng.choice(board.lists()) {
        Some(list) if rng.usize(0..8) > 0 => Change::CardAdded {
            card: NewCard {
                id: CardId::from_uuid(uuid(5, n)),
                list_id: list.id(),
                title: format!("Card {n}"),
                position: card_position(rng, board, list.id()),
            },
        },
        _ => Change::ListAdded {
            list: NewList {
                id: ListId::from_uuid(uuid(4, n)),
                name: format!("List {n}"),
                position: board.list_position(rng.usize(0..=board.lists().len()), None),
            },
        },
    }
}

fn about_a_card(rng: &mut Rng, board: &Board, me: UserId, n: u64) -> Option<Change> {
    let archived: Vec<CardId> =
        board.lists().iter().flat_map(|list| list.archived_cards()).map(|card| card.id).collect();
    if rng.usize(0..8) == 0
        && let Some(&card_id) = rng.choice(&archived)
    {
        return Some(Change::CardRestored { card_id });
    }
    let cards: Vec<&Card> = board.lists().iter().flat_map(|list| list.cards()).map(AsRef::as_ref).collect();
    let card = *rng.choice(&cards)?;
    let card_id = card.id;
    if cards.len() > N_CARDS && rng.bool() {
        return Some(Change::CardArchived { card_id });
    }
    Some(match rng.u32(0..20) {
        0..9 => {
            let list_id = rng.choice(board.lists())?.id();
            Change::CardMoved { card_id, list_id, position: card_position(rng, board, list_id) }
        }
        9..12 => Change::CardRetitled { card_id, title: format!("Title {n}") },
        12..14 => Change::CardDescribed { card_id, description: format!("Line {n}\nand another") },
        14..16 => Change::CardArchived { card_id },
        16..19 => {
            let comment = NewComment { id: CommentId::from_uuid(uuid(6, n)), body: format!("Comment {n}") };
            Change::CommentAdded { card_id, comment }
        }
        _ => {
            let mut mine = card.comments.iter().filter(|comment| comment.author == me);
            Change::CommentRemoved { card_id, comment_id: mine.next()?.id }
        }
    })
}

fn about_a_list(rng: &mut Rng, board: &Board, n: u64) -> Option<Change> {
    if let Some(list) = rng.choice(board.archived_lists())
        && rng.bool()
    {
        return Some(Change::ListRestored { list_id: list.id() });
    }
    let list_id = rng.choice(board.lists())?.id();
    Some(match rng.u32(0..4) {
        _ if board.lists().len() > N_LISTS => Change::ListArchived { list_id },
        0 => Change::ListArchived { list_id },
        1 => Change::ListRenamed { list_id, name: format!("Name {n}") },
        _ => {
            let position = board.list_position(rng.usize(0..board.lists().len()), Some(list_id));
            Change::ListMoved { list_id, position }
        }
    })
}

/// Never the first person, who owns the board. Nobody but an owner may, except leave.
fn about_a_member(rng: &mut Rng, board: &Board, n_people: usize) -> Change {
    let user = person(rng.usize(1..n_people.max(2)));
    if board.member(user.id).is_some() && rng.bool() {
        Change::MemberRemoved { user_id: user.id }
    } else {
        Change::MemberAdded { member: Member { user, role: Role::Member } }
    }
}

fn card_position(rng: &mut Rng, board: &Board, list: ListId) -> Position {
    let n_cards = board.list(list).map_or(0, |list| list.cards().len());
    board.card_position(list, rng.usize(0..=n_cards), None).unwrap_or_else(Position::first)
}
