//! So often, and so many at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::{Limit, Limiter};
use crate::config::Rate;
use crate::pubsub::lock;

/// Keys remembered at a time; those with the least to wait are forgotten first.
const KEYS_MAX: usize = 10_000;

/// What has this many bytes counts as one more, so that few long messages are no way around a limit on many short ones.
const BYTES_PER_COUNT: usize = 4 * 1024;

/// For how many something of so many bytes counts.
fn count(n_bytes: usize) -> u32 {
    u32::try_from(n_bytes / BYTES_PER_COUNT).unwrap_or(u32::MAX).saturating_add(1)
}

/// The pace of one: a leaky bucket, of which only the time is kept when it is empty again.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    empty_at: Instant,
}

impl Bucket {
    /// How long to wait before one more may happen.
    fn wait(&self, rate: Rate, now: Instant) -> Duration {
        self.empty_at.saturating_duration_since(now).saturating_sub(rate.lead())
    }

    /// So many more have happened, or will as soon as they may.
    fn add(&mut self, rate: Rate, count: u32, now: Instant) {
        self.empty_at = self.empty_at.max(now) + rate.interval() * count;
    }
}

/// The pace of the frames of one socket.
#[derive(Debug)]
pub(crate) struct Pace {
    limiter: Limiter,
    bucket: Bucket,
    /// Rings when the next may be read; there is one only while that is not yet.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(super) fn new(limiter: Limiter) -> Self {
        Self { limiter, bucket: Bucket { empty_at: Instant::now() }, timer: None }
    }

    /// Ready when one more may be read; the task is woken when it is.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(timer) = &mut self.timer {
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.timer = None;
        }
        Poll::Ready(())
    }

    /// One of so many bytes was read.
    pub(crate) fn take(&mut self, n_bytes: usize) {
        let (rate, now) = (self.limiter.0.frames_per_socket, Instant::now());
        self.bucket.add(rate, count(n_bytes), now);
        let wait = self.bucket.wait(rate, now);
        if !wait.is_zero() {
            self.limiter.note(Limit::FramesPerSocket);
            self.timer = Some(Box::pin(tokio::time::sleep(wait)));
        }
    }
}

/// The pace of each key.
#[derive(Debug)]
pub(crate) struct Paces<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq> Paces<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Lets one more happen; an error says how long to wait, and then nothing has happened.
    pub(crate) fn take(&self, key: K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        let bucket = bucket(&mut buckets, key, now);
        match bucket.wait(self.rate, now) {
            Duration::ZERO => {
                bucket.add(self.rate, 1, now);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Lets something of so many bytes happen as soon as it may, in the order of the calls; says how long to wait until
    /// then.
    pub(crate) fn reserve(&self, key: K, n_bytes: usize) -> Duration {
        let now = Instant::now();
        let mut buckets = lock(&self.buckets);
        let bucket = bucket(&mut buckets, key, now);
        let wait = bucket.wait(self.rate, now);
        bucket.add(self.rate, count(n_bytes), now);
        wait
    }
}

fn bucket<K: Hash + Eq>(buckets: &mut HashMap<K, Bucket>, key: K, now: Instant) -> &mut Bucket {
    if buckets.len() >= KEYS_MAX && !buckets.contains_key(&key) {
        make_room(buckets, now);
    }
    buckets.entry(key).or_insert(Bucket { empty_at: now })
}

/// Forgets those whose bucket is empty, or else the quarter with the least in it, so that this is seldom done.
fn make_room<K>(buckets: &mut HashMap<K, Bucket>, now: Instant) {
    buckets.retain(|_, bucket| bucket.empty_at > now);
    if buckets.len() < KEYS_MAX {
        return;
    }
    let mut times: Vec<Instant> = buckets.values().map(|bucket| bucket.empty_at).collect();
    let (_, &mut least, _) = times.select_nth_unstable(KEYS_MAX / 4);
    // Those at the limit itself count up to the quarter only: all may have the same.
    let mut n_surplus = KEYS_MAX / 4;
    buckets.retain(|_, bucket| {
        let goes = bucket.empty_at <= least && n_surplus > 0;
        n_surplus -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;

    const RATE: Rate = Rate::per_second(10, 3);

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_then_one_waits() {
        let paces = Paces::new(RATE);
        for _ in 0..3 {
            assert_eq!(paces.take("ada"), Ok(()));
        }
        assert_eq!(paces.take("ada"), Err(Duration::from_millis(100)));
        assert_eq!(paces.take("bob"), Ok(()));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(paces.take("ada"), Ok(()));
        assert!(paces.take("ada").is_err());
        tokio::time::advance(Duration::from_secs(60)).await;
        for _ in 0..3 {
            assert_eq!(paces.take("ada"), Ok(()), "what was not used is not more than the burst");
        }
        assert!(paces.take("ada").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_reserves_waits_in_order() {
        let paces = Paces::new(RATE);
        let waits: Vec<u128> = (0..6).map(|_| paces.reserve("ada", 100).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200, 300]);
        let waits = [0, 4_095, 4_096, 20 * 1_024, 0].map(|n_bytes| paces.reserve("bob", n_bytes).as_millis());
        assert_eq!(waits, [0, 0, 0, 200, 800], "what is long counts as many");
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_is_read_at_its_pace() {
        let mut config = Config::new("");
        config.limits.frames_per_socket = RATE;
        let mut pace = Limiter::new(&config, Arc::default()).frames();
        let start = Instant::now();
        for _ in 0..13 {
            poll_fn(|cx| pace.poll_ready(cx)).await;
            pace.take(100);
        }
        poll_fn(|cx| pace.poll_ready(cx)).await;
        // The timer counts in milliseconds, rounded up.
        assert_eq!(start.elapsed().as_millis() / 100, 11);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_the_worst_are_remembered() {
        let paces = Paces::new(RATE);
        while paces.take(u32::MAX).is_ok() {}
        for key in 0..15_000 {
            paces.take(key).unwrap();
        }
        assert!(lock(&paces.buckets).len() <= KEYS_MAX);
        assert!(paces.take(u32::MAX).is_err());
    }
}
