//! What lies behind one socket, whatever its transport: its channels, and what is to be written to its client.
//!
//! No IO: the transport hands in what the client sent, lets the session [`work`](Session::work) whenever the task is
//! woken, and takes what is to be written from [`outgoing`](Session::outgoing).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Context;

use bytes::Bytes;
use roost_protocol::{DecodeError, Message, Payload, Ref, Reply, Status, Topic, Vsn, event};

use super::{Ending, Outgoing};
use crate::channel::{Caller, Channel, Progress, unauthorized};
use crate::config::Limits;
use crate::limits::Limit;
use crate::pubsub::Delivery;

/// How many messages of one client are worked on at a time. With more of them no more are read: what a client sends
/// faster than the server works waits on the client's side.
const PENDING_MAX: usize = 64;

/// How many bytes of them are kept at a time.
const PENDING_BYTES_MAX: usize = 1 << 20;

/// One of the channels of a socket.
struct Joined {
    topic: Topic,
    /// Whether something is under way on it. Most of what comes is a broadcast for a channel that is not: then this is
    /// all that is looked at of the others.
    is_busy: bool,
    channel: Box<Channel>,
}

/// What lies behind one socket.
pub(super) struct Session {
    caller: Arc<Caller>,
    channels: Vec<Joined>,
    channels_max: usize,
    /// How many broadcasts may be held back for answers to joins.
    held_max: usize,
    /// What was taken from the mailbox; empty between two turns.
    taken: VecDeque<Delivery>,
    outgoing: Outgoing,
}

impl Session {
    pub(super) const fn new(caller: Arc<Caller>, vsn: Vsn, limits: &Limits) -> Self {
        Self {
            caller,
            channels: Vec::new(),
            channels_max: limits.channels_per_socket,
            held_max: limits.socket_queue,
            taken: VecDeque::new(),
            outgoing: Outgoing::new(vsn),
        }
    }

    /// Ends all channels; what is to be written is left.
    pub(super) fn end(self) -> Outgoing {
        self.outgoing
    }

    /// What is to be written.
    pub(super) const fn outgoing(&mut self) -> &mut Outgoing {
        &mut self.outgoing
    }

    /// Whether one more message of the client may be handed in.
    pub(super) fn accepts(&self) -> bool {
        self.n_pending() < PENDING_MAX
            && self.busy().map(|channel| channel.n_waiting_bytes()).sum::<usize>() < PENDING_BYTES_MAX
    }

    /// How many messages of the client have not been answered.
    pub(super) fn n_pending(&self) -> usize {
        self.busy().map(Channel::n_pending).sum()
    }

    fn busy(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter().filter(|joined| joined.is_busy).map(|joined| &*joined.channel)
    }

    /// Takes a text frame of the client; the ending, if it is no message.
    pub(super) fn receive_text(&mut self, text: &str) -> Option<Ending> {
        let decoded = self.outgoing.vsn().decode_text(text);
        self.receive_decoded(decoded)
    }

    /// Takes a binary frame of the client; the ending, if it is no message.
    pub(super) fn receive_binary(&mut self, bytes: &Bytes) -> Option<Ending> {
        let decoded = self.outgoing.vsn().decode_binary(bytes);
        self.receive_decoded(decoded)
    }

    fn receive_decoded(&mut self, decoded: Result<Message, DecodeError>) -> Option<Ending> {
        match decoded {
            Ok(message) => self.receive(message),
            Err(DecodeError::TopicNotAString { ref_, topic }) => {
                let frame = self.outgoing.vsn().encode_unmatched(&ref_, &topic);
                self.outgoing.add_frame(frame);
            }
            Err(error) => return Some(Ending::undecodable(error.close_reason())),
        }
        None
    }

    /// Works on what the server has for the client, until there is nothing more to do or enough to write; the task is
    /// woken when there is more. To be called again once what is to be written was taken.
    ///
    /// An answer is collected before the mailbox is emptied and written after: an entry is in the mailbox before its
    /// proposal is answered, so the proposer hears of the entry first, as with Phoenix.
    pub(super) fn work(&mut self, cx: &mut Context<'_>) -> Option<Ending> {
        loop {
            self.gather(cx);
            loop {
                let room = self.outgoing.room();
                if let Some(dismissal) = self.caller.mailbox.take(cx.waker(), &mut self.taken, room) {
                    return Some(dismissal.into());
                }
                let n_bytes: usize = self.taken.iter().map(Delivery::n_bytes).sum();
                while let Some(delivery) = self.taken.pop_front() {
                    self.deliver(delivery);
                }
                if self.outgoing.is_full() {
                    return None;
                }
                // As much as was asked for, and it did not fill the room: it was for topics that were left, or for joins
                // under way. More may wait behind it.
                if n_bytes < room {
                    break;
                }
            }
            self.advance(cx);
            if self.busy().map(Channel::n_held).sum::<usize>() > self.held_max {
                return Some(Ending::too_slow(Limit::SocketQueue));
            }
            if self.outgoing.is_full() || !self.busy().any(Channel::has_answers) {
                return None;
            }
        }
    }

    /// Whether the server wants the socket gone; the task is woken when it does. For when nothing can be worked on,
    /// since the client takes nothing.
    pub(super) fn watch(&self, cx: &mut Context<'_>) -> Option<Ending> {
        self.caller.mailbox.watch(cx.waker()).map(Ending::from)
    }

