//! A board as JSON, and back with every check.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::board::{Board, Card, List, Member, Role};
use crate::change::Mark;
use crate::error::{ApplyError, Field};
use crate::id::{BoardId, ListId, Seq};
use crate::limits;
use crate::places::{Place, Places};
use crate::position::Position;
use crate::siblings::sort;
use crate::text::{check_body, check_line, check_text};

/// A board and the last entry that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The last entry that is in it; 0 when there is none.
    pub seq: Seq,
    /// The board.
    pub board: Board,
    /// What that entry is told from others by; `None` when there is none, or whoever wrote this did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Mark>,
}

#[derive(Serialize)]
struct ListRef<'a> {
    id: ListId,
    name: &'a str,
    position: &'a Position,
}

impl<'a> From<&'a Arc<List>> for ListRef<'a> {
    fn from(list: &'a Arc<List>) -> Self {
        Self { id: list.id, name: &list.name, position: &list.position }
    }
}

#[derive(Serialize)]
struct BoardRef<'a> {
    id: BoardId,
    name: &'a str,
    members: Vec<&'a Member>,
    lists: Vec<ListRef<'a>>,
    cards: Vec<&'a Card>,
    archived_lists: Vec<ListRef<'a>>,
    archived_cards: Vec<&'a Card>,
}

impl Serialize for Board {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        BoardRef {
            id: self.id,
            name: &self.name,
            members: self.members.values().collect(),
            lists: self.lists.iter().map(ListRef::from).collect(),
            cards: self.all_lists().flat_map(|list| &list.cards).map(AsRef::as_ref).collect(),
            archived_lists: self.archived_lists.iter().map(ListRef::from).collect(),
            archived_cards: self.all_lists().flat_map(|list| &list.archived_cards).map(AsRef::as_ref).collect(),
        }
        .serialize(serializer)
    }
}

#[derive(Deserialize)]
struct ListData {
    id: ListId,
    name: String,
    position: Position,
}

#[derive(Deserialize)]
struct BoardData {
    id: BoardId,
    name: String,
    members: Vec<Member>,
    lists: Vec<ListData>,
    cards: Vec<Card>,
    #[serde(default)]
    archived_lists: Vec<ListData>,
    #[serde(default)]
    archived_cards: Vec<Card>,
}

impl<'de> Deserialize<'de> for Board {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BoardData::deserialize(deserializer)?.build().map_err(serde::de::Error::custom)
    }
}

impl BoardData {
    fn build(self) -> Result<Board, ApplyError> {
        check_line(Field::BoardName, &self.name, limits::BOARD_NAME_MAX)?;
        let mut members = BTreeMap::new();
        for member in self.members {
            member.user.check()?;
            let id = member.user.id;
            if members.insert(id, member).is_some() {
                return Err(ApplyError::AlreadyAMember(id));
            }
        }
        if members.len() > limits::MEMBERS_MAX {
            return Err(ApplyError::TooMany { what: "members of a board", max: limits::MEMBERS_MAX });
        }
        if !members.values().any(|member| member.role == Role::Owner) {
            return Err(ApplyError::LastOwner);
        }

        let n_lists = self.lists.len() + self.archived_lists.len();
        if n_lists > limits::LISTS_MAX {
            return Err(ApplyError::TooMany { what: "lists on a board", max: limits::LISTS_MAX });
        }
        let mut lists: HashMap<ListId, List> = HashMap::with_capacity(n_lists);
        let archived: HashSet<ListId> = self.archived_lists.iter().map(|list| list.id).collect();
        for ListData { id, name, position } in self.lists.into_iter().chain(self.archived_lists) {
            check_line(Field::ListName, &name, limits::LIST_NAME_MAX)?;
            let list = List { id, name, position, cards: Vec::new(), archived_cards: Vec::new() };
            if lists.insert(id, list).is_some() {
                return Err(ApplyError::IdTaken);
            }
        }

        let n_cards = self.cards.len() + self.archived_cards.len();
        if n_cards > limits::CARDS_MAX {
            return Err(ApplyError::TooMany { what: "cards on a board", max: limits::CARDS_MAX });
        }
        let mut places = Places::default();
        let all = self.cards.into_iter().map(|card| (card, false));
        for (mut card, is_archived) in all.chain(self.archived_cards.into_iter().map(|card| (card, true))) {
            check_card(&mut card)?;
            let place = Place { list_id: card.list_id, position: card.position.clone() };
            if places.insert(card.id, place).is_some() {
                return Err(ApplyError::IdTaken);
            }
            let list = lists.get_mut(&card.list_id).ok_or(ApplyError::NoSuchList(card.list_id))?;
            let cards = if is_archived { &mut list.archived_cards } else { &mut list.cards };
            cards.push(Arc::new(card));
        }

        let mut all: Vec<Arc<List>> = lists
            .into_values()
            .map(|mut list| {
                sort(&mut list.cards);
                sort(&mut list.archived_cards);
                Arc::new(list)
            })
            .collect();
        sort(&mut all);
        let (archived_lists, lists) = all.into_iter().partition(|list| archived.contains(&list.id));
        Ok(Board { id: self.id, name: self.name, members: Arc::new(members), lists, archived_lists, places })
    }
}

fn check_card(card: &mut Card) -> Result<(), ApplyError> {
    check_line(Field::CardTitle, &card.title, limits::CARD_TITLE_MAX)?;
    check_text(Field::CardDescription, &card.description, limits::CARD_DESCRIPTION_MAX)?;
    if card.comments.len() > limits::COMMENTS_MAX {
        return Err(ApplyError::TooMany { what: "comments on a card", max: limits::COMMENTS_MAX });
    }
    card.comments.sort_by_key(|comment| comment.id);
    if card.comments.windows(2).any(|pair| pair[0].id == pair[1].id) {
        return Err(ApplyError::IdTaken);
    }
    card.comments.iter().try_for_each(|comment| check_body(Field::CommentBody, &comment.body, limits::COMMENT_BODY_MAX))
}
