//! The board as this window follows it: a copy from the core, the messages after it, and what the person does on top.
//!
//! It can be thrown away: the core owns what is pending and hands out a fresh copy whenever one is missing here. No
//! IO: the caller sends what [`propose`](Follower::propose) answers, and opens the board again when
//! [`take_needs_copy`](Follower::take_needs_copy) says so.

use std::collections::BTreeMap;

use roost_board::{
    ApplyError, Board, Change, Context, Doing, Entry, History, NotPossible, OpId, Proposal, Replica, Step, Timestamp,
    UserId,
};
use roost_bridge::{BoardCopy, BoardMessage, BoardNews, Presence, Refusal};

/// How many messages are kept while a copy is on its way. Beyond it the copy is asked for anew, which costs less.
const EARLY_MAX: usize = 1_000;

/// What the person is to be shown of what arrived, besides the board itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Somebody else, or this person in another window, changed something.
    Changed {
        /// Who.
        actor: UserId,
        /// What.
        change: Change,
    },
    /// The server has refused a proposal; the view is without it, and it is among what needs attention.
    Refused,
    /// The board is not to be seen any more.
    Gone(Refusal),
}

/// A change as it was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// What to hand to the core.
    pub(crate) proposal: Proposal,
    /// How it came about.
    pub(crate) doing: Doing,
    /// What takes it back.
    pub(crate) inverse: Option<Change>,
}

/// A way through the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    /// To take back what was done last.
    Undo,
    /// To do again what was taken back last.
    Redo,
}

/// A board as this window follows it; see the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Follower {
    following: Option<Following>,
    /// The changes made here that can be taken back and done again.
    history: History,
    /// Messages that arrived ahead of their turn, by number.
    early: BTreeMap<u64, BoardNews>,
    /// Proposals that the core has not said it has; a copy may be from before it had them.
    unanswered: Vec<Unanswered>,
    /// Whether this may not be the board that the core has, other than by a message that is missing.
    is_in_doubt: bool,
}

#[derive(Debug)]
struct Following {
    replica: Replica,
    number: u64,
    present: Vec<Presence>,
}

#[derive(Debug)]
struct Unanswered {
    proposed: Proposed,
    /// Whether it was put on top of a copy that did not have it. Either that copy is from before it, or from after
    /// its entry: only another copy tells.
    is_doubtful: bool,
}

impl Unanswered {
    fn op(&self) -> OpId {
        self.proposed.proposal.op
    }
}

impl Follower {
    /// What to draw; `None` before the first copy.
    pub(crate) fn board(&self) -> Option<&Board> {
        self.following.as_ref().map(|following| following.replica.view())
    }

    /// Who proposes; `None` before the first copy.
    pub(crate) fn me(&self) -> Option<UserId> {
        self.following.as_ref().map(|following| following.replica.actor())
    }

    /// Who looks at the board now.
    pub(crate) fn present(&self) -> &[Presence] {
        self.following.as_ref().map_or(&[], |following| &following.present)
    }

    /// Whether something happened to the board that this version does not know.
    pub(crate) fn has_unknown(&self) -> bool {
        self.following.as_ref().is_some_and(|following| following.replica.has_unknown())
    }

    /// The step whose inverse is to be proposed.
    ///
    /// # Errors
    /// When there is nothing, or when it is not possible any more: then it is forgotten, and the one before is the next.
    pub(crate) fn step(&mut self, back: Back, at: Timestamp) -> Result<Step, NotPossible> {
        let replica = &self.following.as_ref().ok_or(NotPossible::Nothing)?.replica;
        let (board, context) = (replica.view(), Context { actor: replica.actor(), at });
        let step = match back {
            Back::Undo => self.history.undo(board, &context),
            Back::Redo => self.history.redo(board, &context),
        };
        let step = step.cloned();
        if let Err(why) = &step
            && let Some(step) = why.step()
        {
            self.history.forget(step.op);
        }
        step
    }

    /// The last step that was done, or taken back.
    pub(crate) fn last_step(&self, back: Back) -> Option<&Step> {
        match back {
            Back::Undo => self.history.undo_steps().next_back(),
            Back::Redo => self.history.redo_steps().next_back(),
        }
    }

    /// Whether the board is to be opened again. Asked when no copy is on its way, since that may be the one.
    pub(crate) fn take_needs_copy(&mut self) -> bool {
        let is_gap = self.following.is_some() && !self.early.is_empty();
        std::mem::take(&mut self.is_in_doubt) || is_gap
    }

    /// Takes the answer to opening the board, and the messages that were waiting for it. A copy that is older than
    /// what is here already is passed over.
    pub(crate) fn take_copy(&mut self, copy: BoardCopy) -> Vec<Seen> {
        if self.following.as_ref().is_none_or(|following| following.number <= copy.number) {
            self.start_from(copy);
        }
        self.drain_early()
    }

