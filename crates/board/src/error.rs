//! Why a change was refused.

use std::fmt;

use crate::id::{CardId, CommentId, ListId, UserId};

/// The text that a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A board's name.
    BoardName,
    /// A list's name.
    ListName,
    /// A card's title.
    CardTitle,
    /// A card's description.
    CardDescription,
    /// A comment's body.
    CommentBody,
    /// A person's first name.
    FirstName,
    /// A person's last name.
    LastName,
    /// A person's e-mail address.
    Email,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BoardName => "the board's name",
            Self::ListName => "the list's name",
            Self::CardTitle => "the card's title",
            Self::CardDescription => "the description",
            Self::CommentBody => "the comment",
            Self::FirstName => "the first name",
            Self::LastName => "the last name",
            Self::Email => "the e-mail address",
        })
    }
}

/// Why [`Board::apply`](crate::Board::apply) refused a change. The board is as it was before.
///
/// The text is for logs and people; programs branch on [`code`](Self::code).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The actor is not a member of the board.
    #[error("only members of this board can change it")]
    NotAMember,
    /// Only an owner may do this.
    #[error("only an owner of this board can do that")]
    NotAnOwner,
    /// Only its author may take a comment back.
    #[error("only its author can remove a comment")]
    NotTheAuthor,
    /// No such list, also when it is archived and the change needs it in sight.
    #[error("the list {0} is not on this board")]
    NoSuchList(ListId),
    /// The list is archived.
    #[error("the list is archived")]
    ListArchived(ListId),
    /// The list is not archived.
    #[error("the list is not archived")]
    ListNotArchived(ListId),
    /// No such card.
    #[error("the card {0} is not on this board")]
    NoSuchCard(CardId),
    /// The card is archived.
    #[error("the card is archived")]
    CardArchived(CardId),
    /// The card is not archived.
    #[error("the card is not archived")]
    CardNotArchived(CardId),
    /// No such comment.
    #[error("the comment {0} is not on this card")]
    NoSuchComment(CommentId),
    /// No such member.
    #[error("that person is not a member of this board")]
    NoSuchMember(UserId),
    /// The person is a member already.
    #[error("that person is already a member of this board")]
    AlreadyAMember(UserId),
    /// A board keeps one owner at least.
    #[error("a board keeps at least one owner")]
    LastOwner,
    /// Something else has this id already.
    #[error("this id is already in use on this board")]
    IdTaken,
    /// Nothing to see in it.
    #[error("{field} cannot be blank")]
    Blank {
        /// Which text.
        field: Field,
    },
    /// More characters than there may be.
    #[error("{field} can have {max} characters at most, not {length}")]
    TooLong {
        /// Which text.
        field: Field,
        /// How many characters it has.
        length: usize,
        /// How many it may have.
        max: usize,
    },
    /// A character that cannot be shown.
    #[error("{field} cannot contain the character U+{:04X}", *character as u32)]
    ControlCharacter {
        /// Which text.
        field: Field,
        /// The first such character.
        character: char,
    },
    /// The board, or the card, is full.
    #[error("there can be {max} {what} at most")]
    TooMany {
        /// Of what and where, such as `lists on a board`.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// The change is from a newer version of Roost.
    #[error("this version of Roost does not know the change `{kind}`; update Roost to make it")]
    UnknownChange {
        /// Its type.
        kind: String,
    },
}

impl ApplyError {
    /// The code that travels: stable, in snake case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAMember => "not_a_member",
            Self::NotAnOwner => "not_an_owner",
            Self::NotTheAuthor => "not_the_author",
            Self::NoSuchList(_) => "no_such_list",
            Self::ListArchived(_) => "list_archived",
            Self::ListNotArchived(_) => "list_not_archived",
            Self::NoSuchCard(_) => "no_such_card",
            Self::CardArchived(_) => "card_archived",
            Self::CardNotArchived(_) => "card_not_archived",
            Self::NoSuchComment(_) => "no_such_comment",
            Self::NoSuchMember(_) => "no_such_member",
            Self::AlreadyAMember(_) => "already_a_member",
            Self::LastOwner => "last_owner",
            Self::IdTaken => "id_taken",
            Self::Blank { .. } => "blank",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter { .. } => "control_character",
            Self::TooMany { .. } => "too_many",
            Self::UnknownChange { .. } => "unknown_change",
        }
    }
}
