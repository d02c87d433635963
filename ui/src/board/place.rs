//! What can be moved on a board, where it can go, and where the arrow keys lead.

use roost_board::{Board, CardId, Change, ListId};

/// What can have the focus and be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// A card.
    Card(CardId),
    /// A list.
    List(ListId),
}

/// A place that an item can go to. It is itself not counted among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a list; 0 is the top.
    InList {
        /// Which list.
        list: ListId,
        /// How many cards are above.
        index: usize,
    },
    /// Among the lists.
    AmongLists {
        /// How many lists are before.
        index: usize,
    },
}

/// Where an arrow key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Towards the top of the list.
    Up,
    /// Towards its end.
    Down,
    /// To the list before.
    Left,
    /// To the list after.
    Right,
    /// To the very top, or the first list.
    First,
    /// To the very end, or the last list.
    Last,
}

impl Item {
    /// Where it is; `None` when it is not in sight.
    pub(crate) fn place(self, board: &Board) -> Option<Place> {
        match self {
            Self::Card(id) => board.card_index(id).map(|(list, index)| Place::InList { list, index }),
            Self::List(id) => Some(Place::AmongLists { index: list_index(board, id)? }),
        }
    }

    /// The list that it is, or is in.
    pub(crate) fn list(self, board: &Board) -> Option<ListId> {
        match self {
            Self::Card(id) => board.card(id).map(|card| card.list_id),
            Self::List(id) => board.list(id).map(|list| list.id()),
        }
    }

    /// What a change puts where it can be seen; `None` when it takes something out of sight, or is about something else.
    pub(crate) fn shown_by(change: &Change) -> Option<Self> {
        match change {
            Change::CardAdded { card } => Some(Self::Card(card.id)),
            Change::CardMoved { card_id, .. }
            | Change::CardRetitled { card_id, .. }
            | Change::CardDescribed { card_id, .. }
            | Change::CardRestored { card_id }
            | Change::CommentAdded { card_id, .. }
            | Change::CommentRemoved { card_id, .. } => Some(Self::Card(*card_id)),
            Change::ListAdded { list } => Some(Self::List(list.id)),
            Change::ListMoved { list_id, .. }
            | Change::ListRenamed { list_id, .. }
            | Change::ListRestored { list_id } => Some(Self::List(*list_id)),
            Change::CardArchived { .. }
            | Change::ListArchived { .. }
            | Change::BoardRenamed { .. }
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::Unknown(_) => None,
        }
    }

    /// The change that moves it to a place; `None` when it is there already, or cannot go there.
    pub(crate) fn moved_to(self, board: &Board, place: Place) -> Option<Change> {
        if self.place(board)? == place {
            return None;
        }
        match (self, place) {
            (Self::Card(card_id), Place::InList { list, index }) => {
                let position = board.card_position(list, index, Some(card_id))?;
                Some(Change::CardMoved { card_id, list_id: list, position })
            }
            (Self::List(list_id), Place::AmongLists { index }) => {
                Some(Change::ListMoved { list_id, position: board.list_position(index, Some(list_id)) })
            }
            (Self::Card(_), Place::AmongLists { .. }) | (Self::List(_), Place::InList { .. }) => None,
        }
    }

    /// Where it would come to when it is moved that way; `None` when there is no further.
    pub(crate) fn place_towards(self, board: &Board, way: Way) -> Option<Place> {
        let place = self.place(board)?;
        let to = match place {
            Place::InList { list, index } => card_towards(board, list, index, way)?,
            Place::AmongLists { index } => {
                let last = board.lists().len() - 1;
                let index = match way {
                    Way::Left => index.checked_sub(1)?,
                    Way::Right => index + 1,
                    Way::First => 0,
                    Way::Last => last,
                    Way::Up | Way::Down => return None,
                };
                (index <= last).then_some(Place::AmongLists { index })?
            }
        };
        (to != place).then_some(to)
    }

    /// What an arrow key leads to from here: above the first card of a list is the list itself.
    pub(crate) fn neighbour(self, board: &Board, way: Way) -> Option<Self> {
        let list = board.list(self.list(board)?)?;
        let index = match self.place(board)? {
            Place::InList { index, .. } => Some(index),
            Place::AmongLists { .. } => None,
        };
        let card = |index: usize| list.cards().get(index).map(|card| Self::Card(card.id));
        match way {
            Way::Up => Some(index?.checked_sub(1).and_then(card).unwrap_or(Self::List(list.id()))),
            Way::Down => card(index.map_or(0, |index| index + 1)),
            Way::First => card(0),
            Way::Last => card(list.cards().len().checked_sub(1)?),
            Way::Left => beside(board, list.id(), index, list_index(board, list.id())?.checked_sub(1)?),
            Way::Right => beside(board, list.id(), index, list_index(board, list.id())? + 1),
        }
    }
}

fn list_index(board: &Board, id: ListId) -> Option<usize> {
    board.lists().iter().position(|list| list.id() == id)
}

/// What is at the same height in another list.
fn beside(board: &Board, from: ListId, index: Option<usize>, to: usize) -> Option<Item> {
    let list = board.lists().get(to).filter(|list| list.id() != from)?;
    let last = list.cards().len().checked_sub(1);
    Some(match (index, last) {
        (Some(index), Some(last)) => Item::Card(list.cards()[index.min(last)].id),
        (Some(_), None) | (None, _) => Item::List(list.id()),
    })
}

