//! Where each card of a list stands.

use std::ops::Range;

use super::GAP;

/// Where the cards of a list stand, in pixels from the top of its first card.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// The top of each card, and at the end the top of a card that would follow.
    tops: Vec<f64>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { tops: vec![0.0] }
    }
}

impl Layout {
    /// Makes the tops below the card at `from` anew.
    pub(super) fn sum_up(&mut self, from: usize, heights: &[f64]) {
        self.tops.truncate(from + 1);
        let mut top = self.tops[from];
        self.tops.extend(heights[from..].iter().map(|height| {
            top += height + GAP;
            top
        }));
    }

    /// How many cards there are.
    pub(crate) fn len(&self) -> usize {
        self.tops.len() - 1
    }

    /// The top of a card; past the end, of a card that would follow.
    pub(crate) fn top(&self, index: usize) -> f64 {
        self.tops[index.min(self.len())]
    }

    /// How tall all of them are, the space between included.
    pub(crate) fn total(&self) -> f64 {
        (self.top(self.len()) - GAP).max(0.0)
    }

    /// The cards that are at least in part between `from` and `to`.
    pub(crate) fn between(&self, from: f64, to: f64) -> Range<usize> {
        let n = self.len();
        let start = self.tops[..n].partition_point(|top| *top <= from).saturating_sub(1);
        let end = self.tops[..n].partition_point(|top| *top < to);
        start.min(end)..end
    }

    /// The place, between the cards or at an end, whose top is nearest to `y`, as if the card `without` were not there.
    pub(crate) fn nearest(&self, y: f64, without: Option<usize>) -> usize {
        let without = without.filter(|index| *index < self.len());
        let n = self.len() - usize::from(without.is_some());
        let top = |index: usize| match without {
            Some(gone) if index > gone => self.tops[index + 1] - (self.tops[gone + 1] - self.tops[gone]),
            Some(_) | None => self.tops[index],
        };
        // The first place that is not above `y`, or the end.
        let (mut low, mut high) = (0, n);
        while low < high {
            let middle = low + (high - low) / 2;
            if top(middle) < y {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        match low.checked_sub(1) {
            Some(before) if y - top(before) <= top(low) - y => before,
            Some(_) | None => low,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn laid_out(heights: &[f64]) -> Layout {
        let mut layout = Layout::default();
        layout.sum_up(0, heights);
        layout
    }

    fn layout() -> Layout {
        laid_out(&[40.0, 60.0, 40.0])
    }
    #[test]
    fn cards_stand_below_each_other() {
        let layout = layout();
        assert_eq!([0, 1, 2, 3].map(|index| layout.top(index)), [0.0, 46.0, 112.0, 158.0]);
        assert!((layout.total() - 152.0).abs() < f64::EPSILON);
        assert!(laid_out(&[]).total().abs() < f64::EPSILON);
    }

    #[test]
    fn those_in_view() {
        let layout = layout();
        for (from, to, expected) in [
            (0.0, 1.0, 0..1),
            (0.0, 46.0, 0..1),
            (0.0, 47.0, 0..2),
            (46.0, 112.0, 1..2),
            (100.0, 500.0, 1..3),
            (-50.0, -10.0, 0..0),
            (900.0, 950.0, 2..3),
        ] {
            assert_eq!(layout.between(from, to), expected, "{from} to {to}");
        }
        assert_eq!(laid_out(&[]).between(0.0, 100.0), 0..0);
    }

    #[test]
    fn the_nearest_place() {
        let layout = layout();
        for (y, expected) in [(-90.0, 0), (22.0, 0), (24.0, 1), (78.0, 1), (80.0, 2), (140.0, 3), (900.0, 3)] {
            assert_eq!(layout.nearest(y, None), expected, "{y}");
        }
        assert_eq!(laid_out(&[]).nearest(30.0, None), 0);
    }

    #[test]
    fn what_is_in_the_hand_takes_no_place() {
        let heights = [40.0, 60.0, 40.0, 20.0];
        for without in 0..heights.len() {
            let mut others = heights.to_vec();
            others.remove(without);
            for y in -10..200 {
                let y = f64::from(y);
                assert_eq!(laid_out(&heights).nearest(y, Some(without)), laid_out(&others).nearest(y, None), "{y}");
            }
        }
        assert_eq!(laid_out(&[40.0]).nearest(30.0, Some(0)), 0);
    }
}
