//! One channel of a socket, and what is asked of it.

use roost_protocol::{Payload, Ref};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::backlog::Teller;
use crate::channel::{ChannelEvent, PushError};

pub(crate) type JoinPayload = Box<dyn Fn() -> Payload + Send + Sync>;

/// What a push is answered.
pub(crate) type Answer = Result<Payload, PushError>;

pub(crate) struct NewChannel {
    /// Tells channels for the same topic apart.
    pub(crate) id: u64,
    pub(crate) topic: String,
    pub(crate) join_payload: JoinPayload,
    pub(crate) teller: Teller,
}

/// Dropping it tells whoever waits for the answer that the channel is closed.
pub(crate) struct Push {
    pub(crate) event: String,
    pub(crate) payload: Payload,
    pub(crate) answer: oneshot::Sender<Answer>,
}

impl Push {
    pub(super) fn fail(self, error: PushError) {
        // An error says that nobody waits any more.
        self.answer.send(Err(error)).ok();
    }
}

/// A push that was sent.
pub(super) struct InFlight {
    pub(super) channel: u64,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// A channel, as the task has it.
pub(super) struct Channel {
    pub(super) id: u64,
    pub(super) topic: String,
    pub(super) join_payload: JoinPayload,
    pub(super) teller: Teller,
    pub(super) phase: Phase,
    /// Failed joins in a row.
    pub(super) failures: u32,
    /// Pushes that wait for the join.
    pub(super) buffered: Vec<Push>,
}

/// Where a channel is.
pub(super) enum Phase {
    /// There is no connection.
    Offline,
    /// A join is under way. The number is its ref, and the `join_ref` of everything that belongs to it.
    Joining {
        number: u64,
        sent: Instant,
        /// When an answer, or a sign of one, has to be there.
        deadline: Instant,
        /// How many bytes had come on the connection at the last look.
        n_heard: u64,
        /// Messages that came before the answer: they are told after it.
        held: Vec<ChannelEvent>,
    },
    Joined {
        number: u64,
    },
    /// The last join failed; the next is due then.
    Waiting {
        until: Instant,
    },
    /// The server refused the join.
    Refused,
}

impl Channel {
    /// The `join_ref` of the join that counts.
    pub(super) const fn join_number(&self) -> Option<u64> {
        match self.phase {
            Phase::Joining { number, .. } | Phase::Joined { number } => Some(number),
            Phase::Offline | Phase::Waiting { .. } | Phase::Refused => None,
        }
    }

    /// Whether something with this `join_ref` belongs to the join that counts. Null belongs to every join.
    pub(super) fn is_current(&self, join_ref: &Ref) -> bool {
        let Some(number) = self.join_number() else { return false };
        join_ref.is_null() || *join_ref == Ref::from(number)
    }

    pub(super) fn tell(&self, event: ChannelEvent) {
        self.teller.tell(event);
    }
}
