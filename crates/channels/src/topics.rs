//! The channels of a socket: a state machine that is told what happens and what time it is, and says what to send.

mod channel;
mod joining;

use std::collections::{HashMap, VecDeque};

use roost_protocol::{Frame, Message, Payload, Ref, Reply, ServerMessage, Status, event};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub(crate) use self::channel::{Answer, JoinPayload, NewChannel, Push};
use self::channel::{Channel, InFlight, Phase};

use crate::backlog::Backlog;
use crate::channel::{ChannelEvent, PushError};
use crate::config::SocketConfig;

/// All channels of a socket.
pub(crate) struct Topics {
    config: SocketConfig,
    /// A random number between 0 and 1.
    jitter: fn() -> f64,
    channels: HashMap<String, Channel>,
    pushes: HashMap<u64, InFlight>,
    leaves: HashMap<u64, oneshot::Sender<()>>,
    last_ref: u64,
    is_open: bool,
    /// How many bytes have come on this connection.
    pub(crate) n_heard: u64,
    /// What is to be sent, in order.
    pub(crate) outgoing: VecDeque<Frame>,
}

impl Topics {
    pub(crate) fn new(config: SocketConfig, jitter: fn() -> f64) -> Self {
        Self {
            config,
            jitter,
            channels: HashMap::new(),
            pushes: HashMap::new(),
            leaves: HashMap::new(),
            last_ref: 0,
            is_open: false,
            n_heard: 0,
            outgoing: VecDeque::new(),
        }
    }

    /// The connection is there: every channel is joined.
    pub(crate) fn connected(&mut self, now: Instant) {
        self.is_open = true;
        let mut topics: Vec<(u64, String)> =
            self.channels.values().map(|channel| (channel.id, channel.topic.clone())).collect();
        topics.sort_unstable();
        for (_, topic) in topics {
            self.join(&topic, now);
        }
    }

    /// The connection is gone.
    pub(crate) fn disconnected(&mut self) {
        self.is_open = false;
        self.outgoing.clear();
        self.leaves.clear();
        for (_, push) in self.pushes.drain() {
            push.answer.send(Err(PushError::Disconnected)).ok();
        }
        for channel in self.channels.values_mut() {
            channel.failures = 0;
            let phase = std::mem::replace(&mut channel.phase, Phase::Offline);
            if matches!(phase, Phase::Joined { .. }) {
                channel.tell(ChannelEvent::Disconnected);
            }
            for push in channel.buffered.drain(..) {
                push.fail(PushError::Disconnected);
            }
        }
    }

    pub(crate) fn open(&mut self, new: NewChannel, now: Instant) {
        let NewChannel { id, topic, join_payload, teller } = new;
        let channel = Channel {
            id,
            topic: topic.clone(),
            join_payload,
            teller,
            phase: Phase::Offline,
            failures: 0,
            buffered: Vec::new(),
        };
        if let Some(replaced) = self.channels.insert(topic.clone(), channel) {
            // The server closes the old one when it sees the new join.
            self.close(&replaced);
        }
        if self.is_open {
            self.join(&topic, now);
        }
    }

    pub(crate) fn push(&mut self, topic: &str, id: u64, push: Push) {
        let Some(channel) = self.channels.get_mut(topic).filter(|channel| channel.id == id) else { return };
        match channel.phase {
            Phase::Offline => push.fail(PushError::Disconnected),
            Phase::Joining { .. } | Phase::Waiting { .. } => channel.buffered.push(push),
            Phase::Joined { number } => self.send_push(number, id, topic, push),
            Phase::Refused => push.fail(PushError::Closed),
        }
    }

    /// Leaves a topic, if the channel is still the one with this id. Dropping `done` says that there is nothing to wait
    /// for.
    pub(crate) fn leave(&mut self, topic: &str, id: u64, done: Option<oneshot::Sender<()>>) {
        if self.channels.get(topic).is_none_or(|channel| channel.id != id) {
            return;
        }
        let Some(channel) = self.channels.remove(topic) else { return };
        self.pushes.retain(|_, push| push.channel != id);
        if let Some(number) = channel.join_number() {
            let ref_ = self.send_leave(number, topic);
            if let Some(done) = done {
                self.leaves.insert(ref_, done);
            }
        }
    }

    /// Leaves every topic, as the last that is sent on this connection.
    pub(crate) fn leave_all(&mut self) {
        let joined = self.channels.values().filter_map(|channel| Some((channel.join_number()?, channel.topic.clone())));
        for (number, topic) in joined.collect::<Vec<_>>() {
            self.send_leave(number, &topic);
        }
    }

    /// Whether nobody waits for an answer.
    pub(crate) fn is_idle(&self) -> bool {
        let is_joining = |channel: &Channel| matches!(channel.phase, Phase::Joining { .. });
        self.pushes.values().all(|push| push.answer.is_closed()) && !self.channels.values().any(is_joining)
    }

    /// A channel on which so much waits that nothing more is to be read.
    pub(crate) fn full(&self) -> Option<Backlog> {
        let mut backlogs = self.channels.values().map(|channel| &channel.teller.backlog);
        backlogs.find(|backlog| backlog.n_bytes() > self.config.max_waiting).cloned()
    }

