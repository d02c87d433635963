//! One topic on one socket: joining it, what is pushed to it, what it is told, and its end.
//!
//! Each channel works in the order of what its client sent: changes are checked one after the other and answered in
//! that order, though many of them may wait for the disk together; a leave or a second join waits for the answers
//! before it. Channels wait for nothing but themselves, so a slow one is slow alone.
//!
//! What is told to the topic while a join is under way is held back. The answer to the join comes first, then exactly
//! what the answer does not contain.

mod boards;
mod joined;
mod refs;
mod users;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use roost_board::{Seq, User};
use roost_protocol::payload::ChannelError;
use roost_protocol::{Message, Payload, Ref, Reply, Status, Topic, event};

use crate::boards::Boards;
use crate::limits::Limiter;
use crate::presence::Tracked;
use crate::pubsub::{Broadcast, Mailbox, PubSub, Subscription};
use crate::socket::Outgoing;
use joined::{Joined, Room};
use refs::{End, Refs};

/// Something that a channel is busy with.
type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Who is on the other side of a socket, and what its channels need.
pub(crate) struct Caller {
    /// Who.
    pub(crate) user: User,
    /// The boards that they may enter.
    pub(crate) boards: Boards,
    /// Who is told what.
    pub(crate) pubsub: PubSub,
    /// What waits for the socket.
    pub(crate) mailbox: Arc<Mailbox>,
    /// What is bounded.
    pub(crate) limiter: Limiter,
}

/// One topic on one socket.
pub(crate) struct Channel {
    caller: Arc<Caller>,
    topic: Topic,
    refs: Refs,
    state: State,
    /// What the client sent and was not looked at yet.
    waiting: VecDeque<Message>,
    n_waiting_bytes: usize,
    /// How much of that is of the message that is looked at: it is kept until it has its place.
    n_current_bytes: usize,
}

enum State {
    Joining(Joining),
    Joined(Joined),
}

/// A join under way.
struct Joining {
    ref_: Ref,
    work: Work<Result<Admission, Payload>>,
    held: Vec<Arc<Broadcast>>,
    /// The channel that this join takes the place of; it is closed after the answer.
    replaced: Option<Refs>,
    /// They were removed from the board meanwhile.
    is_removed: bool,
}

/// A join that succeeded.
struct Admission {
    response: Payload,
    /// The last entry that the response contains.
    seq: Seq,
    room: Room,
    subscription: Subscription,
}

/// The answer to a push.
struct Answer {
    ref_: Ref,
    status: Status,
    response: Payload,
}

/// What has become of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It waits for something, and the task will be woken.
    Waits,
    /// It has ended; everything was written.
    Over,
}

/// What to do next.
enum Turn {
    /// Look again: something has changed.
    Again,
    /// Wait to be woken.
    Wait,
    /// Nothing: the channel is over.
    Over,
}

impl Channel {
    /// Begins to join.
    pub(crate) fn join(caller: &Arc<Caller>, topic: Topic, message: Message) -> Self {
        let n_bytes = n_bytes(&message);
        let refs = Refs::of(&message);
        let state = State::Joining(Joining::new(caller, topic, message, None));
        Self {
            caller: Arc::clone(caller),
            topic,
            refs,
            state,
            waiting: VecDeque::new(),
            n_waiting_bytes: n_bytes,
            n_current_bytes: n_bytes,
        }
    }

    /// How many messages of the client have not been answered.
    pub(crate) fn n_pending(&self) -> usize {
        self.waiting.len()
            + match &self.state {
                State::Joining(_) => 1,
                State::Joined(joined) => joined.n_pending(),
            }
    }

    /// How much of what the client sent is kept.
    pub(crate) const fn n_waiting_bytes(&self) -> usize {
        self.n_waiting_bytes
    }

    /// Whether [`advance`](Self::advance) has answers to write.
    pub(crate) fn has_answers(&self) -> bool {
        match &self.state {
            State::Joining(_) => false,
            State::Joined(joined) => joined.has_answers(),
        }
    }

