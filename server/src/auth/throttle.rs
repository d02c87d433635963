//! Failed sign-ins: a few in a row are free, then one must wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roost_board::Timestamp;

use crate::config::{Limits, Rate};
use crate::limits::Limit;
use crate::limits::address::network;

/// Accounts and addresses remembered at a time; those with the least to wait are forgotten first.
const KEYS_MAX: usize = 10_000;

/// Failures are counted by account and by the address that asks.
#[derive(Debug)]
pub(super) struct Throttles {
    by_email: Mutex<Throttle<String>>,
    by_address: Mutex<Throttle<IpAddr>>,
}

impl Throttles {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            by_email: Mutex::new(Throttle::new(limits.failed_sign_ins_per_account)),
            by_address: Mutex::new(Throttle::new(limits.failed_sign_ins_per_address)),
        }
    }

    /// Counts an attempt as failed before it is made, so that many at once are counted too; an error says by which limit
    /// and how long to wait.
    pub(super) fn attempt(&self, email: &str, address: IpAddr, now: Timestamp) -> Result<(), (Limit, Duration)> {
        let network = network(address);
        lock(&self.by_address).take(network, now).map_err(|wait| (Limit::FailedSignInsPerAddress, wait))?;
        lock(&self.by_email).take(email.to_owned(), now).map_err(|wait| {
            lock(&self.by_address).give_back(&network);
            (Limit::FailedSignInsPerAccount, wait)
        })
    }

    /// The attempt was none.
    pub(super) fn succeeded(&self, email: &str, address: IpAddr) {
        lock(&self.by_address).give_back(&network(address));
        lock(&self.by_email).forget(email);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A leaky bucket for each key: `burst` at once, then one each `refill`.
#[derive(Debug)]
struct Throttle<K> {
    burst: i64,
    refill_millis: i64,
    /// When each bucket is empty again, in milliseconds since 1970; one that is empty need not be here.
    empty_at: HashMap<K, i64>,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    fn new(rate: Rate) -> Self {
        // Whole milliseconds: faster than that nobody has to be slowed down who guesses passwords.
        let refill_millis = i64::try_from(rate.interval().as_millis()).unwrap_or(i64::MAX).max(1);
        Self { burst: i64::from(rate.burst()), refill_millis, empty_at: HashMap::new() }
    }

    fn take(&mut self, key: K, now: Timestamp) -> Result<(), Duration> {
        let now = now.as_millis();
        let full = now + self.burst * self.refill_millis;
        let known = self.empty_at.get_mut(&key).map(|empty_at| {
            // A bucket that is fuller than full was filled before the clock was set back.
            *empty_at = full.min(*empty_at);
            *empty_at
        });
        let empty_at = known.unwrap_or(now).max(now) + self.refill_millis;
        let wait = empty_at - now - self.burst * self.refill_millis;
        if wait > 0 {
            // Rounded up: who comes back when they were told to is let through.
            return Err(Duration::from_secs(u64::try_from(wait).unwrap_or(0).div_ceil(1_000)));
        }
        if self.empty_at.len() >= KEYS_MAX && !self.empty_at.contains_key(&key) {
            self.make_room(now);
        }
        self.empty_at.insert(key, empty_at);
        Ok(())
    }

    fn give_back<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(empty_at) = self.empty_at.get_mut(key) {
            *empty_at -= self.refill_millis;
        }
    }

    fn forget<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.empty_at.remove(key);
    }

    /// Forgets those with nothing to wait for, or else the quarter with the least, so that this is seldom done.
    fn make_room(&mut self, now: i64) {
        self.empty_at.retain(|_, empty_at| *empty_at > now);
        if self.empty_at.len() < KEYS_MAX {
            return;
        }
        let mut times: Vec<i64> = self.empty_at.values().copied().collect();
        let (_, &mut least, _) = times.select_nth_unstable(KEYS_MAX / 4);
        // Those at the limit itself count up to the quarter only: all may have the same.
        let mut n_surplus = KEYS_MAX / 4;
        self.empty_at.retain(|_, empty_at| {
            let goes = *empty_at <= least && n_surplus > 0;
            n_surplus -= usize::from(goes);
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_few_failures_are_free_and_then_one_waits() {
        let mut throttle = Throttle::new(Rate::per_minute(1, 3));
        for _ in 0..3 {
            assert_eq!(throttle.take("ada", at(0)), Ok(()));
        }
        assert_eq!(throttle.take("ada", at(0)), Err(Duration::from_secs(60)));
        assert_eq!(throttle.take("bob", at(0)), Ok(()));
        assert_eq!(throttle.take("ada", at(59)), Err(Duration::from_secs(1)));
        assert_eq!(throttle.take("ada", at(60)), Ok(()));
        assert_eq!(throttle.take("ada", at(60)), Err(Duration::from_secs(60)));
        for _ in 0..3 {
            assert_eq!(throttle.take("ada", at(1_000)), Ok(()), "all forgiven after a while");
        }
        throttle.give_back("ada");
        assert_eq!(throttle.take("ada", at(1_000)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut throttle = Throttle::new(Rate::per_minute(1, 3));
        throttle.take("ada", at(1_000_000)).unwrap();
        throttle.take("bob", at(1_000_000)).unwrap();
        throttle.give_back("bob");
        for name in ["ada", "bob"] {
            assert_eq!(throttle.take(name, at(0)), Err(Duration::from_secs(60)));
            assert_eq!(throttle.take(name, at(60)), Ok(()));
        }
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered() {
        let mut throttle = Throttle::new(Rate::per_minute(1, 3));
        for _ in 0..3 {
            throttle.take(u32::MAX, at(0)).unwrap();
        }
        for key in 0..15_000 {
            throttle.take(key, at(0)).unwrap();
        }
        assert!(throttle.empty_at.len() <= KEYS_MAX);
        assert!(throttle.take(u32::MAX, at(0)).is_err());
    }
}
