//! When a session has to end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::config::Limits;
use crate::socket::Ending;

/// When a session has to end.
pub(super) struct Clock {
    timer: Pin<Box<Sleep>>,
    /// When somebody polled last, or a poll was over.
    heard: Instant,
    silence: Duration,
    /// When the token ends.
    expires: Instant,
    stop_time: Duration,
    /// By when the last answers have to be made once the server stops.
    stops: Option<Instant>,
}

impl Clock {
    pub(super) fn new(limits: &Limits, lifetime: Duration) -> Self {
        let heard = Instant::now();
        let silence = limits.poll_window * 3 / 2;
        let expires = heard + lifetime;
        let timer = Box::pin(tokio::time::sleep_until(expires.min(heard + silence)));
        // As for WebSockets, half of the time of the stop as a whole.
        Self { timer, heard, silence, expires, stop_time: limits.stop_time / 2, stops: None }
    }

    /// The client is there.
    pub(super) fn hear(&mut self) {
        self.heard = Instant::now();
    }

    /// The server stops.
    pub(super) fn stop(&mut self) {
        if self.stops.is_none() {
            let stops = Instant::now() + self.stop_time;
            self.stops = Some(stops);
            self.timer.as_mut().reset(stops);
        }
    }

    /// Ready when the time is over. `is_attended` while a poll waits or takes its answer. The timer is not moved with
    /// every poll but when it rings.
    pub(super) fn poll(&mut self, is_attended: bool, cx: &mut Context<'_>) -> Poll<Ending> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if self.stops.is_some_and(|stops| stops <= now) {
                return Poll::Ready(Ending::SHUTDOWN);
            }
            if self.expires <= now {
                return Poll::Ready(Ending::EXPIRED);
            }
            if is_attended {
                self.heard = now;
            }
            let silent_at = self.heard + self.silence;
            if silent_at <= now {
                return Poll::Ready(Ending::SILENT);
            }
            let next = self.stops.unwrap_or_else(|| self.expires.min(silent_at));
            self.timer.as_mut().reset(next);
        }
        Poll::Pending
    }
}
