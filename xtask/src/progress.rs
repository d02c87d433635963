//! What is printed while a task works: short lines in the manner of cargo's own.

use std::io::{IsTerminal, stdout};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Prints one line, `      Verb the rest`.
pub(crate) fn say(verb: &str, rest: &str) {
    println!("{} {rest}", paint("1;32", &format!("{verb:>12}")));
}

/// Prints one line about something a person should look at.
pub(crate) fn warn(rest: &str) {
    println!("{} {rest}", paint("1;33", &format!("{:>12}", "Note")));
}

/// Says what begins, does it, and says how long it took.
///
/// # Errors
///
/// Those of `work`.
pub(crate) fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say("Building", what);
    let started = Instant::now();
    let done = work()?;
    say("Built", &format!("{what} in {}", seconds(started.elapsed())));
    Ok(done)
}

/// A duration for people: `0.4 s`, `75 s`, `12 min 5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..100 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// A text in a terminal colour (an SGR code), where there is a terminal that wants colours.
pub(crate) fn paint(code: &str, text: &str) -> String {
    if stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(seconds(Duration::from_millis(412)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(75_900)), "75 s");
        assert_eq!(seconds(Duration::from_secs(725)), "12 min 5 s");
    }
}