/// Where the card at `index` of a list would come to.
fn card_towards(board: &Board, list: ListId, index: usize, way: Way) -> Option<Place> {
    let n_others = board.list(list)?.cards().len() - 1;
    let at = list_index(board, list)?;
    let in_list = |index| Some(Place::InList { list, index });
    let beside = |at: usize| {
        let list = board.lists().get(at)?;
        Some(Place::InList { list: list.id(), index: index.min(list.cards().len()) })
    };
    match way {
        Way::Up => in_list(index.checked_sub(1)?),
        Way::Down => in_list((index + 1).min(n_others)),
        Way::First => in_list(0),
        Way::Last => in_list(n_others),
        Way::Left => beside(at.checked_sub(1)?),
        Way::Right => beside(at + 1),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use roost_board::{BoardId, Context, NewCard, NewList, Timestamp, User, UserId};
    use uuid::Uuid;

    use super::*;

    pub(crate) fn card(n: u128) -> CardId {
        CardId::from_uuid(Uuid::from_u128(n))
    }

    pub(crate) fn list(n: u128) -> ListId {
        ListId::from_uuid(Uuid::from_u128(n))
    }

    pub(crate) fn context() -> Context {
        Context { actor: UserId::from_uuid(Uuid::from_u128(1)), at: Timestamp::from_millis(0) }
    }

    /// Lists 100, 200, … with so many cards: 101, 102, …
    pub(crate) fn board(n_cards: &[u128]) -> Board {
        let owner =
            User { id: context().actor, first_name: "Ada".into(), last_name: "".into(), email: "a@b.example".into() };
        let mut board = Board::new(BoardId::from_uuid(Uuid::from_u128(2)), "Spring release", owner).unwrap();
        for (index, n_cards) in n_cards.iter().enumerate() {
            let first = 100 * (index as u128 + 1);
            let position = board.list_position(index, None);
            let new = NewList { id: list(first), name: format!("List {first}"), position };
            board.apply(&context(), &Change::ListAdded { list: new }).unwrap();
            for n in 1..=*n_cards {
                let position = board.card_position(list(first), usize::MAX, None).unwrap();
                let title = format!("Card {}", first + n);
                let new = NewCard { id: card(first + n), list_id: list(first), title, position };
                board.apply(&context(), &Change::CardAdded { card: new }).unwrap();
            }
        }
        board
    }

    #[test]
    fn arrow_keys_lead_through_the_board() {
        let board = board(&[3, 0, 1]);
        let (c, l) = (|n| Item::Card(card(n)), |n| Item::List(list(n)));
        for (from, way, expected) in [
            (c(102), Way::Up, Some(c(101))),
            (c(101), Way::Up, Some(l(100))),
            (l(100), Way::Up, None),
            (l(100), Way::Down, Some(c(101))),
            (c(103), Way::Down, None),
            (l(200), Way::Down, None),
            (c(102), Way::Right, Some(l(200))),
            (l(200), Way::Right, Some(l(300))),
            (c(301), Way::Left, Some(l(200))),
            (c(301), Way::Right, None),
            (l(100), Way::Left, None),
            (c(103), Way::First, Some(c(101))),
            (c(101), Way::Last, Some(c(103))),
            (l(200), Way::Last, None),
        ] {
            assert_eq!(from.neighbour(&board, way), expected, "{from:?} {way:?}");
        }
    }

    #[test]
    fn moving_leads_where_the_arrow_points() {
        let board = board(&[3, 0, 1]);
        let in_list = |n, index| Some(Place::InList { list: list(n), index });
        for (n, way, expected) in [
            (101, Way::Up, None),
            (101, Way::Down, in_list(100, 1)),
            (103, Way::Down, None),
            (103, Way::First, in_list(100, 0)),
            (103, Way::Right, in_list(200, 0)),
            (103, Way::Left, None),
            (301, Way::Left, in_list(200, 0)),
        ] {
            assert_eq!(Item::Card(card(n)).place_towards(&board, way), expected, "{n} {way:?}");
        }
        let middle = Item::List(list(200));
        assert_eq!(middle.place_towards(&board, Way::Right), Some(Place::AmongLists { index: 2 }));
        assert_eq!(middle.place_towards(&board, Way::Down), None);
        assert_eq!(Item::List(list(300)).place_towards(&board, Way::Right), None);
    }

    #[test]
    fn a_move_lands_at_its_place() {
        let before = board(&[3, 1]);
        for (from, to, index) in [(101, 100, 2), (103, 100, 0), (102, 200, 0), (102, 200, 1), (201, 100, 3)] {
            let place = Place::InList { list: list(to), index };
            let change = Item::Card(card(from)).moved_to(&before, place).unwrap();
            let mut after = before.clone();
            after.apply(&context(), &change).unwrap();
            assert_eq!(Item::Card(card(from)).place(&after), Some(place), "{from}");
        }
        let stays = Place::InList { list: list(100), index: 1 };
        assert_eq!(Item::Card(card(102)).moved_to(&before, stays), None);
    }
}
