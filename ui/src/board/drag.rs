//! Dragging, as geometry: when a press becomes a drag, where the item in the hand is, and which place is nearest.
//! All in pixels of the window. What it does to elements is in the view.

use roost_board::ListId;

use super::place::{Item, Place};

/// How far the pointer goes before a press becomes a drag, so that a click stays a click.
const THRESHOLD: f64 = 4.0;
/// How near to an edge the pointer makes it scroll.
const EDGE: f64 = 56.0;
/// How fast an edge scrolls at most, in pixels per second.
const SPEED_MAX: f64 = 1_400.0;

/// A point in the window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A rectangle in the window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A press, and the drag that it becomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drag {
    /// What was pressed.
    pub(crate) item: Item,
    /// Which pointer: others are passed over.
    pub(crate) pointer: i32,
    /// Where the pointer was when it was pressed.
    start: Point,
    /// Where the item was then.
    origin: Rect,
    /// Where the pointer is.
    at: Point,
    is_lifted: bool,
}

/// What a movement of the pointer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Still a press.
    Pressed,
    /// The item has just been lifted.
    Lifted,
    /// The item is in the hand.
    Carried,
}

impl Drag {
    /// The pointer goes down on an item.
    pub(crate) fn press(item: Item, pointer: i32, at: Point, origin: Rect) -> Self {
        Self { item, pointer, start: at, origin, at, is_lifted: false }
    }

    /// The pointer moves.
    pub(crate) fn moved(&mut self, at: Point) -> Moved {
        self.at = at;
        if self.is_lifted {
            return Moved::Carried;
        }
        let (x, y) = (at.x - self.start.x, at.y - self.start.y);
        if x.hypot(y) < THRESHOLD {
            return Moved::Pressed;
        }
        self.is_lifted = true;
        Moved::Lifted
    }

    /// Whether the item is in the hand.
    pub(crate) fn is_lifted(&self) -> bool {
        self.is_lifted
    }

    /// Where the pointer is.
    pub(crate) fn at(&self) -> Point {
        self.at
    }

    /// Where the item in the hand is.
    pub(crate) fn rect(&self) -> Rect {
        let (left, top) = (self.origin.left + self.at.x - self.start.x, self.origin.top + self.at.y - self.start.y);
        Rect { left, top, ..self.origin }
    }

    /// The nearest place for the item in the hand. `nearest` answers which place in a list is nearest to a height above or
    /// below its first card, in pixels. `None` when there is none.
    pub(crate) fn place(
        &self,
        columns: &[Column],
        nearest: impl FnOnce(ListId, f64) -> Option<usize>,
    ) -> Option<Place> {
        match self.item {
            Item::Card(_) => {
                let column = nearest_by(columns, |column| column.rect.distance_to_x(self.at.x))?;
                let index = nearest(column.list, self.rect().top - column.cards_top)?;
                Some(Place::InList { list: column.list, index })
            }
            Item::List(_) => {
                let left = self.rect().left;
                let nearest = nearest_by(columns, |column| (column.rect.left - left).abs())?;
                let index = columns.iter().position(|column| column.list == nearest.list)?;
                Some(Place::AmongLists { index })
            }
        }
    }
}

/// Where a list is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Column {
    pub(crate) list: ListId,
    pub(crate) rect: Rect,
    /// Where its first card begins, perhaps scrolled out of sight.
    pub(crate) cards_top: f64,
}

impl Rect {
    /// How far a point is to the left or right of it.
    fn distance_to_x(self, x: f64) -> f64 {
        (self.left - x).max(x - self.left - self.width).max(0.0)
    }
}

fn nearest_by(columns: &[Column], distance: impl Fn(&Column) -> f64) -> Option<&Column> {
    columns.iter().min_by(|one, other| distance(one).total_cmp(&distance(other)))
}

