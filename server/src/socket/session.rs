//! The channels of one socket, and what concerns none of them. No IO: messages come in, [`Outgoing`] is filled.

use std::sync::Arc;
use std::task::Context;

use roost_protocol::payload::ChannelError;
use roost_protocol::{Message, Payload, Ref, Reply, Status, Topic, event};

use super::Outgoing;
use crate::channel::{Caller, Channel, Progress, unauthorized};
use crate::pubsub::{Delivery, Mailbox};

/// The channels of one socket.
pub(super) struct Session {
    caller: Arc<Caller>,
    channels: Vec<Channel>,
    channels_max: usize,
}

impl Session {
    pub(super) const fn new(caller: Arc<Caller>, channels_max: usize) -> Self {
        Self { caller, channels: Vec::new(), channels_max }
    }

    /// What waits for this socket.
    pub(super) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.caller.mailbox
    }

    /// How many messages of the client have not been answered.
    pub(super) fn n_pending(&self) -> usize {
        self.channels.iter().map(Channel::n_pending).sum()
    }

    /// How much of what the client sent is kept, in bytes.
    pub(super) fn n_waiting_bytes(&self) -> usize {
        self.channels.iter().map(Channel::n_waiting_bytes).sum()
    }

    /// How much is held back for answers to joins.
    pub(super) fn n_held(&self) -> usize {
        self.channels.iter().map(Channel::n_held).sum()
    }

    /// Whether [`advance`](Self::advance) has answers to write.
    pub(super) fn has_answers(&self) -> bool {
        self.channels.iter().any(Channel::has_answers)
    }

    /// Takes a message of the client.
    pub(super) fn receive(&mut self, message: Message, out: &mut Outgoing) {
        match message.topic.parse() {
            Ok(Topic::Phoenix) if message.event == event::HEARTBEAT => {
                let reply = Reply { join_ref: Ref::NULL, ..Reply::to(&message, Status::Ok, Payload::empty()) };
                out.reply(&reply);
            }
            Ok(Topic::Phoenix) => unmatched(&message, out),
            Ok(topic) => match self.channels.iter_mut().find(|channel| channel.topic() == topic) {
                Some(channel) => channel.receive(message),
                None => self.receive_unjoined(topic, message, out),
            },
            // A topic whose id is none is refused as one that is not theirs.
            Err(_) if message.event == event::PHX_JOIN && is_in_a_namespace(&message.topic) => {
                out.reply(&Reply::to(&message, Status::Error, unauthorized()));
            }
            Err(_) if message.event == event::PHX_LEAVE => left(&message, out),
            Err(_) => unmatched(&message, out),
        }
    }

    fn receive_unjoined(&mut self, topic: Topic, message: Message, out: &mut Outgoing) {
        match message.event.as_str() {
            event::PHX_JOIN if self.channels.len() >= self.channels_max => {
                let refusal = ChannelError::new("too many channels joined", "");
                let response = Payload::json(&refusal).expect("a string can be written as JSON");
                out.reply(&Reply::to(&message, Status::Error, response));
            }
            event::PHX_JOIN => self.channels.push(Channel::join(&self.caller, topic, message)),
            event::PHX_LEAVE => left(&message, out),
            _ => unmatched(&message, out),
        }
    }

    /// Takes a delivery from the mailbox.
    pub(super) fn deliver(&mut self, delivery: Delivery, out: &mut Outgoing) {
        let topic = match &delivery {
            Delivery::Broadcast(broadcast) => broadcast.topic(),
            Delivery::CloseChannel(topic) => *topic,
        };
        // A channel that was left meanwhile is told nothing more.
        let Some(channel) = self.channels.iter_mut().find(|channel| channel.topic() == topic) else { return };
        match delivery {
            Delivery::Broadcast(broadcast) => channel.deliver(broadcast, out),
            Delivery::CloseChannel(_) => channel.close(),
        }
    }

    /// Collects the answers that are ready, without writing them.
    pub(super) fn gather(&mut self, cx: &mut Context<'_>) {
        for channel in &mut self.channels {
            channel.gather(cx);
        }
    }

    /// Lets every channel go on as far as it can.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>, out: &mut Outgoing) {
        let mut index = 0;
        while index < self.channels.len() && !out.is_full() {
            match self.channels[index].advance(cx, out) {
                Progress::Waits => index += 1,
                Progress::Over => {
                    // What the client sent behind the end concerns the topic anew; a join makes a channel at the end
                    // of the list, which this loop comes to.
                    for message in self.channels.swap_remove(index).into_waiting() {
                        self.receive(message, out);
                    }
                }
            }
        }
    }
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
