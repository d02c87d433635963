//! What needs attention, in words.

use std::collections::BTreeSet;

use roost_board::{Change, OpId};
use roost_bridge::{AttentionItem, DraftKey, Wanted};

use crate::words::{Names, capitalized, did, doing, quoted, sentence};

/// What was to be done, as a sentence without its full stop.
#[must_use]
pub fn what(item: &AttentionItem) -> String {
    match &item.wanted {
        Wanted::Change { change } => format!("You {}", did(change, &names(item))),
        Wanted::NewBoard { name } => format!("You made the board {}", quoted(name)),
        Wanted::Draft { key, .. } => format!("You were {}", writing(key, item.subject.as_deref())),
    }
}

/// What somebody was doing who was typing a draft.
fn writing(key: &DraftKey, subject: Option<&str>) -> String {
    let key = key.to_string();
    let named = |what: &str, link: &str| match subject {
        Some(subject) => format!("{what} {link} {}", quoted(subject)),
        None => what.to_owned(),
    };
    let it = |otherwise: &str| subject.map_or_else(|| otherwise.to_owned(), quoted);
    let (about, what) = (key.split(':').next(), key.splitn(3, ':').nth(2));
    match (about, what) {
        (Some("card"), Some("comment:new")) => named("writing a comment", "on"),
        (Some("card"), Some("description")) => format!("describing {}", it("a card")),
        (Some("card"), Some("title")) => format!("renaming {}", it("a card")),
        (Some("list"), Some("card:new")) => named("writing a card", "for"),
        (Some("list"), Some("name")) => {
            format!("renaming the list{}", subject.map(|name| format!(" {}", quoted(name))).unwrap_or_default())
        }
        (Some("board"), Some("list:new")) => "writing the name of a list".to_owned(),
        (Some("board"), Some("name")) => "renaming the board".to_owned(),
        (Some("board"), Some("invite")) => "inviting somebody".to_owned(),
        _ => named("writing", "on"),
    }
}

/// The text that somebody typed and may want elsewhere.
#[must_use]
pub fn text(item: &AttentionItem) -> Option<&str> {
    match &item.wanted {
        Wanted::NewBoard { name } => Some(name),
        Wanted::Draft { text, .. } => Some(text),
        Wanted::Change { change } => text_of(change),
    }
}

