//! How often something may happen.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How often something may happen: `burst` times at once, and after that `n` times in each `unit`.
///
/// Written down as `500/s:5000`: the number, the unit (`s`, `m` or `h`), and the burst; without a burst it is the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    n: u32,
    unit: Unit,
    burst: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    const fn letter(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        }
    }

    const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
        })
    }
}

/// What is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected how many in which time, such as 500/s, 10/m or 100/h, and how many at once, such as 500/s:5000; 1 at least"
)]
pub struct InvalidRate;

impl Rate {
    /// So many a second, and so many at once.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    pub const fn per_second(n: u32, burst: u32) -> Self {
        Self::new(n, Unit::Second, burst)
    }

    /// So many a minute, and so many at once.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    pub const fn per_minute(n: u32, burst: u32) -> Self {
        Self::new(n, Unit::Minute, burst)
    }

    /// So many an hour, and so many at once.
    ///
    /// # Panics
    /// When one of them is 0.
    #[must_use]
    pub const fn per_hour(n: u32, burst: u32) -> Self {
        Self::new(n, Unit::Hour, burst)
    }

    const fn new(n: u32, unit: Unit, burst: u32) -> Self {
        assert!(n > 0 && burst > 0, "what may happen at all may happen once");
        Self { n, unit, burst }
    }

    /// How long it takes until one more may happen.
    pub(crate) fn interval(self) -> Duration {
        self.unit.duration() / self.n
    }

    /// How often at once.
    pub(crate) const fn burst(self) -> u32 {
        self.burst
    }

    /// How far ahead of its time somebody may be and still go on.
    pub(crate) fn lead(self) -> Duration {
        self.interval() * (self.burst - 1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.n, self.unit.letter(), self.burst)
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0).ok_or(InvalidRate);
        let (rate, burst) = text.split_once(':').map_or((text, None), |(rate, burst)| (rate, Some(burst)));
        let (n, letter) = rate.split_once('/').ok_or(InvalidRate)?;
        let n = number(n)?;
        let unit = Unit::ALL.into_iter().find(|unit| unit.letter() == letter).ok_or(InvalidRate)?;
        Ok(Self { n, unit, burst: burst.map_or(Ok(n), number)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written() {
        for (text, expected) in [
            ("500/s:5000", Some("500/s:5000")),
            ("500/s", Some("500/s:500")),
            ("10/m:50", Some("10/m:50")),
            ("1/h", Some("1/h:1")),
            ("0/s", None),
            ("5/s:0", None),
            ("5", None),
            ("5/d", None),
            ("-5/s", None),
            ("5/s:", None),
            ("5/s:5:5", None),
            ("", None),
        ] {
            let read = text.parse::<Rate>().ok().map(|rate| rate.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_a_rate_comes_to() {
        let rate = Rate::per_minute(10, 50);
        assert_eq!(rate.interval(), Duration::from_secs(6));
        assert_eq!(rate.lead(), Duration::from_secs(6 * 49));
    }
}