    /// Whether the server stops: nothing more is to be handed in, and the socket ends once nothing is pending. Whoever
    /// asks after [`work`](Self::work) or [`watch`](Self::watch) is woken when it does.
    pub(super) fn is_stopping(&self) -> bool {
        self.caller.mailbox.is_stopping()
    }

    /// Takes a message of the client.
    fn receive(&mut self, message: Message) {
        let out = &mut self.outgoing;
        match message.topic.parse() {
            Ok(Topic::Phoenix) if message.event == event::HEARTBEAT => {
                let reply = Reply { join_ref: Ref::NULL, ..Reply::to(&message, Status::Ok, Payload::empty()) };
                out.reply(&reply);
            }
            Ok(Topic::Phoenix) => unmatched(&message, out),
            Ok(topic) => match self.channels.iter_mut().find(|joined| joined.topic == topic) {
                Some(joined) => {
                    joined.is_busy = true;
                    joined.channel.receive(message);
                }
                None => self.receive_unjoined(topic, message),
            },
            // A topic whose id is none is refused as one that is not theirs.
            Err(_) if message.event == event::PHX_JOIN && is_in_a_namespace(&message.topic) => {
                out.reply(&Reply::to(&message, Status::Error, unauthorized()));
            }
            Err(_) if message.event == event::PHX_LEAVE => left(&message, out),
            Err(_) => unmatched(&message, out),
        }
    }

    fn receive_unjoined(&mut self, topic: Topic, message: Message) {
        let out = &mut self.outgoing;
        match message.event.as_str() {
            event::PHX_JOIN if self.channels.len() >= self.channels_max => {
                let response = self.caller.limiter.too_many_channels();
                out.reply(&Reply::to(&message, Status::Error, response));
            }
            event::PHX_JOIN => {
                // Most sockets have few.
                self.channels.reserve_exact(1);
                let channel = Box::new(Channel::join(&self.caller, topic, message));
                self.channels.push(Joined { topic, is_busy: true, channel });
            }
            event::PHX_LEAVE => left(&message, out),
            _ => unmatched(&message, out),
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        let topic = match &delivery {
            Delivery::Broadcast(broadcast) => broadcast.topic(),
            Delivery::CloseChannel(topic) => *topic,
        };
        // A channel that was left meanwhile is told nothing more.
        let Some(index) = self.channels.iter().position(|joined| joined.topic == topic) else { return };
        let (Joined { channel, is_busy, .. }, out) = (&mut self.channels[index], &mut self.outgoing);
        let delivered = guarded(|| match delivery {
            Delivery::Broadcast(broadcast) => channel.deliver(broadcast, out),
            Delivery::CloseChannel(_) => channel.close(),
        });
        match delivered {
            Ok(has_ended) => *is_busy |= has_ended,
            Err(Crashed) => self.crash(index),
        }
    }

    /// Collects the answers that are ready.
    fn gather(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some(Joined { channel, is_busy, .. }) = self.channels.get_mut(index) {
            match guarded(|| {
                if *is_busy {
                    channel.gather(cx)
                }
            }) {
                Ok(()) => index += 1,
                Err(Crashed) => self.crash(index),
            }
        }
    }

    /// Lets every channel go on as far as it can.
    fn advance(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while index < self.channels.len() && !self.outgoing.is_full() {
            let (Joined { channel, is_busy, .. }, out) = (&mut self.channels[index], &mut self.outgoing);
            if !*is_busy {
                index += 1;
                continue;
            }
            match guarded(|| channel.advance(cx, out)) {
                Ok(Progress::Waits) => {
                    *is_busy = channel.n_pending() > 0;
                    index += 1;
                }
                Ok(Progress::Over) => self.remove(index),
                Err(Crashed) => self.crash(index),
            }
        }
    }

    /// Ends a channel in which something has panicked. The socket and its other channels go on.
    fn crash(&mut self, index: usize) {
        let Joined { topic, channel, .. } = &self.channels[index];
        tracing::error!(%topic, "a channel has ended in a panic");
        channel.write_crash(&mut self.outgoing);
        self.remove(index);
    }

    /// Lets go of a channel that is over.
    fn remove(&mut self, index: usize) {
        // What the client sent behind the end concerns the topic anew; a join makes a channel at the end of the list,
        // which whoever walks it comes to.
        for message in self.channels.swap_remove(index).channel.into_waiting() {
            self.receive(message);
        }
    }
}

/// Something has panicked.
struct Crashed;

/// Does something with a channel, which is not to be used again when that panics.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Crashed> {
    // What was written before the panic is whole: frames are added one by one.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Crashed)
}

fn is_in_a_namespace(topic: &str) -> bool {
    topic.starts_with("users:") || topic.starts_with("boards:")
}

fn left(message: &Message, out: &mut Outgoing) {
    out.reply(&Reply::to(message, Status::Ok, Payload::empty()));
}

fn unmatched(message: &Message, out: &mut Outgoing) {
    let frame = out.vsn().encode_unmatched(&message.ref_, &Ref::from(message.topic.as_str()));
    out.add_frame(frame);
}

#[cfg(test)]
mod tests;
