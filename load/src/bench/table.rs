//! What was measured, as a table in Markdown.

use std::fmt::Write as _;

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Kibibytes,
    PerSecond,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
    Frames,
}

/// What is wished for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// So many times floor A at most.
    TimesA(f64),
    /// So much more than floor A at most.
    MoreThanA(f64),
    /// So much more at most than the disk alone takes.
    MoreThanDisk(f64, f64),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    what: String,
    unit: Unit,
    figure: f64,
    /// The same of floors A and B.
    floors: Option<[f64; 2]>,
    goal: Option<Goal>,
    note: String,
}

impl Row {
    pub(super) fn new(what: impl Into<String>, unit: Unit, figure: f64) -> Self {
        Self { what: what.into(), unit, figure, floors: None, goal: None, note: String::new() }
    }

    /// Beside floors A and B.
    pub(super) fn floors(self, floors: [f64; 2]) -> Self {
        Self { floors: Some(floors), ..self }
    }

    pub(super) fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Without what is wished for.
    pub(super) fn without_goal(self) -> Self {
        Self { goal: None, ..self }
    }

    /// With something that the figure does not say.
    pub(super) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// What is wished for, and whether it is so.
    fn verdict(&self) -> Option<(String, bool)> {
        let value = |value| write_value(self.unit, value);
        let a = self.floors.map_or(f64::NAN, |floors| floors[0]);
        Some(match self.goal? {
            Goal::AtMost(most) => (format!("≤ {}", value(most)), self.figure <= most),
            Goal::AtLeast(least) => (format!("≥ {}", value(least)), self.figure >= least),
            Goal::TimesA(times) => (format!("≤ {times} × A = {}", value(times * a)), self.figure <= times * a),
            Goal::MoreThanA(more) => (format!("≤ A + {} = {}", value(more), value(a + more)), self.figure <= a + more),
            Goal::MoreThanDisk(disk, more) => {
                (format!("≤ disk + {} = {}", value(more), value(disk + more)), self.figure <= disk + more)
            }
        })
    }

    fn write(&self, table: &mut String) {
        let floor = |index: usize| self.floors.map_or_else(String::new, |floors| write_value(self.unit, floors[index]));
        let (goal, verdict) = match self.verdict() {
            None => (String::new(), ""),
            Some((goal, is_met)) => (goal, if is_met { "met" } else { "**missed**" }),
        };
        let line = [&self.what, &write_value(self.unit, self.figure), &floor(0), &floor(1), &goal, verdict, &self.note];
        writeln!(table, "| {} |", line.join(" | ")).expect("a text can be written to");
    }
}

fn write_value(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Kibibytes => format!("{value:.1} KiB"),
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::Microseconds if value < 100.0 => format!("{value:.1} µs"),
        Unit::Microseconds => format!("{value:.0} µs"),
        Unit::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
        Unit::Milliseconds => format!("{value:.1} ms"),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Bytes => format!("{} bytes", thousands(value)),
        Unit::Frames => format!("{value:.1}"),
    }
}

/// A whole number, with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// The table.
pub(super) fn write(rows: &[Row]) -> String {
    let head = "| what | Roost | floor A | floor B | goal | | note |\n|---|--:|--:|--:|--:|---|---|\n";
    let mut table = head.to_owned();
    rows.iter().for_each(|row| row.write(&mut table));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whether_the_goal_is_met() {
        let line = |row: Row| write(&[row]).lines().last().unwrap().to_owned();
        let row = Row::new("fan-out", Unit::Microseconds, 9.0).floors([7.0, 6.5]);
        assert_eq!(
            line(row.clone().goal(Goal::TimesA(1.3)).note("of 1")),
            "| fan-out | 9.0 µs | 7.0 µs | 6.5 µs | ≤ 1.3 × A = 9.1 µs | met | of 1 |"
        );
        assert!(line(row.goal(Goal::AtMost(2.5))).contains("≤ 2.5 µs | **missed**"));
        let rate = Row::new("joins", Unit::PerSecond, 8_123.4).goal(Goal::AtLeast(8_000.0));
        assert_eq!(line(rate), "| joins | 8,123/s |  |  | ≥ 8,000/s | met |  |");
        let wait = Row::new("p99", Unit::Milliseconds, 12.0).floors([8.0, 9.0]).goal(Goal::MoreThanA(5.0));
        assert!(line(wait).contains("≤ A + 5.00 ms = 13.0 ms | met"));
    }
}
