//! Which cards of a list are in view, and where each stands: heights that are measured once a card was drawn, and
//! guessed before.

mod layout;

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use roost_board::{Card, CardId, List, ListId};

pub(crate) use layout::Layout;

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

/// How tall the cards are, by card, for all lists of a board, and where they stand in each.
///
/// A change of a list, or a height that turns out to be another, costs what it changes: the cards around it are told by
/// their pointers, which the model keeps, and only the sums below it are made anew.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    heights: HashMap<CardId, Measured>,
    lists: HashMap<ListId, Kept>,
}

#[derive(Debug)]
struct Measured {
    /// What the card was when it was measured: another pointer is another card.
    card: Arc<Card>,
    height: f64,
}

/// A list as it was laid out last.
#[derive(Debug)]
struct Kept {
    list: Arc<List>,
    /// How tall each of its cards is.
    heights: Vec<f64>,
    layout: Rc<Layout>,
    /// From which card on the layout is not that of the heights.
    stale_from: Option<usize>,
}

impl Measures {
    /// Keeps how tall a card of a list, which was laid out, turned out to be; answers whether that is news.
    pub(crate) fn measure(&mut self, list: ListId, card: &Arc<Card>, index: usize, height: f64) -> bool {
        if let Some(measured) = self.heights.get(&card.id)
            && Arc::ptr_eq(&measured.card, card)
            && (measured.height - height).abs() <= 0.5
        {
            return false;
        }
        self.heights.insert(card.id, Measured { card: Arc::clone(card), height });
        let Some(kept) = self.lists.get_mut(&list) else { return false };
        let is_same = kept.list.cards().get(index).is_some_and(|other| Arc::ptr_eq(other, card));
        let is_news = is_same && (kept.heights[index] - height).abs() > 0.5;
        if is_news {
            kept.heights[index] = height;
            kept.stale_from = Some(kept.stale_from.map_or(index, |from| from.min(index)));
        }
        is_news
    }

    /// Where the cards of a list stand.
    pub(crate) fn layout(&mut self, list: &Arc<List>) -> Rc<Layout> {
        let heights = &self.heights;
        let height = |card: &Arc<Card>| height(heights, card);
        let kept = self.lists.entry(list.id()).or_insert_with(|| Kept {
            list: Arc::clone(list),
            heights: list.cards().iter().map(height).collect(),
            layout: Rc::new(Layout::default()),
            stale_from: Some(0),
        });
        if !Arc::ptr_eq(&kept.list, list) {
            let (same_before, changed, now) = difference(kept.list.cards(), list.cards());
            kept.heights.splice(changed, list.cards()[now].iter().map(height));
            kept.list = Arc::clone(list);
            kept.stale_from = Some(kept.stale_from.map_or(same_before, |from| from.min(same_before)));
        }
        if let Some(from) = kept.stale_from.take() {
            Rc::make_mut(&mut kept.layout).sum_up(from, &kept.heights);
        }
        Rc::clone(&kept.layout)
    }
}

/// How many cards are the same at the beginning of two lists, and which are not the same in the old one and in the new.
fn difference(old: &[Arc<Card>], new: &[Arc<Card>]) -> (usize, Range<usize>, Range<usize>) {
    let is_same = |(one, other): &(&Arc<Card>, &Arc<Card>)| Arc::ptr_eq(one, other);
    let before = old.iter().zip(new).take_while(is_same).count();
    let after = old[before..].iter().rev().zip(new[before..].iter().rev()).take_while(is_same).count();
    (before, before..old.len() - after, before..new.len() - after)
}

fn height(heights: &HashMap<CardId, Measured>, card: &Arc<Card>) -> f64 {
    match heights.get(&card.id) {
        // Most changes leave the height as it is, so the last one known is the best guess.
        Some(measured) if Arc::ptr_eq(&measured.card, card) || measured.card.title == card.title => measured.height,
        Some(_) | None => guess(card),
    }
}

/// Where a card is that was at `index` before some others came or went.
pub(crate) fn find_near(cards: &[Arc<Card>], id: CardId, index: usize) -> Option<usize> {
    let is_it = |index: &usize| cards.get(*index).is_some_and(|card| card.id == id);
    (0..=index.max(cards.len())).find_map(|far| index.checked_sub(far).into_iter().chain([index + far]).find(is_it))
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

#[cfg(test)]
mod tests {
    use roost_board::{Board, Change};

    use super::super::place::tests::{board, card, context, list};
    use super::super::place::{Item, Place};
    use super::layout::tests::laid_out;
    use super::*;

    /// What was laid out step by step is what would be laid out at once.
    fn check(measures: &mut Measures, board: &Board) {
        for list in board.lists() {
            let heights: Vec<f64> = list.cards().iter().map(|card| height(&measures.heights, card)).collect();
            assert_eq!(*measures.layout(list), laid_out(&heights), "{}", list.name());
        }
    }

    #[test]
    fn a_layout_follows_its_list() {
        let mut board = board(&[4, 1]);
        let mut measures = Measures::default();
        check(&mut measures, &board);
        let moves = [(101, 100, 2), (104, 100, 0), (102, 200, 1), (201, 100, 9), (103, 200, 0), (102, 100, 1)];
        for (tall, (moved, to, index)) in (1..).zip(moves) {
            let change = Item::Card(card(moved)).moved_to(&board, Place::InList { list: list(to), index }).unwrap();
            board.apply(&context(), &change).unwrap();
            check(&mut measures, &board);
            let into = board.list(list(to)).unwrap();
            let index = into.cards().iter().position(|other| other.id == card(moved)).unwrap();
            assert!(measures.measure(into.id(), &into.cards()[index], index, 100.0 * f64::from(tall)));
            assert!(!measures.measure(into.id(), &into.cards()[index], index, 100.0 * f64::from(tall)));
            check(&mut measures, &board);
        }
        board.apply(&context(), &Change::CardArchived { card_id: card(101) }).unwrap();
        check(&mut measures, &board);
    }

    #[test]
    fn a_card_is_found_wherever_it_went() {
        let board = board(&[5]);
        let cards = board.lists()[0].cards();
        for from in 0..7 {
            for (index, n) in (101..=105).enumerate() {
                assert_eq!(find_near(cards, card(n), from), Some(index), "{n} from {from}");
            }
            assert_eq!(find_near(cards, card(999), from), None);
        }
        assert_eq!(find_near(&[], card(101), 3), None);
    }
}