fn text_of(change: &Change) -> Option<&str> {
    match change {
        Change::BoardRenamed { name } | Change::ListRenamed { name, .. } => Some(name),
        Change::ListAdded { list } => Some(&list.name),
        Change::CardAdded { card } => Some(&card.title),
        Change::CardRetitled { title, .. } => Some(title),
        Change::CardDescribed { description, .. } => {
            Some(description).filter(|text| !text.is_empty()).map(String::as_str)
        }
        Change::CommentAdded { comment, .. } => Some(&comment.body),
        Change::ListMoved { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardMoved { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentRemoved { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => None,
    }
}

/// Whether it can be tried again. A text that was being typed can only be copied.
#[must_use]
pub fn can_retry(item: &AttentionItem) -> bool {
    match &item.wanted {
        Wanted::Change { .. } | Wanted::NewBoard { .. } => true,
        Wanted::Draft { .. } => false,
    }
}

/// What to say of those items that were not there before; `None` when all were.
#[must_use]
pub fn news(known: &BTreeSet<OpId>, items: &[AttentionItem]) -> Option<String> {
    let mut new = items.iter().filter(|item| !known.contains(&item.id));
    let first = new.next()?;
    let others: Vec<_> = new.collect();
    if !others.is_empty() {
        let are_changes = others.iter().chain([&first]).all(|item| matches!(item.wanted, Wanted::Change { .. }));
        let what = if are_changes { "changes were refused" } else { "things need your attention" };
        return Some(format!("{} {what}.", others.len() + 1));
    }
    Some(match &first.wanted {
        Wanted::Change { change } => {
            format!("{} was refused. {}", capitalized(&doing(change, &names(first))), why(first))
        }
        Wanted::NewBoard { name } => format!("Making the board {} was refused. {}", quoted(name), why(first)),
        Wanted::Draft { .. } => format!("What you were writing on {} is kept.", quoted(&first.board_name)),
    })
}

/// Why it could not be done, as a sentence.
#[must_use]
pub fn why(item: &AttentionItem) -> String {
    sentence(&item.refusal.message)
}

fn names(item: &AttentionItem) -> Names {
    Names { subject: item.subject.clone(), list: None }
}

#[cfg(test)]
mod tests {
    use roost_board::{BoardId, CardId, ListId, Timestamp};
    use roost_bridge::Refusal;
    use uuid::Uuid;

    use super::*;

    fn item(n: u128, wanted: Wanted) -> AttentionItem {
        AttentionItem {
            id: OpId::from_uuid(Uuid::from_u128(n)),
            board_id: BoardId::from_uuid(Uuid::from_u128(1)),
            board_name: "Spring release".to_owned(),
            subject: Some("Buy milk".to_owned()),
            wanted,
            refusal: Refusal { code: "card_archived".to_owned(), message: "the card is archived".to_owned() },
            at: Timestamp::from_millis(0),
        }
    }

    fn card() -> CardId {
        CardId::from_uuid(Uuid::from_u128(7))
    }

    fn renamed(n: u128) -> AttentionItem {
        item(n, Wanted::Change { change: Change::CardRetitled { card_id: card(), title: "Buy oat milk".to_owned() } })
    }

    #[test]
    fn what_was_wanted_can_be_read_and_its_text_copied() {
        let archived = item(2, Wanted::Change { change: Change::CardArchived { card_id: card() } });
        let draft = item(3, Wanted::Draft { key: DraftKey::new_comment(card()), text: "Soon".to_owned() });
        let board = item(4, Wanted::NewBoard { name: "Holidays".to_owned() });
        for (item, words, copied, again) in [
            (renamed(1), "You renamed “Buy milk” to “Buy oat milk”", Some("Buy oat milk"), true),
            (archived, "You archived “Buy milk”", None, true),
            (draft, "You were writing a comment on “Buy milk”", Some("Soon"), false),
            (board, "You made the board “Holidays”", Some("Holidays"), true),
        ] {
            assert_eq!((what(&item).as_str(), text(&item), can_retry(&item)), (words, copied, again));
        }
    }

    #[test]
    fn what_was_being_typed_is_told_by_its_draft() {
        let (board, list) = (BoardId::from_uuid(Uuid::from_u128(1)), ListId::from_uuid(Uuid::from_u128(2)));
        for (key, subject, expected) in [
            (DraftKey::new_comment(card()), None, "writing a comment"),
            (DraftKey::card_title(card()), Some("Milk"), "renaming “Milk”"),
            (DraftKey::card_description(card()), None, "describing a card"),
            (DraftKey::new_card(list), Some("Songs"), "writing a card for “Songs”"),
            (DraftKey::new_card(list), None, "writing a card"),
            (DraftKey::list_name(list), None, "renaming the list"),
            (DraftKey::new_list(board), None, "writing the name of a list"),
            (DraftKey::board_name(board), Some("Choir"), "renaming the board"),
            (DraftKey::invite(board), None, "inviting somebody"),
            (DraftKey::from("of another version".to_owned()), None, "writing"),
        ] {
            assert_eq!(writing(&key, subject), expected, "{key}");
        }
    }

    #[test]
    fn only_what_is_new_is_told() {
        let known = BTreeSet::from([renamed(1).id]);
        assert_eq!(news(&known, &[renamed(1)]), None);
        let one = news(&known, &[renamed(1), renamed(2)]);
        assert_eq!(one.as_deref(), Some("Renaming “Buy milk” to “Buy oat milk” was refused. The card is archived."));
        let two = news(&known, &[renamed(1), renamed(2), renamed(3)]);
        assert_eq!(two.as_deref(), Some("2 changes were refused."));
    }
}
