//! When a heartbeat is due, and when its answer is overdue.

use std::time::Duration;

use roost_protocol::Reply;
use tokio::time::Instant;

use crate::config::SocketConfig;

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Nothing,
    Send,
    /// The answer to the last one has not come: the connection is dead.
    Missed,
}

pub(crate) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    phase: Phase,
}

enum Phase {
    Resting { until: Instant },
    Awaiting { ref_: u64, sent: Instant },
}

impl Heartbeat {
    pub(crate) fn new(config: &SocketConfig, now: Instant) -> Self {
        let interval = config.heartbeat_interval;
        let timeout = config.heartbeat_timeout.min(interval);
        Self { interval, timeout, phase: Phase::Resting { until: now + interval } }
    }

    pub(crate) fn due(&self) -> Instant {
        match self.phase {
            Phase::Resting { until } => until,
            Phase::Awaiting { sent, .. } => sent + self.timeout,
        }
    }

    pub(crate) fn on_time(&self, now: Instant) -> Beat {
        match self.phase {
            _ if now < self.due() => Beat::Nothing,
            Phase::Resting { .. } => Beat::Send,
            Phase::Awaiting { .. } => Beat::Missed,
        }
    }

    pub(crate) const fn sent(&mut self, ref_: u64, now: Instant) {
        self.phase = Phase::Awaiting { ref_, sent: now };
    }

    /// A reply has come; perhaps it is the answer.
    pub(crate) fn answered(&mut self, reply: &Reply) {
        if let Phase::Awaiting { ref_, sent } = self.phase
            && reply.topic == "phoenix"
            && reply.ref_ == ref_.into()
        {
            self.phase = Phase::Resting { until: sent + self.interval };
        }
    }

    /// Makes the next one due now, unless the last is still to be answered.
    pub(crate) const fn hurry(&mut self, now: Instant) {
        if let Phase::Resting { until } = &mut self.phase {
            *until = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use roost_protocol::{Payload, Status};

    use super::*;

    fn answer(ref_: u64) -> Reply {
        Reply {
            join_ref: roost_protocol::Ref::NULL,
            ref_: ref_.into(),
            topic: "phoenix".to_owned(),
            status: Status::Ok,
            response: Payload::empty(),
        }
    }

    #[test]
    fn a_beat_in_each_interval_and_an_answer_to_each() {
        let mut config = SocketConfig::new("ws://localhost/socket").unwrap();
        config.heartbeat_interval = Duration::from_secs(30);
        config.heartbeat_timeout = Duration::from_secs(10);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = Heartbeat::new(&config, start);

        assert_eq!(heartbeat.on_time(at(29)), Beat::Nothing);
        assert_eq!(heartbeat.on_time(at(30)), Beat::Send);
        heartbeat.sent(1, at(30));
        assert_eq!(heartbeat.due(), at(40));
        heartbeat.answered(&answer(7));
        assert_eq!(heartbeat.due(), at(40), "the answer to something else");
        heartbeat.answered(&answer(1));
        assert_eq!(heartbeat.due(), at(60), "counted from when the last was sent");

        heartbeat.hurry(at(45));
        assert_eq!(heartbeat.on_time(at(45)), Beat::Send);
        heartbeat.sent(2, at(45));
        heartbeat.hurry(at(46));
        assert_eq!(heartbeat.on_time(at(54)), Beat::Nothing);
        assert_eq!(heartbeat.on_time(at(55)), Beat::Missed);
    }

    #[test]
    fn an_answer_is_due_before_the_next_beat() {
        let mut config = SocketConfig::new("ws://localhost/socket").unwrap();
        config.heartbeat_interval = Duration::from_secs(5);
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(&config, start);
        heartbeat.sent(1, start);
        assert_eq!(heartbeat.due(), start + Duration::from_secs(5));
    }
}
