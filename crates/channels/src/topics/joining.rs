//! Joining the channels of a socket, and joining them again.

use roost_protocol::{Payload, Ref, event};
use tokio::time::Instant;

use super::Topics;
use super::channel::Phase;
use crate::channel::{ChannelEvent, PushError};

/// How many times its time a join may take while the server says something all the while: the answer may be long, and
/// the network slow.
const LENIENCE: u32 = 6;

impl Topics {
    /// When [`on_time`](Self::on_time) is to be called next.
    pub(crate) fn due(&self) -> Option<Instant> {
        let due = self.channels.values().filter_map(|channel| match channel.phase {
            Phase::Joining { deadline, .. } => Some(deadline),
            Phase::Waiting { until } => Some(until),
            Phase::Offline | Phase::Joined { .. } | Phase::Refused => None,
        });
        due.min()
    }

    /// Joins what is due, and answers whether a join has had no answer in its time: then the connection may be dead.
    pub(crate) fn on_time(&mut self, now: Instant) -> bool {
        let mut is_unanswered = false;
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
                    if !self.is_on_its_way(&topic, now) {
                        // The server may have joined it all the same, and nobody would ever leave it.
                        self.send_leave(number, &topic);
                        self.fail(&topic, now);
                        is_unanswered = true;
                    }
                }
                Phase::Waiting { .. } => self.join(&topic, now),
                Phase::Offline | Phase::Joined { .. } | Phase::Refused => {}
            }
        }
        is_unanswered
    }

    /// Whether the answer to a join may be behind, or in the middle of, what has come since the last look: then it has
    /// its time once more.
    fn is_on_its_way(&mut self, topic: &str, now: Instant) -> bool {
        let time = self.config.join_timeout;
        let n_heard_now = self.n_heard;
        let Some(channel) = self.channels.get_mut(topic) else { return false };
        let Phase::Joining { sent, deadline, n_heard, .. } = &mut channel.phase else { return false };
        let is_heard = std::mem::replace(n_heard, n_heard_now) != n_heard_now;
        *deadline = now + time;
        is_heard && *deadline <= *sent + time * LENIENCE
    }

    pub(super) fn join(&mut self, topic: &str, now: Instant) {
        let number = self.next_ref();
        let deadline = now + self.config.join_timeout;
        let n_heard = self.n_heard;
        let Some(channel) = self.channels.get_mut(topic) else { return };
        channel.phase = Phase::Joining { number, sent: now, deadline, n_heard, held: Vec::new() };
        let payload = (channel.join_payload)();
        self.send(Ref::from(number), number, topic, event::PHX_JOIN, payload).expect("JSON can always be written");
    }

    pub(super) fn joined(&mut self, topic: &str, number: u64, response: Payload) {
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

    /// A join, or a channel that was joined, has failed: it is joined again after a pause.
    pub(super) fn fail(&mut self, topic: &str, now: Instant) {
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
}
