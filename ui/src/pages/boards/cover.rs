//! A board's cover: a quiet picture that is drawn from its id, the same on every machine.

use roost_board::BoardId;
use yew::prelude::*;

/// The hues of covers, in degrees.
const HUES: [u16; 8] = [42, 155, 250, 310, 200, 85, 350, 130];

/// The size of the drawing; it is cut to what is shown.
const WIDTH: f64 = 238.0;
const HEIGHT: f64 = 84.0;

/// How a cover is drawn, as numbers and paths alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    hue: u16,
    shapes: Vec<Shape>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Circle { x: f64, y: f64, radius: f64 },
    Path(String),
}

impl Cover {
    /// The cover of a board.
    #[must_use]
    pub fn of(board: BoardId) -> Self {
        let mut numbers = Numbers::from(board);
        let hue = HUES[numbers.below(HUES.len())];
        let shapes = match numbers.below(6) {
            0 => sun(&mut numbers),
            1 => hills(&mut numbers),
            2 => mountains(&mut numbers),
            3 => bands(&mut numbers),
            4 => moons(&mut numbers),
            _ => slope(&mut numbers),
        };
        Self { hue, shapes }
    }

    /// As a picture.
    pub fn view(&self) -> Html {
        html! {
            <svg
                class="cover"
                style={format!("--cover-hue: {}", self.hue)}
                viewBox={format!("0 0 {WIDTH} {HEIGHT}")}
                preserveAspectRatio="xMidYMid slice"
                aria-hidden="true"
            >
                { for self.shapes.iter().map(|shape| match shape {
                    Shape::Circle { x, y, radius } => html! {
                        <circle cx={x.to_string()} cy={y.to_string()} r={radius.to_string()} />
                    },
                    Shape::Path(path) => html! { <path d={path.clone()} /> },
                }) }
            </svg>
        }
    }
}

/// A row of numbers that depends on an id alone (SplitMix64 over its two halves).
struct Numbers(u64);

impl From<BoardId> for Numbers {
    fn from(id: BoardId) -> Self {
        let (high, low) = id.as_uuid().as_u64_pair();
        Self(high.rotate_left(32) ^ low)
    }
}

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).expect("a small number");
        usize::try_from(self.next() % n).expect("smaller than a usize")
    }

    /// A whole number between `from` and `to`, as a coordinate.
    fn between(&mut self, from: u32, to: u32) -> f64 {
        let span = usize::try_from(to - from).expect("a small number");
        f64::from(from) + f64::from(u32::try_from(self.below(span + 1)).expect("a small number"))
    }
}

fn sun(numbers: &mut Numbers) -> Vec<Shape> {
    let radius = numbers.between(46, 72);
    vec![Shape::Circle { x: numbers.between(110, 210), y: numbers.between(0, 30), radius }]
}

fn hills(numbers: &mut Numbers) -> Vec<Shape> {
    let (left, right) = (numbers.between(44, 66), numbers.between(38, 56));
    let (low, high) = (numbers.between(58, 76), numbers.between(20, 38));
    vec![Shape::Path(format!("M0 {left}C45 {high} 80 {low} 120 {low}S190 {high} {WIDTH} {right}V{HEIGHT}H0z"))]
}

fn mountains(numbers: &mut Numbers) -> Vec<Shape> {
    let (first, second) = (numbers.between(40, 80), numbers.between(150, 190));
    let (high, higher) = (numbers.between(24, 38), numbers.between(12, 22));
    let (valley, depth) = ((first + second) / 2.0, numbers.between(58, 68));
    vec![Shape::Path(format!("M0 80 {first} {high} {valley} {depth} {second} {higher} {WIDTH} 66V{HEIGHT}H0z"))]
}

fn bands(numbers: &mut Numbers) -> Vec<Shape> {
    let (start, width, lean) = (numbers.between(70, 130), numbers.between(40, 70), numbers.between(24, 44));
    let band = |from: f64, width: f64| {
        let (top, bottom) = (from + lean, from);
        Shape::Path(format!("M{top} 0H{}L{} {HEIGHT}H{bottom}z", top + width, bottom + width))
    };
    vec![band(start, width), band(start + width + 6.0, width * 0.6)]
}

fn moons(numbers: &mut Numbers) -> Vec<Shape> {
    let large = numbers.between(46, 62);
    vec![
        Shape::Circle { x: numbers.between(24, 64), y: numbers.between(78, 92), radius: large },
        Shape::Circle { x: numbers.between(138, 200), y: numbers.between(8, 34), radius: numbers.between(18, 28) },
    ]
}

fn slope(numbers: &mut Numbers) -> Vec<Shape> {
    let (foot, top) = (numbers.between(10, 80), numbers.between(4, 28));
    vec![Shape::Path(format!("M{foot} {HEIGHT} {WIDTH} {top}V{HEIGHT}z"))]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn cover(n: u8) -> Cover {
        Cover::of(format!("0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e{n:02x}").parse().unwrap())
    }

    #[test]
    fn a_board_has_the_same_cover_everywhere_and_boards_made_together_differ() {
        assert_eq!(cover(7), cover(7));
        let kinds: BTreeSet<_> = (0..40).map(|n| (cover(n).hue, cover(n).shapes.len())).collect();
        assert!(kinds.len() >= 10, "{kinds:?}");
    }
}
