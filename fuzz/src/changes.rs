//! Changes, valid and not, about a few people, lists and cards: few, so that most of them meet.

use arbitrary::{Result, Unstructured};
use roost_board::{
    Board, BoardId, CardId, Change, CommentId, Context, ListId, Member, NewCard, NewComment, NewList, Position, Role,
    Timestamp, User, UserId,
};
use uuid::Uuid;

const N_PEOPLE: u8 = 4;
const N_LISTS: u8 = 4;
const N_CARDS: u8 = 8;
const N_COMMENTS: u8 = 3;

/// A board with nothing on it.
pub fn empty_board() -> Board {
    Board::new(BoardId::from_uuid(id(0, 0)), "Spring release", user(0)).expect("the name is a good one")
}

/// Who makes a change, and which.
pub fn change(input: &mut Unstructured<'_>, at: i64) -> Result<(Context, Change)> {
    let context = Context { actor: user(input.int_in_range(0..=N_PEOPLE)?).id, at: Timestamp::from_millis(at) };
    let change = match input.int_in_range(0..=16)? {
        0 => Change::BoardRenamed { name: text(input)? },
        1 => Change::ListAdded { list: NewList { id: list(input)?, name: text(input)?, position: position(input)? } },
        2 => Change::ListMoved { list_id: list(input)?, position: position(input)? },
        3 => Change::ListRenamed { list_id: list(input)?, name: text(input)? },
        4 => Change::ListArchived { list_id: list(input)? },
        5 => Change::ListRestored { list_id: list(input)? },
        6 => Change::CardAdded {
            card: NewCard { id: card(input)?, list_id: list(input)?, title: text(input)?, position: position(input)? },
        },
        7 => Change::CardMoved { card_id: card(input)?, list_id: list(input)?, position: position(input)? },
        8 => Change::CardRetitled { card_id: card(input)?, title: text(input)? },
        9 => Change::CardDescribed { card_id: card(input)?, description: text(input)? },
        10 => Change::CardArchived { card_id: card(input)? },
        11 => Change::CardRestored { card_id: card(input)? },
        12 => Change::CommentAdded {
            card_id: card(input)?,
            comment: NewComment { id: comment(input)?, body: text(input)? },
        },
        13 => Change::CommentRemoved { card_id: card(input)?, comment_id: comment(input)? },
        14 => {
            let role = if input.arbitrary()? { Role::Owner } else { Role::Member };
            Change::MemberAdded { member: Member { user: user(input.int_in_range(0..=N_PEOPLE)?), role } }
        }
        15 => Change::MemberRemoved { user_id: user(input.int_in_range(0..=N_PEOPLE)?).id },
        _ => serde_json::from_str(r#"{"type":"board_painted","colour":"red"}"#).expect("any object with a type is one"),
    };
    Ok((context, change))
}

fn id(kind: u8, n: u8) -> Uuid {
    Uuid::from_u128(0x0190_f6a4_7c1e_7b52_9d3f_0000_0000_0000 | u128::from(kind) << 16 | u128::from(n))
}

fn user(n: u8) -> User {
    User {
        id: UserId::from_uuid(id(5, n)),
        first_name: format!("Person {n}"),
        last_name: "Berg".to_owned(),
        email: format!("person{n}@example.org"),
    }
}

fn list(input: &mut Unstructured<'_>) -> Result<ListId> {
    Ok(ListId::from_uuid(id(2, input.int_in_range(0..=N_LISTS)?)))
}

fn card(input: &mut Unstructured<'_>) -> Result<CardId> {
    Ok(CardId::from_uuid(id(3, input.int_in_range(0..=N_CARDS)?)))
}

fn comment(input: &mut Unstructured<'_>) -> Result<CommentId> {
    Ok(CommentId::from_uuid(id(4, input.int_in_range(0..=N_COMMENTS)?)))
}

/// Any text, and now and then one of about the greatest lengths.
fn text(input: &mut Unstructured<'_>) -> Result<String> {
    match input.int_in_range(0..=9)? {
        0 => {
            let about = *input.choose(&[100, 500, 10_000, 20_000])?;
            Ok("é".repeat(about - 1 + usize::from(input.int_in_range(0..=2u8)?)))
        }
        1..=4 => Ok("Tiles".to_owned()),
        _ => Ok(input.arbitrary::<&str>()?.to_owned()),
    }
}

fn position(input: &mut Unstructured<'_>) -> Result<Position> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let length = input.int_in_range(1..=6)?;
    let mut text = String::from("a");
    for _ in 0..length {
        text.push(char::from(*input.choose(DIGITS)?));
    }
    Ok(text.parse().unwrap_or_else(|_| Position::first()))
}
