//! When a WebSocket has to end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::config::Limits;
use crate::socket::Ending;

/// When a WebSocket has to end.
pub(super) struct Clock {
    timer: Pin<Box<Sleep>>,
    /// Whether the task is known to be woken when the timer rings.
    is_set: bool,
    heard: Instant,
    silence: Duration,
    /// When the token ends.
    expires: Instant,
    /// By when the last answers have to be written once the server stops.
    stop_time: Duration,
    stops: Option<Instant>,
    /// The client had not taken everything in the last turn.
    was_behind: bool,
}

impl Clock {
    pub(super) fn new(limits: &Limits, lifetime: Duration) -> Self {
        let heard = Instant::now();
        let silence = limits.socket_silence;
        let expires = heard + lifetime;
        let timer = Box::pin(tokio::time::sleep_until(expires.min(heard + silence)));
        // Half of the time of the stop as a whole is left for the goodbyes.
        let stop_time = limits.stop_time / 2;
        Self { timer, is_set: false, heard, silence, expires, stop_time, stops: None, was_behind: false }
    }

    /// The client is there.
    pub(super) fn hear(&mut self) {
        self.heard = Instant::now();
    }

    /// Whether the server stops.
    pub(super) fn note_stop(&mut self, is_stopping: bool) {
        if is_stopping && self.stops.is_none() {
            let stops = Instant::now() + self.stop_time;
            self.stops = Some(stops);
            self.set(stops);
        }
    }

    /// A client that is behind is not read, but one that takes what is written to it is there.
    pub(super) fn note_writing(&mut self, is_behind: bool, has_taken: bool) {
        if self.was_behind && has_taken {
            self.hear();
        }
        self.was_behind = is_behind;
    }

    fn set(&mut self, at: Instant) {
        self.timer.as_mut().reset(at);
        self.is_set = false;
    }

    /// Ready when the time is over. The timer is not moved with every message but when it rings.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        // Most turns have another reason than the time, and the task stays the same.
        while !self.is_set || self.timer.is_elapsed() {
            if self.timer.as_mut().poll(cx).is_pending() {
                self.is_set = true;
                return Poll::Pending;
            }
            let now = Instant::now();
            if self.stops.is_some_and(|stops| stops <= now) {
                return Poll::Ready(Ending::SHUTDOWN);
            }
            if self.expires <= now {
                return Poll::Ready(Ending::EXPIRED);
            }
            let silent_at = self.heard + self.silence;
            if silent_at <= now {
                return Poll::Ready(Ending::SILENT);
            }
            self.set(self.stops.unwrap_or_else(|| self.expires.min(silent_at)));
        }
        Poll::Pending
    }
}
