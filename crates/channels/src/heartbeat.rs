//! When a heartbeat is due, when its answer is overdue, and when there is reason to doubt that it will come.

use std::time::Duration;

use roost_protocol::Reply;
use tokio::time::Instant;

use crate::config::SocketConfig;

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Nothing,
    Send,
    /// The answer to one that was asked for has not come soon: perhaps the connection is dead, perhaps it is slow.
    Doubtful,
    /// Nothing has come for as long as the answer may take: the connection is dead.
    Missed,
}

pub(crate) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    doubt_time: Duration,
    phase: Phase,
    /// Whether somebody wants to know soon that the connection lives.
    is_hurried: bool,
    /// How many bytes had come at the last look.
    n_heard: u64,
}

enum Phase {
    Resting {
        until: Instant,
    },
    Awaiting {
        ref_: u64,
        sent: Instant,
        /// When something came last, if that was after it was sent.
        heard: Instant,
        /// When somebody who wants to know looked last.
        hurried: Option<Instant>,
        is_doubtful: bool,
    },
}

impl Heartbeat {
    pub(crate) fn new(config: &SocketConfig, now: Instant) -> Self {
        let interval = config.heartbeat_interval;
        Self {
            interval,
            timeout: config.heartbeat_timeout.min(interval),
            doubt_time: config.doubt_time,
            phase: Phase::Resting { until: now + interval },
            is_hurried: false,
            n_heard: 0,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        match self.phase {
            Phase::Resting { until } => until,
            Phase::Awaiting { heard, hurried, .. } => {
                let is_missed = heard + self.timeout;
                hurried.map_or(is_missed, |hurried| is_missed.min(hurried.max(heard) + self.doubt_time))
            }
        }
    }

    /// What is due now, when so many bytes have come on this connection: if there are more than at the last look, the
    /// other side lives. The answer may be behind much else on a slow network.
    pub(crate) fn on_time(&mut self, now: Instant, n_heard: u64) -> Beat {
        let is_heard = n_heard != std::mem::replace(&mut self.n_heard, n_heard);
        if is_heard && let Phase::Awaiting { heard, is_doubtful, .. } = &mut self.phase {
            *heard = now;
            *is_doubtful = false;
        }
        if now < self.due() {
            return Beat::Nothing;
        }
        match &mut self.phase {
            Phase::Resting { .. } => Beat::Send,
            Phase::Awaiting { heard, .. } if *heard + self.timeout <= now => Beat::Missed,
            Phase::Awaiting { hurried, is_doubtful, .. } => {
                // For the next look.
                *hurried = Some(now);
                if std::mem::replace(is_doubtful, true) { Beat::Nothing } else { Beat::Doubtful }
            }
        }
    }

    pub(crate) fn sent(&mut self, ref_: u64, now: Instant) {
        let hurried = std::mem::take(&mut self.is_hurried).then_some(now);
        self.phase = Phase::Awaiting { ref_, sent: now, heard: now, hurried, is_doubtful: false };
    }

    /// A reply has come; perhaps it is the answer.
    pub(crate) fn answered(&mut self, reply: &Reply) {
        if let Phase::Awaiting { ref_, sent, .. } = self.phase
            && reply.topic == "phoenix"
            && reply.ref_ == ref_.into()
        {
            self.phase = Phase::Resting { until: sent + self.interval };
        }
    }

    /// Makes the next one due now, unless the last is still to be answered; either way the answer is wanted soon.
    pub(crate) const fn hurry(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Resting { until } => {
                *until = now;
                self.is_hurried = true;
            }
            Phase::Awaiting { hurried: hurried @ None, .. } => *hurried = Some(now),
            // It is looked after already, and not put off by being asked again.
            Phase::Awaiting { hurried: Some(_), .. } => {}
        }
    }

    /// Whether an answer that was wanted soon has not come, and nothing else either.
    pub(crate) const fn is_doubtful(&self) -> bool {
        matches!(self.phase, Phase::Awaiting { is_doubtful: true, .. })
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

    /// A beat every 30 s, whose answer may take 10 s, and one if somebody waits for it.
    fn heartbeat(start: Instant) -> Heartbeat {
        let mut config = SocketConfig::new("ws://localhost/socket").unwrap();
        config.heartbeat_interval = Duration::from_secs(30);
        config.heartbeat_timeout = Duration::from_secs(10);
        config.doubt_time = Duration::from_secs(1);
        Heartbeat::new(&config, start)
    }

    #[test]
    fn a_beat_in_each_interval_and_an_answer_to_each() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = heartbeat(start);
        assert_eq!(heartbeat.on_time(at(29), 0), Beat::Nothing);
        assert_eq!(heartbeat.on_time(at(30), 0), Beat::Send);
        heartbeat.sent(1, at(30));
        assert_eq!(heartbeat.due(), at(40));
        heartbeat.answered(&answer(7));
        assert_eq!(heartbeat.due(), at(40), "the answer to something else");
        heartbeat.answered(&answer(1));
        assert_eq!(heartbeat.due(), at(60), "counted from when the last was sent");
        assert_eq!(heartbeat.on_time(at(60), 0), Beat::Send);
        heartbeat.sent(2, at(60));
        assert_eq!(heartbeat.on_time(at(69), 0), Beat::Nothing);
        assert_eq!(heartbeat.on_time(at(70), 0), Beat::Missed);
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

    #[test]
    fn one_that_is_asked_for_is_soon_in_doubt_and_later_missed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = heartbeat(start);
        heartbeat.hurry(at(5));
        assert_eq!(heartbeat.on_time(at(5), 0), Beat::Send);
        heartbeat.sent(1, at(5));
        heartbeat.hurry(at(5) + Duration::from_millis(500));
        assert!(!heartbeat.is_doubtful());
        assert_eq!(heartbeat.on_time(at(6), 0), Beat::Doubtful);
        assert!(heartbeat.is_doubtful());
        assert_eq!(heartbeat.due(), at(7));
        assert_eq!(heartbeat.on_time(at(7), 0), Beat::Nothing, "it is told once");
        assert_eq!(heartbeat.on_time(at(15), 0), Beat::Missed);

        heartbeat.answered(&answer(1));
        assert!(!heartbeat.is_doubtful());
        assert_eq!(heartbeat.on_time(at(35), 0), Beat::Send);
        heartbeat.sent(2, at(35));
        heartbeat.hurry(at(38));
        assert_eq!(heartbeat.on_time(at(39), 0), Beat::Doubtful, "also of one that was under way");
        assert_eq!(heartbeat.on_time(at(45), 0), Beat::Missed);
    }

    #[test]
    fn whoever_says_something_lives() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = heartbeat(start);
        assert_eq!(heartbeat.on_time(at(4), 100), Beat::Nothing);
        heartbeat.hurry(at(5));
        heartbeat.sent(1, at(5));
        assert_eq!(heartbeat.on_time(at(6), 100), Beat::Doubtful, "that was said before");
        assert_eq!(heartbeat.on_time(at(7), 101), Beat::Nothing);
        assert!(!heartbeat.is_doubtful());
        assert_eq!(heartbeat.on_time(at(8), 101), Beat::Doubtful, "it has fallen silent again");
        assert_eq!(heartbeat.on_time(at(14), 102), Beat::Nothing, "in a long silence this is in time");
        assert_eq!(heartbeat.on_time(at(23), 102), Beat::Doubtful);
        assert_eq!(heartbeat.on_time(at(24), 102), Beat::Missed);
    }
}
