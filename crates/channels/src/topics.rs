//! The channels of a socket: a state machine that is told what happens and what time it is, and says what to send.

mod channel;

use std::collections::{HashMap, VecDeque};

use roost_protocol::{Frame, Message, Payload, Ref, Reply, ServerMessage, Status, event};
use tokio::sync::oneshot;
use tokio::time::Instant;

pub(crate) use self::channel::{Answer, JoinPayload, NewChannel, Push};
use self::channel::{Channel, InFlight, Phase};

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
        let NewChannel { id, topic, join_payload, events } = new;
        let channel = Channel {
            id,
            topic: topic.clone(),
            join_payload,
            events,
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

    pub(crate) fn receive(&mut self, message: ServerMessage, now: Instant) {
        match message {
            ServerMessage::Reply(reply) => self.receive_reply(reply),
            ServerMessage::Message(message) => self.receive_message(message, now),
        }
    }

    /// When [`on_time`](Self::on_time) is to be called next.
    pub(crate) fn due(&self) -> Option<Instant> {
        let due = self.channels.values().filter_map(|channel| match channel.phase {
            Phase::Joining { deadline, .. } => Some(deadline),
            Phase::Waiting { until } => Some(until),
            Phase::Offline | Phase::Joined { .. } | Phase::Refused => None,
        });
        due.min()
    }

    pub(crate) fn on_time(&mut self, now: Instant) {
        let due: Vec<String> = self
            .channels
            .values()
            .filter(|channel| match channel.phase {
                Phase::Joining { deadline, .. } => deadline <= now,
                Phase::Waiting { until } => until <= now,
                Phase::Offline | Phase::Joined { .. } | Phase::Refused => false,
            })
            .map(|channel| channel.topic.clone())
            .collect();
        for topic in due {
            match self.channels[&topic].phase {
                Phase::Joining { number, .. } => {
                    // The server may have joined it all the same, and nobody would ever leave it.
                    self.send_leave(number, &topic);
                    self.fail(&topic, now);
                }
                Phase::Waiting { .. } => self.join(&topic, now),
                Phase::Offline | Phase::Joined { .. } | Phase::Refused => {}
            }
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

    fn receive_reply(&mut self, reply: Reply) {
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
                Status::Error | Status::Other(_) => {
                    channel.phase = Phase::Refused;
                    channel.buffered.clear();
                    channel.tell(ChannelEvent::Refused { response: reply.response });
                }
            }
        }
    }

    fn joined(&mut self, topic: &str, number: u64, response: Payload) {
        let Some(channel) = self.channels.get_mut(topic) else { return };
        let id = channel.id;
        let phase = std::mem::replace(&mut channel.phase, Phase::Joined { number });
        channel.failures = 0;
        channel.tell(ChannelEvent::Joined { response });
        if let Phase::Joining { held, .. } = phase {
            held.into_iter().for_each(|event| channel.tell(event));
        }
        for push in std::mem::take(&mut channel.buffered) {
            self.send_push(number, id, topic, push);
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

    /// A join, or a channel that was joined, has failed: it is joined again after a pause.
    fn fail(&mut self, topic: &str, now: Instant) {
        let Some(channel) = self.channels.get_mut(topic) else { return };
        channel.failures += 1;
        let until = now + self.config.rejoin_backoff.delay(channel.failures, (self.jitter)());
        let phase = std::mem::replace(&mut channel.phase, Phase::Waiting { until });
        if matches!(phase, Phase::Joined { .. }) {
            channel.tell(ChannelEvent::Disconnected);
        }
        let lost = self.pushes.extract_if(|_, push| push.channel == channel.id);
        lost.for_each(|(_, push)| {
            push.answer.send(Err(PushError::Disconnected)).ok();
        });
    }

    fn join(&mut self, topic: &str, now: Instant) {
        let number = self.next_ref();
        let deadline = now + self.config.join_timeout;
        let Some(channel) = self.channels.get_mut(topic) else { return };
        channel.phase = Phase::Joining { number, deadline, held: Vec::new() };
        let payload = (channel.join_payload)();
        self.send(Ref::from(number), number, topic, event::PHX_JOIN, payload).expect("JSON can always be written");
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

#[cfg(test)]
mod tests;