/// How fast something scrolls, in pixels per second, that reaches from `from` to `to` while the pointer is at `at`:
/// negative towards its beginning, faster nearer to the edge and beyond it.
pub(crate) fn edge_speed(at: f64, from: f64, to: f64) -> f64 {
    // Something small keeps a middle where it rests.
    let edge = EDGE.min((to - from) / 4.0).max(1.0);
    let reach = |depth: f64| (depth / edge).clamp(0.0, 1.0).powi(2);
    SPEED_MAX * (reach(at - (to - edge)) - reach(from + edge - at))
}

#[cfg(test)]
mod tests {
    use super::super::place::tests::{board, card, list};
    use super::super::windowing::Measures;
    use super::*;

    const ORIGIN: Rect = Rect { left: 20.0, top: 100.0, width: 264.0, height: 38.0 };

    fn press(item: Item) -> Drag {
        Drag::press(item, 1, Point { x: 50.0, y: 110.0 }, ORIGIN)
    }

    fn columns(scrolled: f64) -> Vec<Column> {
        [100, 200, 300]
            .into_iter()
            .enumerate()
            .map(|(index, n)| Column {
                list: list(n),
                rect: Rect { left: 12.0 + 292.0 * index as f64, top: 56.0, width: 280.0, height: 600.0 },
                cards_top: 100.0 - scrolled,
            })
            .collect()
    }

    #[test]
    fn a_small_movement_is_still_a_press() {
        let mut drag = press(Item::Card(card(101)));
        assert_eq!(drag.moved(Point { x: 52.0, y: 112.0 }), Moved::Pressed);
        assert_eq!(drag.moved(Point { x: 50.0, y: 114.0 }), Moved::Lifted);
        assert_eq!(
            drag.moved(Point { x: 50.0, y: 110.0 }),
            Moved::Carried,
            "back at the start it is still in the hand"
        );
        assert_eq!(drag.rect(), ORIGIN);
    }

    /// One-line cards are 44 apart; the one in the hand is not counted.
    #[test]
    fn a_card_goes_to_the_nearest_place() {
        let board = board(&[4, 0, 2]);
        let mut measures = Measures::default();
        let mut check = |x: f64, y: f64, scrolled: f64, expected: (u128, usize)| {
            let mut drag = press(Item::Card(card(101)));
            drag.moved(Point { x, y });
            let place = drag.place(&columns(scrolled), |id, y| {
                let without = board.card_index(card(101)).filter(|(list, _)| *list == id).map(|(_, index)| index);
                Some(measures.layout(board.list(id)?).nearest(y, without))
            });
            assert_eq!(place, Some(Place::InList { list: list(expected.0), index: expected.1 }), "{x} {y} {scrolled}");
        };
        check(50.0, 130.0, 0.0, (100, 0));
        check(50.0, 136.0, 0.0, (100, 1));
        check(50.0, 500.0, 0.0, (100, 3));
        check(50.0, 130.0, 44.0, (100, 1));
        check(400.0, 300.0, 0.0, (200, 0));
        check(295.0, 110.0, 0.0, (100, 0));
        check(301.0, 110.0, 0.0, (200, 0));
        check(2_000.0, 154.0, 0.0, (300, 1));
    }

    #[test]
    fn a_list_goes_to_the_nearest_place() {
        for (x, expected) in [(-400.0, 0), (50.0, 0), (190.0, 0), (200.0, 1), (400.0, 1), (900.0, 2)] {
            let mut drag = Drag::press(Item::List(list(100)), 1, Point { x: 50.0, y: 70.0 }, columns(0.0)[0].rect);
            drag.moved(Point { x, y: 70.0 });
            assert_eq!(drag.place(&columns(0.0), |_, _| None), Some(Place::AmongLists { index: expected }), "{x}");
        }
    }

    #[test]
    fn edges_scroll_faster_the_nearer() {
        let speed = |at| edge_speed(at, 100.0, 700.0);
        assert!(speed(400.0).abs() < f64::EPSILON);
        assert!(speed(644.0).abs() < f64::EPSILON);
        assert!(speed(660.0) > 0.0 && speed(660.0) < speed(690.0));
        assert!((speed(900.0) - SPEED_MAX).abs() < f64::EPSILON);
        assert!((speed(-10.0) + SPEED_MAX).abs() < f64::EPSILON);
    }
}
