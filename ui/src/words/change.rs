//! A change in words: what somebody did, or the doing of it.

use roost_board::{Board, CardId, Change, ListId, Subject};

use super::quoted;

/// The names of what a change is about, as far as they are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// The title of the card, the name of the list or of the person, before the change.
    pub subject: Option<String>,
    /// The list that a card comes to, if it comes from another one.
    pub list: Option<String>,
}

impl Names {
    /// The names on a board before a change.
    pub fn on(board: &Board, change: &Change) -> Self {
        let subject = match change.subject() {
            Subject::Board => Some(board.name().to_owned()),
            Subject::NewList(list) => Some(list.name.clone()),
            Subject::List(id) => list_name(board, id),
            Subject::NewCard(card) => Some(card.title.clone()),
            Subject::Card(id) => card_title(board, id),
            Subject::NewMember(member) => Some(member.user.full_name()),
            Subject::Member(id) => board.member(id).map(|member| member.user.full_name()),
            Subject::Unknown => None,
        };
        let list = match change {
            Change::CardMoved { card_id, list_id, .. } => {
                let is_other = board.card(*card_id).is_some_and(|card| card.list_id != *list_id);
                is_other.then(|| list_name(board, *list_id)).flatten()
            }
            Change::BoardRenamed { .. }
            | Change::ListAdded { .. }
            | Change::ListMoved { .. }
            | Change::ListRenamed { .. }
            | Change::ListArchived { .. }
            | Change::ListRestored { .. }
            | Change::CardAdded { .. }
            | Change::CardRetitled { .. }
            | Change::CardDescribed { .. }
            | Change::CardArchived { .. }
            | Change::CardRestored { .. }
            | Change::CommentAdded { .. }
            | Change::CommentRemoved { .. }
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::Unknown(_) => None,
        };
        Self { subject, list }
    }
}

/// The title of a card, also of an archived one.
fn card_title(board: &Board, id: CardId) -> Option<String> {
    let archived = || {
        let lists = board.lists().iter().chain(board.archived_lists());
        lists.flat_map(|list| list.archived_cards()).find(|card| card.id == id)
    };
    board.card(id).or_else(archived).map(|card| card.title.clone())
}

/// The name of a list, also of an archived one.
fn list_name(board: &Board, id: ListId) -> Option<String> {
    let archived = || board.archived_lists().iter().find(|list| list.id() == id);
    board.list(id).or_else(archived).map(|list| list.name().to_owned())
}

/// The form of the verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Did,
    Doing,
}

/// What somebody did, to follow "You" or "Undid:", such as `moved “Buy milk” to Done`.
#[must_use]
pub fn did(change: &Change, names: &Names) -> String {
    phrase(change, names, Form::Did)
}

/// The doing of it, to be followed by a verb, such as `moving “Buy milk” to Done`.
#[must_use]
pub fn doing(change: &Change, names: &Names) -> String {
    phrase(change, names, Form::Doing)
}

fn phrase(change: &Change, names: &Names, form: Form) -> String {
    let verb = |did: &'static str, doing: &'static str| match form {
        Form::Did => did,
        Form::Doing => doing,
    };
    let subject = |otherwise: &str| names.subject.as_deref().map_or_else(|| otherwise.to_owned(), quoted);
    let card = || subject("a card");
    let list =
        || names.subject.as_deref().map_or_else(|| "a list".to_owned(), |name| format!("the list {}", quoted(name)));
    let person = || names.subject.clone().unwrap_or_else(|| "somebody".to_owned());
    let added = verb("added", "adding");
    let archived = verb("archived", "archiving");
    let moved = verb("moved", "moving");
    let removed = verb("removed", "removing");
    let renamed = verb("renamed", "renaming");
    let restored = verb("brought back", "bringing back");
    match change {
        Change::BoardRenamed { name } => format!("{renamed} the board to {}", quoted(name)),
        Change::ListAdded { list } => format!("{added} the list {}", quoted(&list.name)),
        Change::ListMoved { .. } => format!("{moved} {}", list()),
        Change::ListRenamed { name, .. } => format!("{renamed} {} to {}", list(), quoted(name)),
        Change::ListArchived { .. } => format!("{archived} {}", list()),
        Change::ListRestored { .. } => format!("{restored} {}", list()),
        Change::CardAdded { card } => format!("{added} {}", quoted(&card.title)),
        Change::CardMoved { .. } => match &names.list {
            Some(list) => format!("{moved} {} to {list}", card()),
            None => format!("{moved} {}", card()),
        },
        Change::CardRetitled { title, .. } => format!("{renamed} {} to {}", card(), quoted(title)),
        Change::CardDescribed { .. } => format!("{} {}", verb("described", "describing"), card()),
        Change::CardArchived { .. } => format!("{archived} {}", card()),
        Change::CardRestored { .. } => format!("{restored} {}", card()),
        Change::CommentAdded { .. } => format!("{} on {}", verb("commented", "commenting"), card()),
        Change::CommentRemoved { .. } => format!("{removed} a comment on {}", card()),
        Change::MemberAdded { .. } => format!("{added} {}", person()),
        Change::MemberRemoved { .. } => format!("{removed} {}", person()),
        Change::Unknown(_) => {
            verb("did something that only a newer Roost knows", "something that only a newer Roost knows").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use roost_board::{ListId, Position};
    use uuid::Uuid;

    use super::*;

    fn card() -> CardId {
        CardId::from_uuid(Uuid::from_u128(7))
    }

    #[test]
    fn what_was_done_names_what_it_was_done_to() {
        let milk = Names { subject: Some("Buy milk".to_owned()), list: None };
        let to_done = Names { list: Some("Done".to_owned()), ..milk.clone() };
        let list_id = ListId::from_uuid(Uuid::from_u128(8));
        let moved = Change::CardMoved { card_id: card(), list_id, position: Position::first() };
        let retitled = Change::CardRetitled { card_id: card(), title: "Buy oat milk".to_owned() };
        let archived = Change::ListArchived { list_id };
        for (change, names, expected) in [
            (&moved, &milk, "moved “Buy milk”"),
            (&moved, &to_done, "moved “Buy milk” to Done"),
            (&retitled, &milk, "renamed “Buy milk” to “Buy oat milk”"),
            (&retitled, &Names::default(), "renamed a card to “Buy oat milk”"),
            (&archived, &milk, "archived the list “Buy milk”"),
        ] {
            assert_eq!(did(change, names), expected);
        }
        assert_eq!(doing(&moved, &to_done), "moving “Buy milk” to Done");
    }
}
