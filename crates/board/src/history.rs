//! Undo and redo of one's own changes.
//!
//! Nothing is rolled back: what takes a change back is another change, proposed like any other, so it works offline and
//! everybody sees it. What others did in the meantime stays: a step that would write over it is not possible any more.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::board::{Board, Member};
use crate::change::{Change, Context, Proposal};
use crate::error::ApplyError;
use crate::id::OpId;
use crate::limits::HISTORY_MAX;

/// An own change, and the one that takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The proposal that made it.
    pub op: OpId,
    /// What was done.
    pub change: Change,
    /// What takes it back: to be proposed under a new `op`.
    pub inverse: Change,
}

/// How a proposal came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// The person did something.
    Anew,
    /// The person took back what they did last.
    Undo,
    /// The person did again what they took back last.
    Redo,
}

/// Why a step cannot be made. One that is named here never can be again: [forget](History::forget) it, and the one
/// before it is the next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPossible {
    /// There is no step.
    #[error("there is nothing more to take back or to do again")]
    Nothing,
    /// Somebody changed the same thing since, and what they did stays.
    #[error("it was changed again since")]
    Changed {
        /// The step.
        step: Box<Step>,
    },
    /// It does not apply to the board as it is now.
    #[error("{error}")]
    Refused {
        /// The step.
        step: Box<Step>,
        /// Why not.
        error: ApplyError,
    },
}

impl NotPossible {
    /// The step that cannot be made; `None` when there is none.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        match self {
            Self::Nothing => None,
            Self::Changed { step } | Self::Refused { step, .. } => Some(step),
        }
    }
}

/// The own changes on one board that can be taken back, and those that were and can be done again: the last
/// [`HISTORY_MAX`] of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// Newest last.
    #[serde(default)]
    undo: VecDeque<Step>,
    /// What was taken back last is last.
    #[serde(default)]
    redo: VecDeque<Step>,
}

impl History {
    /// A history as it was written down; the last step of each side is the newest.
    pub fn from_steps(undo: impl IntoIterator<Item = Step>, redo: impl IntoIterator<Item = Step>) -> Self {
        Self { undo: undo.into_iter().collect(), redo: redo.into_iter().collect() }
    }

    /// Takes note of a proposal. `inverse` is what takes it back, seen from the view before it
    /// ([`Board::invert`]); without one there is no step.
    ///
    /// One that takes a step back, or does it again, moves that step to the other side.
    pub fn record(&mut self, doing: Doing, proposal: &Proposal, inverse: Option<Change>) {
        let (op, change) = (proposal.op, &proposal.change);
        let step = inverse.map(|inverse| Step { op, change: change.clone(), inverse });
        let to = match doing {
            Doing::Anew => {
                self.redo.clear();
                &mut self.undo
            }
            Doing::Undo => {
                remove_last(&mut self.undo, change);
                &mut self.redo
            }
            Doing::Redo => {
                remove_last(&mut self.redo, change);
                &mut self.undo
            }
        };
        to.extend(step);
        if to.len() > HISTORY_MAX {
            to.pop_front();
        }
    }

    /// What was done last and not taken back. Its [`inverse`](Step::inverse) is to be proposed, and
    /// [recorded](Self::record) as [`Doing::Undo`].
    ///
    /// # Errors
    /// When there is nothing, when somebody changed the same thing since, or when the inverse does not apply to `board`,
    /// which is the view.
    pub fn undo(&self, board: &Board, context: &Context) -> Result<&Step, NotPossible> {
        check(self.undo.back(), board, context)
    }

    /// What was taken back last. Its [`inverse`](Step::inverse) does it again, and is to be proposed and
    /// [recorded](Self::record) as [`Doing::Redo`].
    ///
    /// # Errors
    /// As for [`undo`](Self::undo).
    pub fn redo(&self, board: &Board, context: &Context) -> Result<&Step, NotPossible> {
        check(self.redo.back(), board, context)
    }

    /// A step goes: its proposal was refused, or it is not possible any more.
    pub fn forget(&mut self, op: OpId) {
        self.undo.retain(|step| step.op != op);
        self.redo.retain(|step| step.op != op);
    }

    /// What can be taken back, newest last.
    pub fn undo_steps(&self) -> impl ExactSizeIterator<Item = &Step> + DoubleEndedIterator {
        self.undo.iter()
    }

    /// What can be done again, what was taken back last being last.
    pub fn redo_steps(&self) -> impl ExactSizeIterator<Item = &Step> + DoubleEndedIterator {
        self.redo.iter()
    }
}

/// Removes the last step that `change` takes back.
fn remove_last(steps: &mut VecDeque<Step>, change: &Change) {
    if let Some(index) = steps.iter().rposition(|step| step.inverse == *change) {
        steps.remove(index);
    }
}

fn check<'a>(step: Option<&'a Step>, board: &Board, context: &Context) -> Result<&'a Step, NotPossible> {
    let step = step.ok_or(NotPossible::Nothing)?;
    if let Err(error) = board.clone().apply(context, &step.inverse) {
        return Err(NotPossible::Refused { step: Box::new(step.clone()), error });
    }
    let is_untouched = match &step.change {
        // It was not there before, and is archived as it is now: nothing that others did to it is lost.
        Change::ListAdded { .. } | Change::CardAdded { .. } => true,
        change => board.invert(context, &step.inverse).is_some_and(|back| is_same(&back, change)),
    };
    if is_untouched { Ok(step) } else { Err(NotPossible::Changed { step: Box::new(step.clone()) }) }
}

/// Whether two changes do the same. A member goes by the name in their profile, whatever the change says.
fn is_same(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (
            Change::MemberAdded { member: Member { user: a, role: x } },
            Change::MemberAdded { member: Member { user: b, role: y } },
        ) => a.id == b.id && x == y,
        (one, other) => one == other,
    }
}
