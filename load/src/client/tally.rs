//! What was counted.

use hdrhistogram::Histogram;

/// How long things took: an HDR histogram of nanoseconds, exact to three digits up to ten minutes.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

const LONGEST: u64 = 600_000_000_000;

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds in order, and three digits"))
    }

    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.0.saturating_record(nanoseconds);
    }

    pub(crate) fn add(&mut self, others: &Self) {
        self.0.add(&others.0).expect("all have the same bounds");
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        self.0.len()
    }

    /// What so large a part of them did not exceed, in milliseconds.
    #[must_use]
    pub(crate) fn milliseconds(&self, part: f64) -> f64 {
        self.0.value_at_quantile(part) as f64 / 1e6
    }
}
