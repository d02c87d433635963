//! Whether one subscriber was told each entry once and in order.

use std::fmt;

/// What was wrong, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Entries that never came.
    pub(crate) lost: u64,
    /// Entries that came again.
    pub(crate) doubled: u64,
    /// Entries that came after a later one.
    pub(crate) disordered: u64,
}

impl Faults {
    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lost, {} doubled, {} out of order", self.lost, self.doubled, self.disordered)
    }
}

/// What one subscriber was told of one topic.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The highest `seq` that came.
    last: u64,
    /// Those below it that did not; almost always none.
    missing: Vec<u64>,
}

impl Order {
    /// Somebody who knows everything up to `seq`.
    pub(crate) const fn after(seq: u64) -> Self {
        Self { last: seq, missing: Vec::new() }
    }

    /// Takes note of an entry.
    pub(crate) fn take(&mut self, seq: u64, faults: &mut Faults) {
        if seq == self.last + 1 {
            self.last = seq;
        } else if seq > self.last {
            self.missing.extend(self.last + 1..seq);
            self.last = seq;
        } else if let Some(at) = self.missing.iter().position(|missing| *missing == seq) {
            self.missing.swap_remove(at);
            faults.disordered += 1;
        } else {
            faults.doubled += 1;
        }
    }

    /// What is missing when the log ends at `end`. From here on everything up to there counts as known.
    pub(crate) fn finish(&mut self, end: u64, faults: &mut Faults) {
        faults.lost += self.missing.len() as u64 + end.saturating_sub(self.last);
        self.missing.clear();
        self.last = self.last.max(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(told: &[u64], end: u64) -> Faults {
        let mut faults = Faults::default();
        let mut order = Order::after(3);
        told.iter().for_each(|seq| order.take(*seq, &mut faults));
        order.finish(end, &mut faults);
        faults
    }

    #[test]
    fn planted_faults_are_found() {
        let none = Faults::default();
        assert_eq!(faults(&[4, 5, 6], 6), none);
        assert!(none.is_none());
        assert_eq!(faults(&[4, 6, 7], 7), Faults { lost: 1, ..none });
        assert_eq!(faults(&[4, 5], 8), Faults { lost: 3, ..none });
        assert_eq!(faults(&[4, 5, 5, 3, 6], 6), Faults { doubled: 2, ..none });
        assert_eq!(faults(&[4, 6, 5, 7], 7), Faults { disordered: 1, ..none });
        assert_eq!(faults(&[6, 4, 4, 7], 9), Faults { lost: 3, doubled: 1, disordered: 1 });
    }
}