    /// Takes a message of the client; [`advance`](Self::advance) looks at it.
    pub(crate) fn receive(&mut self, message: Message) {
        self.n_waiting_bytes += n_bytes(&message);
        self.waiting.push_back(message);
    }

    /// Ends the channel after a panic in it, in whatever state that has left it.
    pub(crate) fn write_crash(&self, out: &mut Outgoing) {
        match &self.state {
            State::Joining(joining) => {
                let (join_ref, ref_) = (self.refs.given.clone(), joining.ref_.clone());
                let response = refusal("join crashed", "");
                out.reply(&Reply { join_ref, ref_, topic: self.topic.to_string(), status: Status::Error, response });
                if let Some(replaced) = &joining.replaced {
                    replaced.write_end(End::Closed, self.topic, out);
                }
            }
            State::Joined(_) => self.refs.write_end(End::Failed, self.topic, out),
        }
    }

    /// What the client sent and the channel, now over, did not look at.
    pub(crate) fn into_waiting(self) -> VecDeque<Message> {
        self.waiting
    }

    /// Tells the client something, now or after the answer to its join; whether that has ended the channel, which
    /// [`advance`](Self::advance) then says.
    pub(crate) fn deliver(&mut self, broadcast: Arc<Broadcast>, out: &mut Outgoing) -> bool {
        match &mut self.state {
            State::Joining(joining) => {
                joining.held.push(broadcast);
                false
            }
            State::Joined(joined) => {
                joined.deliver(&broadcast, out);
                joined.has_ended()
            }
        }
    }

    /// How much is held back for the answer to a join.
    pub(crate) fn n_held(&self) -> usize {
        match &self.state {
            State::Joining(joining) => joining.held.iter().map(|broadcast| broadcast.messages().len()).sum(),
            State::Joined(_) => 0,
        }
    }

    /// Ends the channel: they may no longer be here. Whether it has ended now, as with [`deliver`](Self::deliver).
    pub(crate) fn close(&mut self) -> bool {
        match &mut self.state {
            State::Joining(joining) => {
                joining.is_removed = true;
                false
            }
            State::Joined(joined) => {
                joined.end(End::Closed);
                true
            }
        }
    }

    /// Collects the answers that are ready, without writing them.
    pub(crate) fn gather(&mut self, cx: &mut Context<'_>) {
        if let State::Joined(joined) = &mut self.state {
            joined.gather(cx);
        }
    }

    /// Writes the answers that were collected and goes on with what waits, as far as that is possible now.
    pub(crate) fn advance(&mut self, cx: &mut Context<'_>, out: &mut Outgoing) -> Progress {
        loop {
            let turn = match &mut self.state {
                State::Joining(joining) => match joining.work.as_mut().poll(cx) {
                    Poll::Ready(outcome) => self.finish_join(outcome, out),
                    Poll::Pending => Turn::Wait,
                },
                State::Joined(joined) => match joined.advance(cx, self.topic, &self.refs, out) {
                    Turn::Again => self.take_next(out),
                    turn @ (Turn::Wait | Turn::Over) => turn,
                },
            };
            match turn {
                Turn::Again => {}
                Turn::Wait => return Progress::Waits,
                Turn::Over => return Progress::Over,
            }
        }
    }

