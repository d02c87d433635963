//! Where each card is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::id::{CardId, ListId};
use crate::position::Position;

/// Where a card is: with it, the card is found in its list without a look at all the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) list_id: ListId,
    pub(crate) position: Position,
}

/// How many parts there are. A part of a full board has some hundred cards.
const N_PARTS: usize = 128;

/// The places of all cards, in parts that copies share until one of them changes: whoever draws a board keeps a copy,
/// and a move must not copy the places of all the other cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    parts: Vec<Arc<HashMap<CardId, Place>>>,
    n_places: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { parts: vec![Arc::default(); N_PARTS], n_places: 0 }
    }
}

impl Places {
    pub(crate) fn get(&self, id: CardId) -> Option<&Place> {
        self.parts[part_of(id)].get(&id)
    }

    /// Answers where it was before.
    pub(crate) fn insert(&mut self, id: CardId, place: Place) -> Option<Place> {
        let before = Arc::make_mut(&mut self.parts[part_of(id)]).insert(id, place);
        self.n_places += usize::from(before.is_none());
        before
    }

    pub(crate) const fn len(&self) -> usize {
        self.n_places
    }
}

/// The last bits of an id are those that differ most, in all versions of UUIDs.
fn part_of(id: CardId) -> usize {
    usize::from(id.as_uuid().as_bytes()[15]) % N_PARTS
}
