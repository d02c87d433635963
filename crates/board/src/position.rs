//! Where something stands among its siblings: a fractional index.
//!
//! A position is a text that sorts byte by byte, and between any two different ones there is another. Its form is that
//! of the npm package `fractional-indexing` (David Greenspan, "Implementing Fractional Indexing", 2020), so that
//! clients in other languages make the same bytes: an integer part, whose first letter says how long it is (`a` two
//! characters in all, `b` three, …, `Z` two and `Y` three for the ones before `a0`), then a fraction in base 62 that
//! does not end in `0`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::limits::POSITION_MAX;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A place among siblings; the smaller comes first. See the [module](self).
///
/// Cloning it is cheap, and a short one is where the card or list itself is, so that looking for a place is quick.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(SmolStr);

/// Why there is no such position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Not of the form that positions have.
    #[error("not a position: expected a fractional index such as \"a0\" or \"a0V\"")]
    Invalid,
    /// Longer than [`POSITION_MAX`].
    #[error("a position can have {POSITION_MAX} characters at most")]
    TooLong,
    /// The first is not smaller than the second, so nothing fits between them.
    #[error("nothing fits between these positions")]
    NoRoom,
}

impl Position {
    /// The position of a first sibling, `"a0"`.
    #[must_use]
    pub fn first() -> Self {
        Self("a0".into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A position after `before` and before `after`, the shortest that `fractional-indexing` would make; `None` stands
    /// for the end on that side.
    ///
    /// # Errors
    /// [`PositionError::NoRoom`] when `before` is not smaller than `after`, [`PositionError::TooLong`] when what would
    /// fit is longer than [`POSITION_MAX`].
    pub fn between(before: Option<&Self>, after: Option<&Self>) -> Result<Self, PositionError> {
        let text = match (before.map(Self::as_str), after.map(Self::as_str)) {
            (None, None) => return Ok(Self::first()),
            (None, Some(after)) => {
                let (integer, fraction) = split(after)?;
                if is_smallest(integer) {
                    format!("{integer}{}", midpoint("", Some(fraction)))
                } else if fraction.is_empty() {
                    match decrement(integer).ok_or(PositionError::NoRoom)? {
                        // Alone it would be no position: nothing could come before it.
                        smallest if is_smallest(&smallest) => format!("{smallest}{}", midpoint("", None)),
                        integer => integer,
                    }
                } else {
                    integer.to_owned()
                }
            }
            (Some(before), None) => {
                let (integer, fraction) = split(before)?;
                increment(integer).unwrap_or_else(|| format!("{integer}{}", midpoint(fraction, None)))
            }
            (Some(before), Some(after)) => {
                if before >= after {
                    return Err(PositionError::NoRoom);
                }
                let (before_integer, before_fraction) = split(before)?;
                let (after_integer, after_fraction) = split(after)?;
                if before_integer == after_integer {
                    format!("{before_integer}{}", midpoint(before_fraction, Some(after_fraction)))
                } else {
                    match increment(before_integer) {
                        Some(next) if next.as_str() < after => next,
                        _ => format!("{before_integer}{}", midpoint(before_fraction, None)),
                    }
                }
            }
        };
        if text.len() > POSITION_MAX {
            return Err(PositionError::TooLong);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        if text.len() > POSITION_MAX {
            return Err(PositionError::TooLong);
        }
        let (integer, fraction) = split(text)?;
        let digits = integer.bytes().skip(1).chain(fraction.bytes());
        if !digits.into_iter().all(|byte| byte.is_ascii_alphanumeric()) || fraction.ends_with('0') {
            return Err(PositionError::Invalid);
        }
        // Nothing could be put before the smallest integer alone, so it is not a position.
        if is_smallest(integer) && fraction.is_empty() {
            return Err(PositionError::Invalid);
        }
        Ok(Self(text.into()))
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How long the integer part is that starts with this letter.
fn integer_length(head: u8) -> Option<usize> {
    match head {
        b'a'..=b'z' => Some(usize::from(head - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - head) + 2),
        _ => None,
    }
}

/// Splits a position into its integer part and its fraction.
fn split(text: &str) -> Result<(&str, &str), PositionError> {
    let head = text.bytes().next().ok_or(PositionError::Invalid)?;
    let length = integer_length(head).ok_or(PositionError::Invalid)?;
    text.split_at_checked(length).ok_or(PositionError::Invalid)
}

fn is_smallest(integer: &str) -> bool {
    integer.starts_with('A') && integer.bytes().skip(1).all(|byte| byte == b'0')
}

fn digit_value(digit: u8) -> usize {
    match digit {
        b'0'..=b'9' => usize::from(digit - b'0'),
        b'A'..=b'Z' => usize::from(digit - b'A') + 10,
        _ => usize::from(digit - b'a') + 36,
    }
}

/// The integer part that follows; `None` after the largest.
fn increment(integer: &str) -> Option<String> {
    step(
        integer,
        b'0',
        |value| (value + 1 < DIGITS.len()).then(|| value + 1),
        |head| match head {
            b'Z' => Some(b'a'),
            b'z' => None,
            other => Some(other + 1),
        },
    )
}

/// The integer part before; `None` before the smallest.
fn decrement(integer: &str) -> Option<String> {
    step(
        integer,
        b'z',
        |value| value.checked_sub(1),
        |head| match head {
            b'a' => Some(b'Z'),
            b'A' => None,
            other => Some(other - 1),
        },
    )
}

/// Adds or takes one, from the last digit on: a digit at its end becomes `wrapped` and carries. Past all digits the
/// head letter moves on, and the length with it.
fn step(
    integer: &str,
    wrapped: u8,
    digit_step: impl Fn(usize) -> Option<usize>,
    head_step: impl Fn(u8) -> Option<u8>,
) -> Option<String> {
    let mut bytes = integer.as_bytes().to_vec();
    for byte in bytes.iter_mut().skip(1).rev() {
        if let Some(value) = digit_step(digit_value(*byte)) {
            *byte = DIGITS[value];
            return String::from_utf8(bytes).ok();
        }
        *byte = wrapped;
    }
    let head = head_step(bytes[0])?;
    let mut text = String::from(char::from(head));
    for _ in 1..integer_length(head)? {
        text.push(char::from(wrapped));
    }
    Some(text)
}

/// A fraction between two fractions, as short as it gets; `None` above stands for one.
fn midpoint(low: &str, high: Option<&str>) -> String {
    let mut text = String::new();
    let (mut low, mut high) = (low.as_bytes(), high.map(str::as_bytes));
    loop {
        if let Some(bound) = high {
            // What both begin with (the lower one continued with zeros) stands in front of what is between.
            let shared =
                bound.iter().enumerate().take_while(|&(index, digit)| low.get(index).unwrap_or(&b'0') == digit).count();
            text.extend(bound[..shared].iter().map(|&digit| char::from(digit)));
            low = low.get(shared..).unwrap_or_default();
            high = Some(&bound[shared..]);
        }
        let low_digit = low.first().map_or(0, |&digit| digit_value(digit));
        let high_digit = high.and_then(|bound| bound.first()).map_or(DIGITS.len(), |&digit| digit_value(digit));
        if high_digit - low_digit > 1 {
            // Halves round up, as JavaScript's Math.round does, so that the bytes are the same.
            text.push(char::from(DIGITS[(low_digit + high_digit).div_ceil(2)]));
            return text;
        }
        if let Some(bound) = high
            && bound.len() > 1
        {
            text.push(char::from(bound[0]));
            return text;
        }
        text.push(char::from(DIGITS[low_digit]));
        low = low.get(1..).unwrap_or_default();
        high = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(text: &str) -> Option<Position> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    /// The expectations are what the npm package `fractional-indexing` 3.2 answers.
    #[test]
    fn makes_the_bytes_of_fractional_indexing() {
        for (before, after, expected) in [
            ("", "", "a0"),
            ("", "a0", "Zz"),
            ("", "Zz", "Zy"),
            ("a0", "", "a1"),
            ("a1", "", "a2"),
            ("a0", "a1", "a0V"),
            ("a1", "a2", "a1V"),
            ("a0V", "a1", "a0l"),
            ("Zz", "a0", "ZzV"),
            ("Zz", "a1", "a0"),
            ("", "Y00", "Xzzz"),
            ("bzz", "", "c000"),
            ("a0", "a0V", "a0G"),
            ("a0", "a0G", "a08"),
            ("b125", "b129", "b127"),
            ("a0", "a1V", "a1"),
            ("Zz", "a01", "a0"),
            ("", "a0V", "a0"),
            ("", "b999", "b99"),
            ("", "A000000000000000000000000001", "A000000000000000000000000000V"),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzy", "", "zzzzzzzzzzzzzzzzzzzzzzzzzzz"),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzz", "", "zzzzzzzzzzzzzzzzzzzzzzzzzzzV"),
        ] {
            let made = Position::between(position(before).as_ref(), position(after).as_ref());
            assert_eq!(made.as_ref().map(Position::as_str), Ok(expected), "{before:?} {after:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_position() {
        for bad in ["", "a", "0", "a00", "a0 ", "a0-", "é0", "a0é", "A00000000000000000000000000", "b1", "!"] {
            assert_eq!(bad.parse::<Position>(), Err(PositionError::Invalid), "{bad:?}");
        }
        assert_eq!(format!("a0{}", "V".repeat(127)).parse::<Position>(), Err(PositionError::TooLong));
        let (a0, a1) = (position("a0"), position("a1"));
        assert_eq!(Position::between(a1.as_ref(), a0.as_ref()), Err(PositionError::NoRoom));
        assert_eq!(Position::between(a0.as_ref(), a0.as_ref()), Err(PositionError::NoRoom));
    }

    proptest! {
        /// Wherever one inserts, again and again, the new one is between its neighbours and is a position itself.
        #[test]
        fn between_is_between(places in prop::collection::vec(any::<prop::sample::Index>(), 1..200)) {
            let mut siblings: Vec<Position> = Vec::new();
            for place in places {
                let index = place.index(siblings.len() + 1);
                let before = index.checked_sub(1).map(|before| siblings[before].clone());
                let made = Position::between(before.as_ref(), siblings.get(index)).unwrap();
                prop_assert_eq!(made.as_str().parse::<Position>(), Ok(made.clone()));
                prop_assert!(before.is_none_or(|before| before < made));
                prop_assert!(siblings.get(index).is_none_or(|after| made < *after));
                siblings.insert(index, made);
            }
        }

        #[test]
        fn any_text_is_a_position_or_refused(text in ".{0,8}") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert!(Position::between(None, Some(&position)).unwrap() < position);
                prop_assert!(Position::between(Some(&position), None).unwrap() > position);
            }
        }
    }
}
