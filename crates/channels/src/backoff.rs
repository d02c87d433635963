//! How long to wait before the next try.

use std::time::Duration;

/// Pauses that double from try to try up to a longest one, each shortened by up to half of it at random, so that those
/// who were cut off together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The pause after the first failure, at its longest.
    pub first: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Backoff {
    /// The pause after so many failures in a row. `jitter` is a random number between 0 (the shortest pause) and 1 (the
    /// longest).
    #[must_use]
    pub fn delay(&self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let longest = self.first.saturating_mul(1 << doublings).min(self.max);
        longest.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

/// A random number between 0 and 1.
pub(crate) fn jitter() -> f64 {
    // Without randomness from the system the pauses are as good as ever, only not spread.
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_millis(100), max: Duration::from_millis(1500) };
        let millis = |failures, jitter| backoff.delay(failures, jitter).as_millis();
        let longest: Vec<_> = (0..8).map(|failures| millis(failures, 1.0)).collect();
        assert_eq!(longest, [100, 100, 200, 400, 800, 1500, 1500, 1500]);
        assert_eq!(millis(3, 0.0), 200);
        assert_eq!(millis(3, 0.5), 300);
        assert_eq!(millis(u32::MAX, 1.0), 1500);
        assert_eq!(millis(1, f64::INFINITY), 100);
    }

    #[test]
    fn jitter_is_a_fraction() {
        for _ in 0..100 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }
}
