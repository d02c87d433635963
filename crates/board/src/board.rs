//! The board and what is on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{ApplyError, Field};
use crate::id::{BoardId, CardId, CommentId, ListId, UserId};
use crate::limits;
use crate::places::Places;
use crate::position::Position;
use crate::siblings::index_of;
use crate::text::{check_line, check_optional_line};
use crate::time::Timestamp;

/// A person, as the other members of a board see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name; may be empty.
    pub last_name: String,
    /// E-mail address, in lower case.
    pub email: String,
}

impl User {
    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Checks the names and the length of the address. Whether mail arrives there is not a board's business.
    pub(crate) fn check(&self) -> Result<(), ApplyError> {
        check_line(Field::FirstName, &self.first_name, limits::PERSON_NAME_MAX)?;
        check_optional_line(Field::LastName, &self.last_name, limits::PERSON_NAME_MAX)?;
        check_line(Field::Email, &self.email, limits::EMAIL_MAX)
    }
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but renaming the board and saying who its members are.
    Member,
}

/// Somebody who may see and change the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: User,
    /// As what.
    pub role: Role,
}

/// Something said about a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Who said it; perhaps no longer a member.
    pub author: UserId,
    /// What they said.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its id.
    pub id: CardId,
    /// The list that it is in.
    pub list_id: ListId,
    /// Its title: one line.
    pub title: String,
    /// Its description: many lines, perhaps empty.
    #[serde(default)]
    pub description: String,
    /// Where it stands in its list.
    pub position: Position,
    /// What was said about it, in the order of the comments' ids, which is that of time.
    #[serde(default)]
    pub comments: Vec<Comment>,
}

/// A list and its cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub(crate) id: ListId,
    pub(crate) name: String,
    pub(crate) position: Position,
    /// Sorted by position, then id.
    pub(crate) cards: Vec<Arc<Card>>,
    /// In the same order.
    pub(crate) archived_cards: Vec<Arc<Card>>,
}

impl List {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> ListId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands among the lists.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// Its cards, in display order, without the archived ones.
    #[must_use]
    pub fn cards(&self) -> &[Arc<Card>] {
        &self.cards
    }

    /// Its archived cards.
    #[must_use]
    pub fn archived_cards(&self) -> &[Arc<Card>] {
        &self.archived_cards
    }
}

/// A board: the whole of what its members see.
///
/// Cloning it is cheap: lists and cards are shared until one of the two copies changes them. Two boards are equal when
/// everything on them is, archived things included.
///
/// In JSON it has `id`, `name`, `members`, `lists` and `cards` in display order, and `archived_lists` and
/// `archived_cards`; the cards of an archived list are among `cards`. Reading checks everything that
/// [`apply`](Self::apply) checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    pub(crate) id: BoardId,
    pub(crate) name: String,
    pub(crate) members: Arc<BTreeMap<UserId, Member>>,
    /// Sorted by position, then id.
    pub(crate) lists: Vec<Arc<List>>,
    /// In the same order.
    pub(crate) archived_lists: Vec<Arc<List>>,
    /// Where each card is, archived ones included.
    pub(crate) places: Places,
}

impl Board {
    /// A board with nothing on it and one owner.
    ///
    /// # Errors
    /// When the name is not one that a board may have, or the owner's not one that a person may have.
    pub fn new(id: BoardId, name: &str, owner: User) -> Result<Self, ApplyError> {
        check_line(Field::BoardName, name, limits::BOARD_NAME_MAX)?;
        owner.check()?;
        let member = Member { user: owner, role: Role::Owner };
        Ok(Self {
            id,
            name: name.to_owned(),
            members: Arc::new(BTreeMap::from([(member.user.id, member)])),
            lists: Vec::new(),
            archived_lists: Vec::new(),
            places: Places::default(),
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> BoardId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its members, in the order of their ids.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }

    /// A member.
    #[must_use]
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.get(&user)
    }

    /// What somebody may do here; `None` when they are not a member.
    #[must_use]
    pub fn role(&self, user: UserId) -> Option<Role> {
        self.member(user).map(|member| member.role)
    }

    /// Its lists, in display order, without the archived ones.
    #[must_use]
    pub fn lists(&self) -> &[Arc<List>] {
        &self.lists
    }

    /// Its archived lists.
    #[must_use]
    pub fn archived_lists(&self) -> &[Arc<List>] {
        &self.archived_lists
    }

    /// A list that is not archived.
    #[must_use]
    pub fn list(&self, id: ListId) -> Option<&Arc<List>> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// A card that is not archived, nor is its list.
    #[must_use]
    pub fn card(&self, id: CardId) -> Option<&Arc<Card>> {
        let place = self.places.get(id)?;
        let cards = &self.list(place.list_id)?.cards;
        Some(&cards[index_of(cards, &place.position, id)?])
    }

    /// The list that a card in sight is in, and its index there.
    #[must_use]
    pub fn card_index(&self, id: CardId) -> Option<(ListId, usize)> {
        let place = self.places.get(id)?;
        let index = index_of(&self.list(place.list_id)?.cards, &place.position, id)?;
        Some((place.list_id, index))
    }

    /// How many cards there are in sight.
    #[must_use]
    pub fn n_cards(&self) -> usize {
        self.lists.iter().map(|list| list.cards.len()).sum()
    }

    /// The position at which a card would be the one at `index` (0 is the top) of a list; `moving` is the card that
    /// goes there if it is on the board already, and is not counted. An index past the end is the end.
    ///
    /// Where no position fits between two neighbours, because they share one or theirs are as long as they may be, it
    /// is the next place below that has room.
    ///
    /// `None` when there is no such list.
    #[must_use]
    pub fn card_position(&self, list: ListId, index: usize, moving: Option<CardId>) -> Option<Position> {
        let cards = &self.list(list)?.cards;
        let moving = moving.and_then(|moving| self.card_index(moving)).filter(|(from, _)| *from == list);
        let skip = moving.map(|(_, index)| index);
        Some(position_at(cards, |card| &card.position, index, skip))
    }

    /// The position at which a list would be the one at `index` (0 is the first); `moving` as in
    /// [`card_position`](Self::card_position).
    #[must_use]
    pub fn list_position(&self, index: usize, moving: Option<ListId>) -> Position {
        let skip = moving.and_then(|moving| self.lists.iter().position(|list| list.id == moving));
        position_at(&self.lists, |list| &list.position, index, skip)
    }
}

/// Finds a position for the place `index` among sorted siblings, the one at `skip` not counted.
fn position_at<T>(siblings: &[T], position: impl Fn(&T) -> &Position, index: usize, skip: Option<usize>) -> Position {
    let n_siblings = siblings.len() - usize::from(skip.is_some());
    let nth = |n: usize| {
        let n = if skip.is_some_and(|skip| n >= skip) { n + 1 } else { n };
        siblings.get(n).map(&position)
    };
    let index = index.min(n_siblings);
    // The place itself, then the ones below it: the last of them has nothing after it.
    let places = (index..=n_siblings).map(|place| (place.checked_sub(1).and_then(nth), nth(place)));
    let mut found = places.map(|(before, after)| Position::between(before, after));
    // After the last one there is room unless its position is the largest of all; then it is a tie with the last.
    found.find_map(Result::ok).or_else(|| nth(n_siblings.checked_sub(1)?).cloned()).unwrap_or_else(Position::first)
}
