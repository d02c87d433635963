//! What the parts of the page ask for, and the words for it.

use roost_board::{Board, BoardId, CardId, Change, CommentId, ListId, OpId, UserId};
use roost_bridge::DraftKey;
use yew::Callback;

use super::field::Leave;
use super::place::{Item, Place};
use super::replica::Back;

/// The one way from the parts of the page to the one that acts. Always the same, so that it never makes a part differ.
pub(crate) type Dispatch = Callback<Act>;

/// What a part of the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Add cards at the end of a list.
    AddCards(ListId, Vec<String>),
    /// Add lists at the end.
    AddLists(Vec<String>),
    /// Give it another name; the card a title.
    Rename(Edit, String),
    /// Describe a card.
    Describe(CardId, String),
    /// Say something about a card.
    Comment(CardId, String),
    /// Take a comment back.
    RemoveComment(CardId, CommentId),
    /// Move something.
    Move(Item, Place),
    /// Archive something.
    Archive(Item),
    /// Bring a card back.
    Restore(CardId),
    /// Somebody leaves the board, perhaps oneself.
    RemoveMember(UserId),
    /// Take back what was done last, or do again what was taken back last; if it is given, only if that is this one.
    Step(Back, Option<OpId>),
    /// Edit a text in place.
    Edit(Edit),
    /// The text that was edited in place was left.
    Leave(Leave),
    /// Show something over the board, or nothing any more.
    Show(Option<Over>),
    /// The focus is on something.
    Focused(Item),
    /// Ask for the board again.
    Retry,
}

/// A text that is edited in place. There is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The name of the board.
    BoardName,
    /// The name of a list.
    ListName(ListId),
    /// The title of a card, on the board.
    CardTitle(CardId),
    /// A new card.
    NewCard(ListId),
    /// A new list.
    NewList,
}

impl Edit {
    /// Whether what is edited is on the board, for what is gone has no text to edit.
    pub(crate) fn is_on(self, board: &Board) -> bool {
        match self {
            Self::BoardName | Self::NewList => true,
            Self::ListName(id) | Self::NewCard(id) => board.list(id).is_some(),
            Self::CardTitle(id) => board.card(id).is_some(),
        }
    }
}

/// What is shown over the board. There is one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// A card.
    Card(CardId),
    /// The members, and the way to invite one more.
    Members,
    /// The keys.
    Keys,
}

/// The draft that a refused change goes back to, and the text.
pub(crate) fn draft_of(board: BoardId, change: &Change) -> Option<(DraftKey, String)> {
    match change {
        Change::BoardRenamed { name } => Some((DraftKey::board_name(board), name.clone())),
        Change::ListAdded { list } => Some((DraftKey::new_list(board), list.name.clone())),
        Change::ListRenamed { list_id, name } => Some((DraftKey::list_name(*list_id), name.clone())),
        Change::CardAdded { card } => Some((DraftKey::new_card(card.list_id), card.title.clone())),
        Change::CardRetitled { card_id, title } => Some((DraftKey::card_title(*card_id), title.clone())),
        Change::CardDescribed { card_id, description } => {
            Some((DraftKey::card_description(*card_id), description.clone()))
        }
        Change::CommentAdded { card_id, comment } => Some((DraftKey::new_comment(*card_id), comment.body.clone())),
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

/// The card that a change is about.
pub(crate) fn card_of(change: &Change) -> Option<CardId> {
    match change {
        Change::CardAdded { card } => Some(card.id),
        Change::CardMoved { card_id, .. }
        | Change::CardRetitled { card_id, .. }
        | Change::CardDescribed { card_id, .. }
        | Change::CardArchived { card_id }
        | Change::CardRestored { card_id }
        | Change::CommentAdded { card_id, .. }
        | Change::CommentRemoved { card_id, .. } => Some(*card_id),
        Change::BoardRenamed { .. }
        | Change::ListAdded { .. }
        | Change::ListMoved { .. }
        | Change::ListRenamed { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => None,
    }
}

/// What a refused change would have done, for the beginning of a sentence.
pub(crate) fn refused_what(change: Option<&Change>) -> &'static str {
    match change {
        Some(Change::BoardRenamed { .. }) => "The board was not renamed",
        Some(Change::ListAdded { .. }) => "The list was not added",
        Some(Change::ListMoved { .. }) => "The list was not moved",
        Some(Change::ListRenamed { .. }) => "The list was not renamed",
        Some(Change::ListArchived { .. }) => "The list was not archived",
        Some(Change::ListRestored { .. }) => "The list was not restored",
        Some(Change::CardAdded { .. }) => "The card was not added",
        Some(Change::CardMoved { .. }) => "The card was not moved",
        Some(Change::CardRetitled { .. }) => "The card was not renamed",
        Some(Change::CardDescribed { .. }) => "The description was not saved",
        Some(Change::CardArchived { .. }) => "The card was not archived",
        Some(Change::CardRestored { .. }) => "The card was not restored",
        Some(Change::CommentAdded { .. }) => "The comment was not added",
        Some(Change::CommentRemoved { .. }) => "The comment was not removed",
        Some(Change::MemberAdded { .. }) => "Nobody was added",
        Some(Change::MemberRemoved { .. }) => "Nobody was removed",
        Some(Change::Unknown(_)) => "Something that this version of Roost does not know was not done",
        None => "A change was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::tests::{board, card};
    use super::*;

    #[test]
    fn a_refused_text_has_a_draft_to_go_back_to() {
        let board = board(&[1]).id();
        let change = Change::CardRetitled { card_id: card(101), title: "Buy oat milk".into() };
        assert_eq!(draft_of(board, &change), Some((DraftKey::card_title(card(101)), "Buy oat milk".into())));
        assert_eq!(draft_of(board, &Change::CardArchived { card_id: card(101) }), None);
    }
}
