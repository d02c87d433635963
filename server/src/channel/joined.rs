//! A topic that was joined: the changes under way on it, and what its client is told.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use roost_board::Seq;
use roost_protocol::{Message, Reply, Topic};

use super::refs::{End, Refs};
use super::{Answer, Caller, Turn, Work, boards, users};
use crate::boards::BoardAccess;
use crate::presence::Tracked;
use crate::pubsub::{Broadcast, Subscription};
use crate::socket::Outgoing;

/// Room for how many pushes under way an idle channel keeps.
const SAVING_KEPT: usize = 4;

/// What lies behind a topic.
pub(super) enum Room {
    /// The caller's own news.
    User,
    /// A board.
    Board(BoardAccess),
}

/// What has become of a push.
pub(super) enum Step {
    /// It is answered.
    Answered(Answer),
    /// It has its place in the order of things; the answer comes when it is on disk.
    Saving(Work<Answer>),
}

/// A topic that was joined.
pub(super) struct Joined {
    room: Room,
    /// The last entry that the client was told of.
    seq: Seq,
    /// The push whose place in the order is being found. The next one is not looked at before it has one.
    submitting: Option<Work<Step>>,
    /// The pushes that have their place, in that order, which is also that of their answers: only the first one is
    /// asked.
    saving: VecDeque<Work<Answer>>,
    /// Those that are done and were not written yet.
    answers: Vec<Answer>,
    end: Option<End>,
    _subscription: Subscription,
    _tracked: Option<Tracked>,
}

impl Joined {
    pub(super) const fn new(room: Room, seq: Seq, subscription: Subscription, tracked: Option<Tracked>) -> Self {
        Self {
            room,
            seq,
            submitting: None,
            saving: VecDeque::new(),
            answers: Vec::new(),
            end: None,
            _subscription: subscription,
            _tracked: tracked,
        }
    }

    /// How many pushes have not been answered.
    pub(super) fn n_pending(&self) -> usize {
        usize::from(self.submitting.is_some()) + self.saving.len() + self.answers.len()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.n_pending() > 0
    }

    pub(super) const fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Ends the channel once the pushes under way are answered.
    pub(super) fn end(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Tells the client what it does not know already: entries go out once each, in the order of their places.
    pub(super) fn deliver(&mut self, broadcast: &Broadcast, out: &mut Outgoing) {
        for message in broadcast.messages() {
            if self.end.is_some() {
                return;
            }
            if let Some(seq) = message.seq() {
                if seq <= self.seq {
                    continue;
                }
                if seq != self.seq.next() {
                    tracing::warn!(topic = %broadcast.topic(), after = %self.seq, %seq, "entries are missing");
                    self.end(End::Failed);
                    return;
                }
                self.seq = seq;
            }
            out.add(message.written(broadcast.topic(), out.vsn()));
        }
    }

    /// Collects the answers that are ready.
    pub(super) fn gather(&mut self, cx: &mut Context<'_>) {
        while let Some(first) = self.saving.front_mut()
            && let Poll::Ready(answer) = first.as_mut().poll(cx)
        {
            self.saving.pop_front();
            self.answers.push(answer);
        }
        if self.saving.is_empty() && self.saving.capacity() > SAVING_KEPT {
            // Most channels are idle.
            self.saving.shrink_to(SAVING_KEPT);
        }
    }

    /// Begins with a push.
    pub(super) fn push(&mut self, caller: &Caller, message: Message) {
        self.submitting = Some(match &self.room {
            Room::User => users::handle(message),
            Room::Board(access) => boards::handle(caller, access.clone(), message),
        });
    }

    /// Writes the answers that were collected and goes on with the push that has no place yet. `Again` when the next
    /// message can be looked at.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>, topic: Topic, refs: &Refs, out: &mut Outgoing) -> Turn {
        for Answer { ref_, status, response } in std::mem::take(&mut self.answers) {
            out.reply(&Reply { join_ref: refs.own.clone(), ref_, topic: topic.to_string(), status, response });
        }
        if let Some(work) = &mut self.submitting {
            let Poll::Ready(step) = work.as_mut().poll(cx) else { return Turn::Wait };
            self.submitting = None;
            self.saving.push_back(match step {
                Step::Answered(answer) => Box::pin(std::future::ready(answer)),
                Step::Saving(work) => work,
            });
            // Asked at once, so that it wakes this task. What it answers is written in the next turn, after the entry
            // that it made.
            self.gather(cx);
        }
        match self.end {
            Some(_) if self.is_busy() => Turn::Wait,
            Some(end) => {
                refs.write_end(end, topic, out);
                Turn::Over
            }
            None => Turn::Again,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use roost_board::UserId;
    use roost_protocol::{Ref, Vsn};
    use serde_json::value::to_raw_value;
    use uuid::Uuid;

    use super::*;
    use crate::pubsub::{Delivery, Mailbox, PubSub};

    /// What a channel that knows everything up to entry 5 writes when it is told of these entries, some at a time.
    fn check(seqs: &[&[u64]], expected: &[&str]) {
        let pubsub = PubSub::new();
        let user = UserId::from_uuid(Uuid::from_u128(1));
        let topic = Topic::Users(user);
        let mailbox = Mailbox::for_messages(16);
        let subscription = pubsub.subscribe(topic, user, &mailbox);
        let mut joined = Joined::new(Room::User, Seq(5), subscription, None);
        let mut out = Outgoing::new(Vsn::V2);
        for seq in seqs {
            let entry = |&seq| (Seq(seq), to_raw_value(&serde_json::json!({ "seq": seq })).unwrap().into());
            pubsub.entries(topic, &seq.iter().map(entry).collect::<Vec<_>>());
        }
        for delivery in mailbox.take_all() {
            let Delivery::Broadcast(broadcast) = delivery else { panic!("nobody was removed") };
            joined.deliver(&broadcast, &mut out);
        }
        let refs = Refs { given: Ref::from("1"), own: Ref::from("1") };
        joined.advance(&mut Context::from_waker(Waker::noop()), topic, &refs, &mut out);
        let written: Vec<String> =
            std::iter::from_fn(|| out.pop()).map(|written| written.text().replace(&topic.to_string(), "T")).collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn entries_go_out_once_each_and_in_order() {
        check(
            &[&[4], &[5, 6], &[6, 7], &[7]],
            &[r#"[null,null,"T","entry",{"seq":6}]"#, r#"[null,null,"T","entry",{"seq":7}]"#],
        );
    }

    #[test]
    fn a_gap_ends_the_channel_so_that_its_client_asks_for_what_is_missing() {
        check(&[&[6, 8], &[9]], &[r#"[null,null,"T","entry",{"seq":6}]"#, r#"["1","1","T","phx_error",{}]"#]);
    }
}
