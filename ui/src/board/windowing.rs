//! Which cards of a list are in view, and where each stands: heights that are measured once a card was drawn, and
//! guessed before.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use roost_board::{Card, CardId, List, ListId};

/// Between two cards, in pixels.
pub(crate) const GAP: f64 = 6.0;
/// Above the first card, and below the last, in pixels: room for what a card's edge casts.
pub(crate) const MARGIN: f64 = 4.0;
/// A card of one line, in pixels: its padding, its border and the line.
const ONE_LINE: f64 = 38.0;
/// A line of a title, in pixels.
const LINE: f64 = 20.0;
/// The quiet line below the title, in pixels.
const META: f64 = 26.0;
/// How many characters go on a line, about.
const LINE_CHARACTERS: usize = 34;
/// How many lines of a title are shown.
const LINES_MAX: usize = 4;

/// How tall the cards are, by card, for all lists of a board.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    heights: HashMap<CardId, Measured>,
    /// Grows with each height that turns out to be another.
    generation: u64,
    layouts: HashMap<ListId, Kept>,
}

#[derive(Debug)]
struct Measured {
    /// What the card was when it was measured: another pointer is another card.
    card: Arc<Card>,
    height: f64,
}

#[derive(Debug)]
struct Kept {
    list: Arc<List>,
    without: Option<CardId>,
    generation: u64,
    layout: Rc<Layout>,
}

/// Where the cards of a list stand, in pixels from the top of its first card.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// The top of each card, and at the end the top of a card that would follow.
    tops: Vec<f64>,
}

impl Measures {
    /// Keeps how tall a card turned out to be; answers whether that is news.
    pub(crate) fn measure(&mut self, card: &Arc<Card>, height: f64) -> bool {
        let known = self.height(card);
        let measured = Measured { card: Arc::clone(card), height };
        self.heights.insert(card.id, measured);
        let is_news = (known - height).abs() > 0.5;
        self.generation += u64::from(is_news);
        is_news
    }

    /// Where the cards of a list stand, as if the card `without` were not there.
    pub(crate) fn layout(&mut self, list: &Arc<List>, without: Option<CardId>) -> Rc<Layout> {
        if let Some(kept) = self.layouts.get(&list.id()) {
            let is_same = Arc::ptr_eq(&kept.list, list) && kept.without == without;
            if is_same && kept.generation == self.generation {
                return Rc::clone(&kept.layout);
            }
        }
        let cards = list.cards().iter().filter(|card| Some(card.id) != without);
        let layout = Rc::new(Layout::new(cards.map(|card| self.height(card))));
        let (list, generation) = (Arc::clone(list), self.generation);
        self.layouts.insert(list.id(), Kept { list, without, generation, layout: Rc::clone(&layout) });
        layout
    }

    fn height(&self, card: &Arc<Card>) -> f64 {
        match self.heights.get(&card.id) {
            // Most changes leave the height as it is, so the last one known is the best guess.
            Some(measured) if Arc::ptr_eq(&measured.card, card) || measured.card.title == card.title => measured.height,
            Some(_) | None => guess(card),
        }
    }
}

/// How tall a card will be, about.
fn guess(card: &Card) -> f64 {
    // Bytes stand for characters: a guess is not worth counting for.
    let n_lines = card.title.len().div_ceil(LINE_CHARACTERS).clamp(1, LINES_MAX);
    let more_lines = f64::from(u8::try_from(n_lines - 1).unwrap_or(u8::MAX));
    ONE_LINE + LINE * more_lines + if has_meta(card) { META } else { 0.0 }
}

/// Whether there is anything to say below a card's title.
pub(crate) fn has_meta(card: &Card) -> bool {
    !card.description.is_empty() || !card.comments.is_empty()
}

impl Layout {
    fn new(heights: impl Iterator<Item = f64>) -> Self {
        let mut tops = vec![0.0];
        let mut top = 0.0;
        for height in heights {
            top += height + GAP;
            tops.push(top);
        }
        Self { tops }
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

    /// The place, between the cards or at an end, whose top is nearest to `y`.
    pub(crate) fn nearest(&self, y: f64) -> usize {
        let after = self.tops.partition_point(|top| *top < y).min(self.len());
        match after.checked_sub(1) {
            Some(before) if y - self.tops[before] <= self.tops[after] - y => before,
            Some(_) | None => after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout::new([40.0, 60.0, 40.0].into_iter())
    }

    #[test]
    fn cards_stand_below_each_other() {
        let layout = layout();
        assert_eq!([0, 1, 2, 3].map(|index| layout.top(index)), [0.0, 46.0, 112.0, 158.0]);
        assert!((layout.total() - 152.0).abs() < f64::EPSILON);
        assert!(Layout::new([].into_iter()).total().abs() < f64::EPSILON);
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
        assert_eq!(Layout::new([].into_iter()).between(0.0, 100.0), 0..0);
    }

    #[test]
    fn the_nearest_place() {
        let layout = layout();
        for (y, expected) in [(-90.0, 0), (22.0, 0), (24.0, 1), (78.0, 1), (80.0, 2), (140.0, 3), (900.0, 3)] {
            assert_eq!(layout.nearest(y), expected, "{y}");
        }
        assert_eq!(Layout::new([].into_iter()).nearest(30.0), 0);
    }
}
