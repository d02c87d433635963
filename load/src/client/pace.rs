//! When to send.

/// How proposals follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// Each sender has so many on their way: the next one is sent when one of them has arrived everywhere.
    Closed {
        /// How many.
        in_flight: u32,
    },
    /// So many a second from all senders together, whatever becomes of them.
    Open {
        /// How many.
        rate: f64,
    },
}

/// The times at which proposals are due, in nanoseconds.
///
/// A time stays what it is when whoever sends comes late: what happens to the proposal is measured from when it was
/// due, so that a pause shows in every proposal that it delayed and not in one alone ("coordinated omission").
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    start: u64,
    /// Between two proposals.
    interval: f64,
    n_taken: u64,
}

impl Schedule {
    pub(crate) fn new(start: u64, rate: f64) -> Self {
        Self { start, interval: 1e9 / rate, n_taken: 0 }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> u64 {
        self.start + (self.n_taken as f64 * self.interval) as u64
    }

    /// When the one was due that is to be sent now, if there is one.
    pub(crate) fn take(&mut self, now: u64) -> Option<u64> {
        let due = self.next();
        (due <= now).then(|| {
            self.n_taken += 1;
            due
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tally::Latencies;

    const MILLISECOND: u64 = 1_000_000;

    #[test]
    fn a_pause_shows_in_all_that_it_delayed() {
        let mut schedule = Schedule::new(0, 1_000.0);
        let mut latencies = Latencies::new();
        let mut now = 0;
        while now < 1_000 * MILLISECOND {
            while let Some(due) = schedule.take(now) {
                // Each is answered at once.
                latencies.record(now - due);
            }
            // Whoever sends is away for 100 ms, once.
            now += if now == 500 * MILLISECOND { 100 * MILLISECOND } else { MILLISECOND };
        }
        assert_eq!(latencies.len(), 1_000);
        assert_eq!(latencies.milliseconds(0.50), 0.0);
        // A tenth of all were due during the pause: half of those waited 50 ms or longer.
        let p95 = latencies.milliseconds(0.95);
        assert!((45.0..=55.0).contains(&p95), "{p95}");
        assert!(latencies.milliseconds(1.0) > 98.0);
    }
}
