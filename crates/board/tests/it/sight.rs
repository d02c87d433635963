//! Boards seen as their members see them.

use std::collections::{BTreeMap, BTreeSet};

use roost_board::{Board, Card, CardId, List, ListId};

/// What is in sight on a board. When a comment was made is left out, since one that comes back has a new time.
pub(crate) fn sight(board: &Board) -> Vec<String> {
    let mut lines = vec![format!("board {:?}", board.name())];
    lines.extend(board.members().map(|member| format!("member {member:?}")));
    for list in board.lists() {
        lines.push(format!("list {} {:?} {}", list.id(), list.name(), list.position()));
        lines.extend(list.cards().iter().map(|card| format!("  {}", card_sight(card))));
    }
    lines
}

fn card_sight(card: &Card) -> String {
    let comments: Vec<_> =
        card.comments.iter().map(|comment| (comment.id, comment.author, comment.body.as_str())).collect();
    let Card { id, list_id, title, description, position, comments: _ } = card;
    format!("card {id} in {list_id} {title:?} {description:?} {position} {comments:?}")
}

/// What is on a board and archived.
pub(crate) fn archived(board: &Board) -> (BTreeSet<ListId>, BTreeSet<CardId>) {
    let lists = board.archived_lists().iter().map(|list| list.id()).collect();
    let cards = board
        .lists()
        .iter()
        .chain(board.archived_lists())
        .flat_map(|list| list.archived_cards())
        .map(|card| card.id)
        .collect();
    (lists, cards)
}

/// Every card on a board, archived ones included.
pub(crate) fn all_cards(board: &Board) -> Vec<CardId> {
    all_lists(board).flat_map(|list| list.cards().iter().chain(list.archived_cards())).map(|card| card.id).collect()
}

fn all_lists(board: &Board) -> impl Iterator<Item = &List> {
    board.lists().iter().chain(board.archived_lists()).map(AsRef::as_ref)
}

/// What one write can write over, with what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    BoardName,
    ListName(ListId),
    ListPosition(ListId),
    CardTitle(CardId),
    CardDescription(CardId),
    CardPlace(CardId),
}

pub(crate) fn slots(board: &Board) -> BTreeMap<Slot, String> {
    let mut slots = BTreeMap::from([(Slot::BoardName, board.name().to_owned())]);
    let add_card = |slots: &mut BTreeMap<Slot, String>, card: &Card| {
        slots.insert(Slot::CardTitle(card.id), card.title.clone());
        slots.insert(Slot::CardDescription(card.id), card.description.clone());
        slots.insert(Slot::CardPlace(card.id), format!("{} {}", card.list_id, card.position));
    };
    let lists: Vec<&List> = board.lists().iter().chain(board.archived_lists()).map(AsRef::as_ref).collect();
    for list in lists {
        slots.insert(Slot::ListName(list.id()), list.name().to_owned());
        slots.insert(Slot::ListPosition(list.id()), list.position().to_string());
        list.cards().iter().chain(list.archived_cards()).for_each(|card| add_card(&mut slots, card));
    }
    slots
}
