//! The proposals on their way.

use std::collections::VecDeque;

use crate::client::message::JOIN;

/// A proposal on its way.
#[derive(Debug)]
struct Pending {
    due: u64,
    sender: usize,
    /// How many are still to hear of it.
    n_awaited: u32,
    is_answered: bool,
}

impl Pending {
    const fn is_done(&self) -> bool {
        self.n_awaited == 0 && self.is_answered
    }
}

/// All that are on their way, each with a number.
#[derive(Debug)]
pub(super) struct Proposals {
    pending: VecDeque<Pending>,
    /// The number of the first one of them.
    first: u64,
}

/// What a delivery or an answer tells of a proposal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// When the proposal was due.
    pub(super) due: u64,
    /// Its sender, if it has now arrived everywhere.
    pub(super) done: Option<usize>,
}

impl Default for Proposals {
    fn default() -> Self {
        Self { pending: VecDeque::new(), first: JOIN + 1 }
    }
}

impl Proposals {
    /// The number of the next one.
    pub(super) fn next(&self) -> u64 {
        self.first + self.pending.len() as u64
    }

    /// Takes note of the next one: when it was due, whose it is, and how many are to hear of it.
    pub(super) fn sent(&mut self, due: u64, sender: usize, n_awaited: u32) {
        self.pending.push_back(Pending { due, sender, n_awaited, is_answered: false });
    }

    /// One more has heard of it. `None` when it is not on its way.
    pub(super) fn delivered(&mut self, number: u64) -> Option<Step> {
        self.step(number, |pending| pending.n_awaited = pending.n_awaited.saturating_sub(1))
    }

    /// Its sender was answered.
    pub(super) fn answered(&mut self, number: u64) -> Option<Step> {
        self.step(number, |pending| pending.is_answered = true)
    }

    fn step(&mut self, number: u64, happens: impl FnOnce(&mut Pending)) -> Option<Step> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let pending = self.pending.get_mut(index).filter(|pending| !pending.is_done())?;
        happens(pending);
        let step = Step { due: pending.due, done: pending.is_done().then_some(pending.sender) };
        while self.pending.front().is_some_and(Pending::is_done) {
            self.pending.pop_front();
            self.first += 1;
        }
        Some(step)
    }

    /// How many deliveries and answers are still to come.
    pub(super) fn n_awaited(&self) -> usize {
        self.pending.iter().map(|pending| pending.n_awaited as usize + usize::from(!pending.is_answered)).sum()
    }

    /// How many of them were not answered.
    pub(super) fn n_unanswered(&self) -> usize {
        self.pending.iter().filter(|pending| !pending.is_answered).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_done_when_it_is_answered_and_all_have_heard() {
        let mut proposals = Proposals::default();
        let (one, two) = (proposals.next(), proposals.next() + 1);
        proposals.sent(10, 7, 2);
        proposals.sent(20, 8, 1);
        assert_eq!((proposals.next(), proposals.n_awaited()), (two + 1, 5));
        let step = |due, done| Some(Step { due, done });
        assert_eq!(proposals.delivered(one), step(10, None));
        assert_eq!(proposals.delivered(two), step(20, None));
        assert_eq!(proposals.answered(two), step(20, Some(8)), "they need not be done in order");
        assert_eq!(proposals.answered(one), step(10, None));
        assert_eq!(proposals.delivered(one), step(10, Some(7)));
        assert_eq!((proposals.delivered(one), proposals.delivered(two), proposals.answered(0)), (None, None, None));
        assert_eq!((proposals.n_awaited(), proposals.next()), (0, two + 1));
    }
}
