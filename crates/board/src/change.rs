//! What can happen to a board, and the log of it.

use serde::{Deserialize, Serialize};

use crate::board::Member;
use crate::id::{CardId, CommentId, ListId, OpId, Seq, UserId};
use crate::position::Position;
use crate::time::Timestamp;
use crate::unknown::UnknownChange;

/// What happens to a board: one vocabulary for what a client asks and for what the server announces.
///
/// This type is the wire's payload: in JSON it is tagged by `type`, `<thing>_<past participle>` in snake case. A type
/// that a reader does not know it keeps as it is ([`Unknown`](Self::Unknown)); fields that it does not know it passes
/// over; a type that it knows with other fields than it needs is an error.
// `remote` makes the derived code functions of this type, which its implementations in `unknown` call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// The board has a new name. Owners only.
    BoardRenamed {
        /// Its name.
        name: String,
    },
    /// A list is there.
    ListAdded {
        /// The list.
        list: NewList,
    },
    /// A list stands elsewhere among the lists.
    ListMoved {
        /// Which list.
        list_id: ListId,
        /// Where.
        position: Position,
    },
    /// A list has a new name.
    ListRenamed {
        /// Which list.
        list_id: ListId,
        /// Its name.
        name: String,
    },
    /// A list is out of sight, its cards with it; nothing is erased.
    ListArchived {
        /// Which list.
        list_id: ListId,
    },
    /// An archived list is back, its cards with it.
    ListRestored {
        /// Which list.
        list_id: ListId,
    },
    /// A card is there.
    CardAdded {
        /// The card.
        card: NewCard,
    },
    /// A card stands elsewhere, in the same list or another.
    CardMoved {
        /// Which card.
        card_id: CardId,
        /// In which list.
        list_id: ListId,
        /// Where in it.
        position: Position,
    },
    /// A card has a new title.
    CardRetitled {
        /// Which card.
        card_id: CardId,
        /// Its title.
        title: String,
    },
    /// A card has a new description.
    CardDescribed {
        /// Which card.
        card_id: CardId,
        /// Its description; may be empty.
        description: String,
    },
    /// A card is out of sight; nothing is erased.
    CardArchived {
        /// Which card.
        card_id: CardId,
    },
    /// An archived card is back where it was.
    CardRestored {
        /// Which card.
        card_id: CardId,
    },
    /// Somebody said something about a card; the actor is its author.
    CommentAdded {
        /// About which card.
        card_id: CardId,
        /// What they said.
        comment: NewComment,
    },
    /// A comment was taken back, by its author.
    CommentRemoved {
        /// On which card.
        card_id: CardId,
        /// Which comment.
        comment_id: CommentId,
    },
    /// Somebody may see and change the board. Owners only.
    MemberAdded {
        /// Who, and as what.
        member: Member,
    },
    /// Somebody may no longer. Owners only, or that person.
    MemberRemoved {
        /// Who.
        user_id: UserId,
    },
    /// Something that only a newer version of Roost knows. It cannot be applied here.
    #[serde(skip)]
    Unknown(UnknownChange),
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The board itself.
    Board,
    /// A list that was not there before.
    NewList(&'a NewList),
    /// A list.
    List(ListId),
    /// A card that was not there before.
    NewCard(&'a NewCard),
    /// A card, or what is said about it.
    Card(CardId),
    /// Somebody who was no member before.
    NewMember(&'a Member),
    /// A member.
    Member(UserId),
    /// Something that only a newer version of Roost knows.
    Unknown,
}

impl Change {
    /// What it is about.
    #[must_use]
    pub const fn subject(&self) -> Subject<'_> {
        match self {
            Self::BoardRenamed { .. } => Subject::Board,
            Self::ListAdded { list } => Subject::NewList(list),
            Self::ListMoved { list_id, .. }
            | Self::ListRenamed { list_id, .. }
            | Self::ListArchived { list_id }
            | Self::ListRestored { list_id } => Subject::List(*list_id),
            Self::CardAdded { card } => Subject::NewCard(card),
            Self::CardMoved { card_id, .. }
            | Self::CardRetitled { card_id, .. }
            | Self::CardDescribed { card_id, .. }
            | Self::CardArchived { card_id }
            | Self::CardRestored { card_id }
            | Self::CommentAdded { card_id, .. }
            | Self::CommentRemoved { card_id, .. } => Subject::Card(*card_id),
            Self::MemberAdded { member } => Subject::NewMember(member),
            Self::MemberRemoved { user_id } => Subject::Member(*user_id),
            Self::Unknown(_) => Subject::Unknown,
        }
    }
}

/// A list as it is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewList {
    /// Its id, made by whoever adds it.
    pub id: ListId,
    /// Its name.
    pub name: String,
    /// Where it stands among the lists.
    pub position: Position,
}

/// A card as it is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewCard {
    /// Its id, made by whoever adds it.
    pub id: CardId,
    /// In which list.
    pub list_id: ListId,
    /// Its title.
    pub title: String,
    /// Where it stands in the list.
    pub position: Position,
}

/// A comment as it is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewComment {
    /// Its id, made by whoever adds it.
    pub id: CommentId,
    /// What it says.
    pub body: String,
}

/// Who makes a change and when: what [`Board::apply`](crate::Board::apply) needs to know besides the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who.
    pub actor: UserId,
    /// When; the server's clock for an entry, the client's for a proposal.
    pub at: Timestamp,
}

/// A change that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The proposal's id; sent again it is the same proposal.
    pub op: OpId,
    /// When it was made, by the client's clock; it does not travel to the server.
    pub at: Timestamp,
    /// What is asked for.
    pub change: Change,
}

/// A change that the server has accepted: one line of a board's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log.
    pub seq: Seq,
    /// The proposal that it was.
    pub op: OpId,
    /// Who made it.
    pub actor: UserId,
    /// When it was accepted, by the server's clock.
    pub at: Timestamp,
    /// What happened.
    pub change: Change,
}

impl Entry {
    /// Who made it and when.
    #[must_use]
    pub const fn context(&self) -> Context {
        Context { actor: self.actor, at: self.at }
    }

    /// By what it is told from another.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark { op: self.op, at: self.at }
    }
}

/// By what an entry is told from any other that could have its place. A server that was put back from a backup may give
/// a proposal that is sent again the place that it had before, on top of others, but not the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The proposal.
    pub op: OpId,
    /// When the server accepted it.
    pub at: Timestamp,
}
