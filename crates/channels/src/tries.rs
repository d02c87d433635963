//! Tries to connect, one beside the other: on a network that is back the next is never far, and on one that is slow the
//! first has the time that it needs.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::config::SocketConfig;
use crate::connect::ConnectError;
use crate::socket::SocketState;

/// How many may be under way at once.
const AT_ONCE: usize = 8;
/// The shortest time from one try to the next that somebody asks for: what makes them ask tends to come in bursts.
const APART: Duration = Duration::from_millis(250);

/// A try under way.
pub(crate) type Try<S> = Pin<Box<dyn Future<Output = Result<S, ConnectError>> + Send>>;

/// The server wants no connection from us: trying again is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) status: u16,
}

/// The tries to come by an `S`.
pub(crate) struct Tries<S> {
    begin: Box<dyn Fn() -> Try<S> + Send>,
    hang_time: Duration,
    backoff: Backoff,
    /// A random number between 0 and 1.
    jitter: fn() -> f64,
    /// Oldest first.
    under_way: Vec<Try<S>>,
    /// Since when there have been some under way.
    since: Option<Instant>,
    /// When the last was begun.
    begun: Option<Instant>,
    /// When the next is to begin.
    next: Option<Instant>,
    /// How many have failed since one succeeded, or somebody asked for one.
    failures: u32,
}

impl<S> Tries<S> {
    pub(crate) fn new(config: &SocketConfig, jitter: fn() -> f64, begin: impl Fn() -> Try<S> + Send + 'static) -> Self {
        Self {
            begin: Box::new(begin),
            hang_time: config.hang_time,
            backoff: config.backoff,
            jitter,
            under_way: Vec::new(),
            since: None,
            begun: None,
            next: None,
            failures: 0,
        }
    }

    /// Begins one now: there is a reason to think that it will succeed.
    pub(crate) fn hurry(&mut self, now: Instant) {
        self.failures = 0;
        self.next = Some(self.begun.map_or(now, |begun| now.max(begun + APART)));
    }

    /// Begins one after this pause, unless there are some under way.
    pub(crate) fn pause(&mut self, pause: Duration, now: Instant) {
        if self.under_way.is_empty() {
            self.next = Some(now + pause);
        }
    }

    /// Gives up those that are under way, and begins no more.
    pub(crate) fn stop(&mut self) {
        self.under_way.clear();
        self.since = None;
        self.next = None;
        self.failures = 0;
    }

    /// What the first that succeeds has come by. Nothing is lost when this is dropped at an await point: it goes on
    /// where it was.
    pub(crate) async fn succeed(&mut self, tell: impl Fn(SocketState)) -> Result<S, Refused> {
        loop {
            if let Some(outcome) = self.step(&tell).await {
                return outcome;
            }
        }
    }

    /// As [`succeed`](Self::succeed), but also comes back when a try fails or another is begun.
    pub(crate) async fn step(&mut self, tell: impl Fn(SocketState)) -> Option<Result<S, Refused>> {
        let next = self.next;
        tokio::select! {
            tried = first(&mut self.under_way) => match tried {
                Ok(success) => {
                    self.stop();
                    Some(Ok(success))
                }
                Err(ConnectError::Refused { status }) => {
                    self.stop();
                    Some(Err(Refused { status }))
                }
                Err(error) => {
                    tracing::debug!(%error, "could not connect");
                    self.failed(tell);
                    None
                }
            },
            () = sleep_until(next) => {
                self.begin(tell);
                None
            }
        }
    }

    /// Whether one has failed, or hangs.
    pub(crate) fn are_in_vain(&self, now: Instant) -> bool {
        self.failures > 0 || self.since.is_some_and(|since| now >= since + self.hang_time)
    }

    fn begin(&mut self, tell: impl Fn(SocketState)) {
        if self.under_way.len() == AT_ONCE {
            // On a slow network the first is the one that has come furthest.
            drop(self.under_way.remove(1));
        }
        tell(match self.under_way[..] {
            [] => SocketState::Connecting,
            // Those before hang.
            _ => SocketState::Waiting { retry_in: self.hang_time },
        });
        let now = Instant::now();
        self.under_way.push((self.begin)());
        self.since.get_or_insert(now);
        self.begun = Some(now);
        self.next = Some(now + self.hang_time);
    }

    fn failed(&mut self, tell: impl Fn(SocketState)) {
        self.failures = self.failures.saturating_add(1);
        if self.under_way.is_empty() {
            self.since = None;
        }
        let now = Instant::now();
        // A try that took its time was a pause in itself.
        let shortest = now + self.backoff.delay(1, (self.jitter)());
        let pause = self.backoff.delay(self.failures, (self.jitter)());
        let paused = self.begun.map_or(shortest, |begun| shortest.max(begun + pause));
        // That one has failed does not put off the next beside those that hang.
        let next = self.next.filter(|_| !self.under_way.is_empty()).map_or(paused, |next| next.min(paused));
        tell(SocketState::Waiting { retry_in: next - now });
        self.next = Some(next);
    }
}

/// The outcome of the first that ends; pending while there is none.
async fn first<S>(tries: &mut Vec<Try<S>>) -> Result<S, ConnectError> {
    poll_fn(|cx| {
        for index in 0..tries.len() {
            if let Poll::Ready(tried) = tries[index].as_mut().poll(cx) {
                drop(tries.remove(index));
                return Poll::Ready(tried);
            }
        }
        Poll::Pending
    })
    .await
}

async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