    /// Takes a message, in whatever order they arrive.
    pub(crate) fn take_message(&mut self, message: BoardMessage) -> Vec<Seen> {
        self.early.insert(message.number, message.news);
        while self.early.len() > EARLY_MAX {
            self.early.pop_first();
        }
        self.drain_early()
    }

    /// Makes a change: it is in the view at once.
    ///
    /// # Errors
    /// When it does not apply, and when there is no board yet (then as if the person were no member).
    pub(crate) fn propose(
        &mut self,
        op: OpId,
        at: Timestamp,
        change: Change,
        doing: Doing,
    ) -> Result<Proposed, ApplyError> {
        let following = self.following.as_mut().ok_or(ApplyError::NotAMember)?;
        let inverse = following.replica.invert(at, &change);
        let proposal = Proposal { op, at, change };
        following.replica.propose(proposal.clone())?;
        self.history.record(doing, &proposal, inverse.clone());
        let proposed = Proposed { proposal, doing, inverse };
        self.unanswered.push(Unanswered { proposed: proposed.clone(), is_doubtful: false });
        Ok(proposed)
    }

    /// The core has a proposal.
    pub(crate) fn answered(&mut self, op: OpId) {
        if let Some(index) = self.unanswered.iter().position(|unanswered| unanswered.op() == op) {
            self.is_in_doubt |= self.unanswered.remove(index).is_doubtful;
        }
    }

    /// The core would not have a proposal, or it is not known whether it has: it is taken out of the view. Answers
    /// what it was.
    pub(crate) fn not_taken(&mut self, op: OpId) -> Option<Change> {
        self.unanswered.retain(|unanswered| unanswered.op() != op);
        self.history.forget(op);
        // Perhaps the core has it after all and only its answer was lost.
        self.is_in_doubt = true;
        self.following.as_mut()?.replica.reject(op).map(|proposal| proposal.change)
    }

    fn start_from(&mut self, copy: BoardCopy) {
        let (mut pending, mut history) = (copy.pending, copy.history);
        for unanswered in &mut self.unanswered {
            let Proposed { proposal, doing, inverse } = &unanswered.proposed;
            if pending.iter().any(|other| other.op == proposal.op) {
                continue;
            }
            pending.push(proposal.clone());
            unanswered.is_doubtful = true;
            if !history.undo_steps().chain(history.redo_steps()).any(|step| step.op == proposal.op) {
                history.record(*doing, proposal, inverse.clone());
            }
        }
        self.history = history;
        let mut replica = Replica::with_pending(copy.me, copy.snapshot, pending);
        if copy.has_unknown {
            replica.note_unknown();
        }
        self.following = Some(Following { replica, number: copy.number, present: copy.present });
    }

    /// Takes the messages whose turn it is.
    fn drain_early(&mut self) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some((number, news)) = self.early.pop_first() {
            let is_due = match &self.following {
                Some(following) if number <= following.number => continue,
                Some(following) => number == following.number + 1,
                None => false,
            };
            // A copy stands for everything before it, and the end needs nothing before it.
            if !is_due && !matches!(news, BoardNews::Reset { .. } | BoardNews::Gone { .. }) {
                self.early.insert(number, news);
                break;
            }
            if let Some(following) = &mut self.following {
                following.number = number;
            }
            self.take_news(news, &mut seen);
        }
        seen
    }

    fn take_news(&mut self, news: BoardNews, seen: &mut Vec<Seen>) {
        match news {
            BoardNews::Entries { entries } => self.take_entries(&entries, seen),
            BoardNews::Refused { op, refusal: _ } => {
                self.unanswered.retain(|unanswered| unanswered.op() != op);
                self.history.forget(op);
                if let Some(following) = &mut self.following {
                    following.replica.reject(op);
                }
                seen.push(Seen::Refused);
            }
            BoardNews::Present { present } => {
                if let Some(following) = &mut self.following {
                    following.present = present;
                }
            }
            BoardNews::Reset { copy } => self.start_from(copy),
            BoardNews::Gone { refusal } => seen.push(Seen::Gone(refusal)),
        }
    }

    fn take_entries(&mut self, entries: &[Entry], seen: &mut Vec<Seen>) {
        let Some(following) = &mut self.following else { return };
        let seq = following.replica.seq();
        match following.replica.confirm(entries) {
            Ok(confirmed) => {
                self.unanswered.retain(|unanswered| !confirmed.settled.contains(&unanswered.op()));
                let others = entries.iter().filter(|entry| entry.seq > seq && !confirmed.settled.contains(&entry.op));
                seen.extend(others.map(|entry| Seen::Changed { actor: entry.actor, change: entry.change.clone() }));
            }
            // Either way this is not the board that the core has.
            Err(_) => self.is_in_doubt = true,
        }
    }
}

#[cfg(test)]
mod tests;