    pub(crate) fn receive(&mut self, message: ServerMessage, now: Instant) {
        match message {
            ServerMessage::Reply(reply) => self.receive_reply(reply, now),
            ServerMessage::Message(message) => self.receive_message(message, now),
        }
    }

    /// Sends a heartbeat and returns its ref. Answers for which nobody waits any more are forgotten on this occasion.
    pub(crate) fn heartbeat(&mut self) -> u64 {
        self.pushes.retain(|_, push| !push.answer.is_closed());
        self.leaves.retain(|_, done| !done.is_closed());
        let ref_ = self.next_ref();
        self.send(Ref::NULL, ref_, "phoenix", event::HEARTBEAT, Payload::empty()).expect("JSON can always be written");
        ref_
    }

    fn receive_reply(&mut self, reply: Reply, now: Instant) {
        let Some(number) = reply.ref_.as_str().and_then(|text| text.parse().ok()) else { return };
        if let Some(push) = self.pushes.remove(&number) {
            let answer = match reply.status {
                Status::Ok => Ok(reply.response),
                Status::Error | Status::Other(_) => Err(PushError::Refused(reply.response)),
            };
            push.answer.send(answer).ok();
        } else if let Some(done) = self.leaves.remove(&number) {
            done.send(()).ok();
        } else if let Some(channel) = self.channels.get_mut(&reply.topic)
            && matches!(channel.phase, Phase::Joining { number: join, .. } if join == number)
        {
            match reply.status {
                Status::Ok => self.joined(&reply.topic, number, reply.response),
                Status::Error | Status::Other(_) if is_crash(&reply.response) => self.fail(&reply.topic, now),
                Status::Error | Status::Other(_) => {
                    channel.phase = Phase::Refused;
                    channel.buffered.clear();
                    channel.tell(ChannelEvent::Refused { response: reply.response });
                }
            }
        }
    }

    fn receive_message(&mut self, message: Message, now: Instant) {
        let Message { join_ref, ref_, topic, event, payload } = message;
        let Some(channel) = self.channels.get_mut(&topic) else { return };
        let is_end = event == event::PHX_CLOSE || event == event::PHX_ERROR;
        // Version 1 has no join_ref; there the end of a channel has it as its ref, as in version 2.
        let join_ref = if is_end && join_ref.is_null() { ref_ } else { join_ref };
        if !channel.is_current(&join_ref) {
            return;
        }
        if event == event::PHX_CLOSE {
            if let Some(channel) = self.channels.remove(&topic) {
                self.close(&channel);
            }
        } else if event == event::PHX_ERROR {
            self.fail(&topic, now);
        } else {
            let message = ChannelEvent::Message { event, payload };
            match &mut channel.phase {
                Phase::Joining { held, .. } => held.push(message),
                Phase::Joined { .. } => channel.tell(message),
                Phase::Offline | Phase::Waiting { .. } | Phase::Refused => {}
            }
        }
    }

    /// Ends a channel that is no longer among the others.
    fn close(&mut self, channel: &Channel) {
        self.pushes.retain(|_, push| push.channel != channel.id);
        channel.tell(ChannelEvent::Closed);
    }

    fn send_leave(&mut self, number: u64, topic: &str) -> u64 {
        let ref_ = self.next_ref();
        self.send(Ref::from(number), ref_, topic, event::PHX_LEAVE, Payload::empty())
            .expect("JSON can always be written");
        ref_
    }

    fn send_push(&mut self, join_number: u64, channel: u64, topic: &str, push: Push) {
        // It waited for the join longer than whoever made it waits for its answer.
        if push.answer.is_closed() {
            return;
        }
        let Push { event, payload, answer } = push;
        let ref_ = self.next_ref();
        match self.send(Ref::from(join_number), ref_, topic, &event, payload) {
            Ok(()) => {
                self.pushes.insert(ref_, InFlight { channel, answer });
            }
            Err(error) => {
                answer.send(Err(PushError::Payload(error.to_string()))).ok();
            }
        }
    }

    fn send(
        &mut self,
        join_ref: Ref,
        ref_: u64,
        topic: &str,
        event: &str,
        payload: Payload,
    ) -> Result<(), roost_protocol::EncodeError> {
        let message =
            Message { join_ref, ref_: Ref::from(ref_), topic: topic.to_owned(), event: event.to_owned(), payload };
        self.outgoing.push_back(self.config.vsn.encode_push(&message)?);
        Ok(())
    }

    const fn next_ref(&mut self) -> u64 {
        self.last_ref += 1;
        self.last_ref
    }
}

/// Whether this is how Phoenix answers a join in which the channel has failed: that is no refusal of the application's.
fn is_crash(response: &Payload) -> bool {
    #[derive(Deserialize)]
    struct Failure<'a> {
        reason: &'a str,
    }
    let Payload::Json(json) = response else { return false };
    serde_json::from_str(json.get()).is_ok_and(|Failure { reason }| reason == "join crashed")
}

#[cfg(test)]
mod tests;
