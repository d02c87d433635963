//! What a session gave to polls and may have to give again.
//!
//! A client that says how many messages it has received is given what follows, as often as it asks. For one that does
//! not, messages have arrived once the answer with them was handed to its connection whole; they are lent to the answer
//! until then, and come back when it is cut off.

use crate::socket::Written;

/// What was given to polls and may have to be given again.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// How many messages came before those that are kept.
    first: u64,
    kept: Vec<Written>,
    /// The answer that has some of them on its way, and how many.
    lent: Option<(Ticket, usize)>,
    n_tickets: u64,
}

/// Names an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// Messages for a poll.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// How many messages came before these.
    pub(super) first: u64,
    /// They.
    pub(super) messages: Vec<Written>,
}

/// A client cannot have received this number of messages, or it said that it has received more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NeverSent;

impl Sent {
    /// The client has received so many messages.
    pub(super) fn acknowledge(&mut self, n_received: u64) -> Result<(), NeverSent> {
        let n_more = n_received.checked_sub(self.first).and_then(|n_more| usize::try_from(n_more).ok());
        let n_more = n_more.filter(|&n_more| n_more <= self.kept.len()).ok_or(NeverSent)?;
        self.kept.drain(..n_more);
        self.kept.shrink_to_fit();
        self.first = n_received;
        self.lent = None;
        Ok(())
    }

    /// Whether everything that was given has arrived.
    pub(super) const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether what is kept is on its way, to a client that says nothing of what it has received.
    pub(super) const fn is_lent(&self) -> bool {
        self.lent.is_some()
    }

    /// Adds what is to be given.
    pub(super) fn add(&mut self, messages: impl Iterator<Item = Written>) {
        self.kept.extend(messages);
    }

    /// What is kept, for a client that will say whether it has received it.
    pub(super) fn give(&self) -> Batch {
        Batch { first: self.first, messages: self.kept.clone() }
    }

    /// What is kept, to be [returned](Self::take_back).
    pub(super) fn lend(&mut self) -> (Batch, Ticket) {
        let ticket = Ticket(self.n_tickets);
        self.n_tickets += 1;
        self.lent = Some((ticket, self.kept.len()));
        (self.give(), ticket)
    }

    /// An answer is over: its connection has taken all of it, or it was cut off.
    pub(super) fn take_back(&mut self, ticket: Ticket, is_whole: bool) {
        let Some((_, n_lent)) = self.lent.take_if(|(lent, _)| *lent == ticket) else { return };
        if is_whole {
            self.kept.drain(..n_lent);
            self.kept.shrink_to_fit();
            self.first += n_lent as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use roost_protocol::Frame;

    use super::*;

    fn written(texts: &[&str]) -> impl Iterator<Item = Written> {
        texts.iter().map(|&text| Frame::Text(text.to_owned()).into())
    }

    fn texts(batch: &Batch) -> (u64, Vec<&str>) {
        (batch.first, batch.messages.iter().map(Written::text).collect())
    }

    #[test]
    fn what_is_acknowledged_is_given_once_and_the_rest_again() {
        let mut sent = Sent::default();
        assert_eq!(sent.acknowledge(0), Ok(()));
        sent.add(written(&["a", "b", "c"]));
        assert_eq!(texts(&sent.give()), (0, vec!["a", "b", "c"]));
        assert_eq!(sent.acknowledge(0), Ok(()));
        assert_eq!(texts(&sent.give()), (0, vec!["a", "b", "c"]));
        assert_eq!(sent.acknowledge(2), Ok(()));
        assert_eq!(texts(&sent.give()), (2, vec!["c"]));
        assert_eq!(sent.acknowledge(3), Ok(()));
        assert!(sent.is_empty());
        for n_received in [0, 2, 4, u64::MAX] {
            assert_eq!(sent.acknowledge(n_received), Err(NeverSent), "{n_received}");
        }
        assert_eq!(sent.acknowledge(3), Ok(()));
    }

    #[test]
    fn what_was_handed_over_whole_is_given_once_and_what_was_cut_off_again() {
        let mut sent = Sent::default();
        sent.add(written(&["a", "b"]));
        let (batch, ticket) = sent.lend();
        assert_eq!(texts(&batch), (0, vec!["a", "b"]));
        assert!(sent.is_lent());
        sent.take_back(ticket, false);
        assert!(!sent.is_lent() && !sent.is_empty());
        let (batch, second) = sent.lend();
        assert_eq!(texts(&batch), (0, vec!["a", "b"]));
        // The first answer is over already.
        sent.take_back(ticket, true);
        assert!(sent.is_lent());
        sent.take_back(second, true);
        assert!(!sent.is_lent() && sent.is_empty());
        sent.add(written(&["c"]));
        assert_eq!(texts(&sent.lend().0), (2, vec!["c"]));
    }

    #[test]
    fn an_acknowledgement_does_not_wait_for_an_answer_on_its_way() {
        let mut sent = Sent::default();
        sent.add(written(&["a", "b"]));
        let (_, ticket) = sent.lend();
        assert_eq!(sent.acknowledge(1), Ok(()));
        sent.take_back(ticket, true);
        assert_eq!(texts(&sent.give()), (1, vec!["b"]));
    }
}