    fn finish_join(&mut self, outcome: Result<Admission, Payload>, out: &mut Outgoing) -> Turn {
        let State::Joining(joining) = &mut self.state else { return Turn::Again };
        let (status, response, admitted) = match outcome {
            Ok(_) if joining.is_removed => (Status::Error, unauthorized(), None),
            Ok(Admission { response, seq, room, subscription }) => {
                (Status::Ok, response, Some((seq, room, subscription)))
            }
            Err(reason) => (Status::Error, reason, None),
        };
        let (join_ref, ref_) = (self.refs.given.clone(), joining.ref_.clone());
        out.reply(&Reply { join_ref, ref_, topic: self.topic.to_string(), status, response });
        if let Some(replaced) = joining.replaced.take() {
            replaced.write_end(End::Closed, self.topic, out);
        }
        let Some((seq, room, subscription)) = admitted else { return Turn::Over };
        let held = std::mem::take(&mut joining.held);
        let tracked = match &room {
            Room::Board(_) => Some(self.track(out)),
            Room::User => None,
        };
        let mut joined = Joined::new(room, seq, subscription, tracked);
        for broadcast in &held {
            joined.deliver(broadcast, out);
        }
        self.state = State::Joined(joined);
        Turn::Again
    }

    /// Says that they are here, and tells them who is.
    fn track(&self, out: &mut Outgoing) -> Tracked {
        let user = &self.caller.user;
        let (tracked, state) = self.caller.pubsub.track(self.topic, user.id, user.full_name());
        out.push(&Message {
            join_ref: self.refs.own.clone(),
            ref_: Ref::NULL,
            topic: self.topic.to_string(),
            event: event::PRESENCE_STATE.to_owned(),
            payload: state,
        });
        tracked
    }

    /// Looks at the next message of the client.
    fn take_next(&mut self, out: &mut Outgoing) -> Turn {
        self.n_waiting_bytes -= std::mem::take(&mut self.n_current_bytes);
        let State::Joined(joined) = &mut self.state else { return Turn::Again };
        let Some(message) = self.waiting.front() else { return Turn::Wait };
        let waits_for_answers = matches!(message.event.as_str(), event::PHX_JOIN | event::PHX_LEAVE);
        if waits_for_answers && joined.is_busy() {
            return Turn::Wait;
        }
        let Some(message) = self.waiting.pop_front() else { return Turn::Wait };
        self.n_current_bytes = n_bytes(&message);
        match message.event.as_str() {
            event::PHX_JOIN => {
                let replaced = std::mem::replace(&mut self.refs, Refs::of(&message));
                self.state = State::Joining(Joining::new(&self.caller, self.topic, message, Some(replaced)));
            }
            event::PHX_LEAVE if self.refs.are_those_of_leave(&message) => {
                out.reply(&Reply::to(&message, Status::Ok, Payload::empty()));
                self.refs.write_end(End::Closed, self.topic, out);
                return Turn::Over;
            }
            event::PHX_LEAVE => {}
            _ if self.refs.are_those_of(&message) => joined.push(&self.caller, message),
            _ => {}
        }
        Turn::Again
    }
}

impl Joining {
    fn new(caller: &Arc<Caller>, topic: Topic, message: Message, replaced: Option<Refs>) -> Self {
        let Message { ref_, payload, .. } = message;
        let work = Box::pin(join(Arc::clone(caller), topic, payload));
        Self { ref_, work, held: Vec::new(), replaced, is_removed: false }
    }
}

async fn join(caller: Arc<Caller>, topic: Topic, payload: Payload) -> Result<Admission, Payload> {
    #[cfg(test)]
    assert_ne!(Payload::json("panic").as_ref(), Ok(&payload), "planted");
    match topic {
        Topic::Users(id) => users::join(&caller, id),
        Topic::Boards(id) => boards::join(&caller, id, &payload).await,
        Topic::Phoenix => Err(unauthorized()),
    }
}

/// The refusal of those who may not be here: whether there is anything they do not learn.
pub(crate) fn unauthorized() -> Payload {
    refusal("unauthorized", "")
}

/// A refusal with a code and a text for people.
pub(crate) fn refusal(reason: &str, message: impl Into<String>) -> Payload {
    Payload::json(&ChannelError::new(reason, message)).expect("two strings can be written as JSON")
}

fn n_bytes(message: &Message) -> usize {
    let payload = match &message.payload {
        Payload::Json(json) => json.get().len(),
        Payload::Binary(bytes) => bytes.len(),
    };
    message.topic.len() + message.event.len() + payload
}
