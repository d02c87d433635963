//! What is said when something is done, undone or done again.

use roost_board::{Board, Change, Doing, Step};

use crate::words::{Names, capitalized, did};

/// What is said when a change was made, by its names from before it.
pub(crate) fn done_words(doing: Doing, change: &Change, names: &Names) -> String {
    let did = did(change, names);
    match doing {
        Doing::Anew => capitalized(&did),
        Doing::Undo => format!("Undid: {did}"),
        Doing::Redo => format!("Redid: {did}"),
    }
}

/// The names of what a step did, from the board of now: a name that it gave is told by the one from before.
pub(crate) fn step_names(board: &Board, step: &Step) -> Names {
    let mut names = Names::on(board, &step.change);
    match &step.inverse {
        Change::CardRetitled { title, .. } => names.subject = Some(title.clone()),
        Change::ListRenamed { name, .. } => names.subject = Some(name.clone()),
        Change::BoardRenamed { .. }
        | Change::ListAdded { .. }
        | Change::ListMoved { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardAdded { .. }
        | Change::CardMoved { .. }
        | Change::CardDescribed { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::MemberAdded { .. }
        | Change::MemberRemoved { .. }
        | Change::Unknown(_) => {}
    }
    names
}

#[cfg(test)]
mod tests {
    use roost_board::OpId;
    use uuid::Uuid;

    use super::super::place::Item;
    use super::super::place::Place;
    use super::super::place::tests::{board, card, context, list};
    use super::*;

    #[test]
    fn what_was_done_and_undone_goes_by_the_same_words() {
        let mut board = board(&[1, 0]);
        let place = Place::InList { list: list(200), index: 0 };
        let change = Item::Card(card(101)).moved_to(&board, place).unwrap();
        let inverse = board.invert(&context(), &change).unwrap();
        let said = done_words(Doing::Anew, &change, &Names::on(&board, &change));
        assert_eq!(said, "Moved “Card 101” to List 200");
        board.apply(&context(), &change).unwrap();
        let step = Step { op: OpId::from_uuid(Uuid::from_u128(9)), change, inverse };
        assert_eq!(done_words(Doing::Undo, &step.change, &step_names(&board, &step)), "Undid: moved “Card 101”");
    }
}
