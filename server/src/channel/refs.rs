//! How messages name the join that they belong to, and how its end is told.

use roost_protocol::{Message, Payload, Ref, Topic, event};

use crate::socket::Outgoing;

/// How messages name the join that they belong to.
#[derive(Clone)]
pub(super) struct Refs {
    /// The `join_ref` of the join; null when the client gave none.
    pub(super) given: Ref,
    /// The same, or the join's own ref when the client gave none: what the channel's messages carry.
    pub(super) own: Ref,
}

/// Why a channel ends before its client leaves it.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// They may no longer be here.
    Closed,
    /// Something was missed; the client joins again and asks for it.
    Failed,
}

impl Refs {
    pub(super) fn of(join: &Message) -> Self {
        let own = if join.join_ref.is_null() { &join.ref_ } else { &join.join_ref };
        Self { given: join.join_ref.clone(), own: own.clone() }
    }

    /// Whether a push belongs to this join rather than to an earlier one; null is taken to.
    pub(super) fn are_those_of(&self, push: &Message) -> bool {
        push.join_ref.is_null() || push.join_ref == self.own
    }

    /// Whether a leave means this join; null does only when the join gave none.
    pub(super) fn are_those_of_leave(&self, leave: &Message) -> bool {
        leave.join_ref == self.given || leave.join_ref == self.own
    }

    pub(super) fn write_end(&self, end: End, topic: Topic, out: &mut Outgoing) {
        let event = match end {
            End::Closed => event::PHX_CLOSE,
            End::Failed => event::PHX_ERROR,
        };
        out.push(&Message {
            join_ref: self.given.clone(),
            ref_: self.given.clone(),
            topic: topic.to_string(),
            event: event.to_owned(),
            payload: Payload::empty(),
        });
    }
}
