//! What was measured, as a table in Markdown.

use std::fmt::Write as _;

/// Values of one kind, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// The smallest value that so many of a hundred do not exceed; 0 of no values.
    pub(crate) fn percentile(&self, hundredths: usize) -> f64 {
        let rank = (self.0.len() * hundredths).div_ceil(100);
        self.0.get(rank.max(1) - 1).copied().unwrap_or_default()
    }

    /// The middle.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The largest.
    pub(crate) fn worst(&self) -> f64 {
        self.percentile(100)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Mebibytes.
    Mebibytes,
}

/// What is wished for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// The 99th percentile is at most so much.
    P99(f64),
    /// The median is at most so much.
    Median(f64),
    /// The median is at most so many times that of something else.
    Times(f64, f64),
    /// The median is at most so much more than that of something else.
    More(f64, f64),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    sample: Sample,
    goal: Option<Goal>,
    note: String,
}

impl Row {
    /// A line about something.
    pub(crate) fn new(what: impl Into<String>, unit: Unit, sample: Sample) -> Self {
        Self { what: what.into(), unit, sample, goal: None, note: String::new() }
    }

    /// With what is wished for.
    pub(crate) fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// With something that the figures do not say.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    fn write(&self, table: &mut String) {
        let value = |value: f64| match self.unit {
            Unit::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
            Unit::Milliseconds => format!("{value:.1} ms"),
            Unit::Mebibytes => format!("{value:.1} MiB"),
        };
        let (median, p99) = (self.sample.median(), self.sample.percentile(99));
        let goal = match self.goal {
            None => String::new(),
            Some(Goal::P99(most)) => verdict(&format!("p99 ≤ {}", value(most)), p99 <= most),
            Some(Goal::Median(most)) => verdict(&format!("≤ {}", value(most)), median <= most),
            Some(Goal::Times(times, of)) => {
                let is = median / of;
                verdict(&format!("≤ {times} × bare"), is <= times) + &format!(": {is:.2} ×")
            }
            Some(Goal::More(more, than)) => {
                let is = median - than;
                verdict(&format!("≤ bare + {}", value(more)), is <= more) + &format!(": + {}", value(is))
            }
        };
        let line = [
            &self.what,
            &value(median),
            &value(p99),
            &value(self.sample.worst()),
            &self.sample.len().to_string(),
            &goal,
            &self.note,
        ]
        .map(String::as_str)
        .join(" | ");
        writeln!(table, "| {line} |").expect("a text can be written to");
    }
}

fn verdict(wish: &str, is_met: bool) -> String {
    format!("{wish} {}", if is_met { "✓" } else { "✗" })
}

/// The table.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = "| what | median | p99 | worst | n | goal | note |\n|---|--:|--:|--:|--:|---|---|\n".to_owned();
    for row in rows {
        row.write(&mut table);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sample: Sample = (1..=200).rev().map(f64::from).collect();
        assert_eq!([50, 99, 100].map(|hundredths| sample.percentile(hundredths)), [100.0, 198.0, 200.0]);
        let one: Sample = [7.0].into_iter().collect();
        assert_eq!([one.median(), one.percentile(99), one.worst()], [7.0; 3]);
        assert_eq!(Sample::default().median(), 0.0);
    }

    #[test]
    fn a_line_says_whether_the_goal_is_met() {
        let row = |goal| Row::new("start", Unit::Milliseconds, [130.0].into_iter().collect()).goal(goal);
        let line = |goal| table(&[row(goal)]).lines().last().unwrap().to_owned();
        assert_eq!(
            line(Goal::Times(1.3, 100.0)),
            "| start | 130.0 ms | 130.0 ms | 130.0 ms | 1 | ≤ 1.3 × bare ✓: 1.30 × |  |"
        );
        assert!(line(Goal::P99(16.7)).contains("p99 ≤ 16.7 ms ✗"));
    }
}
