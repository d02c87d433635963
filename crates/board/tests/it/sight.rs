//! Boards seen as their members see them.

use std::collections::BTreeSet;

use roost_board::{Board, Card, CardId, ListId};

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
