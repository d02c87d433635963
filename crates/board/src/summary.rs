//! A board in a line, for the page of all boards.

use serde::{Deserialize, Serialize};

use crate::board::{Board, Role, User};
use crate::id::BoardId;

/// What the page of boards shows of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardSummary {
    /// Its id.
    pub id: BoardId,
    /// Its name.
    pub name: String,
    /// The owner with the smallest id.
    pub owner: User,
    /// The first [`SUMMARY_MEMBERS`] members in the order of their ids.
    pub members: Vec<User>,
    /// How many members there are in all.
    pub n_members: usize,
    /// How many lists are in sight.
    pub n_lists: usize,
    /// How many cards are in sight.
    pub n_cards: usize,
}

/// How many members a summary names.
pub const SUMMARY_MEMBERS: usize = 5;

impl Board {
    /// The board in a line.
    ///
    /// # Panics
    /// Never: a board has an owner from its beginning, and [`apply`](Self::apply) leaves it one.
    #[must_use]
    pub fn summary(&self) -> BoardSummary {
        let owner = self.members().find(|member| member.role == Role::Owner).expect("a board keeps an owner");
        BoardSummary {
            id: self.id(),
            name: self.name().to_owned(),
            owner: owner.user.clone(),
            members: self.members().take(SUMMARY_MEMBERS).map(|member| member.user.clone()).collect(),
            n_members: self.members().len(),
            n_lists: self.lists().len(),
            n_cards: self.n_cards(),
        }
    }
}
