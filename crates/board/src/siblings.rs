//! Things that stand in an order: lists on a board, cards in a list.

use std::sync::Arc;

use crate::board::{Card, List};
use crate::id::{CardId, ListId};
use crate::position::Position;

/// What has a place among siblings; equal positions are told apart by id.
pub(crate) trait Sibling {
    type Id: Ord;
    fn place(&self) -> (&Position, Self::Id);
}

impl Sibling for Arc<List> {
    type Id = ListId;

    fn place(&self) -> (&Position, ListId) {
        (&self.position, self.id)
    }
}

impl Sibling for Arc<Card> {
    type Id = CardId;

    fn place(&self) -> (&Position, CardId) {
        (&self.position, self.id)
    }
}

pub(crate) fn sort<T: Sibling>(siblings: &mut [T]) {
    siblings.sort_by(|one, other| one.place().cmp(&other.place()));
}

/// Where among sorted siblings the one stands that has this position and id.
pub(crate) fn index_of<T: Sibling>(siblings: &[T], position: &Position, id: T::Id) -> Option<usize> {
    let place = (position, id);
    siblings.binary_search_by(|sibling| sibling.place().cmp(&place)).ok()
}

pub(crate) fn insert_sorted<T: Sibling>(siblings: &mut Vec<T>, new: T) {
    let index = siblings.partition_point(|sibling| sibling.place() < new.place());
    siblings.insert(index, new);
}

/// Sorts again after the one at `index` was given another position.
pub(crate) fn moved_to<T: Sibling>(siblings: &mut [T], index: usize) {
    let place = siblings[index].place();
    let before = siblings[..index].partition_point(|sibling| sibling.place() < place);
    if before < index {
        siblings[before..=index].rotate_right(1);
    } else {
        let n_passed = siblings[index + 1..].partition_point(|sibling| sibling.place() < place);
        siblings[index..=index + n_passed].rotate_left(1);
    }
}
