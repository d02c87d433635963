//! The time of this machine, new ids, and times in words.

use gloo_timers::callback::Interval;
use roost_board::Timestamp;
use uuid::Uuid;
use yew::prelude::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What the clock of this machine says.
pub fn now() -> Timestamp {
    // Whole milliseconds, far below 2^53.
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// How often a time in words is made anew, in milliseconds.
const TICK: u32 = 20_000;

/// What the clock says, again and again: what is drawn with it stays true while nothing else happens.
#[hook]
pub fn use_now() -> Timestamp {
    let ticked = use_force_update();
    use_effect_with((), move |()| {
        let ticking = Interval::new(TICK, move || ticked.force_update());
        move || drop(ticking)
    });
    now()
}

/// A new id: UUID version 7, which sorts by time.
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// How long ago a time was, in words; what is far back is a date.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let count = |n: i64, one: &str| if n == 1 { format!("1 {one} ago") } else { format!("{n} {one}s ago") };
    match now.as_millis() - at.as_millis() {
        // Clocks differ a little: what is ahead of this one was just now.
        ..MINUTE => "just now".to_owned(),
        age @ ..HOUR => count(age / MINUTE, "minute"),
        age @ ..DAY => count(age / HOUR, "hour"),
        age if age < 7 * DAY => count(age / DAY, "day"),
        _ => date(at),
    }
}

/// A day, such as `3 Mar 2026`, in UTC.
fn date(at: Timestamp) -> String {
    let text = at.to_string();
    let mut parts = text.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => format!("{} {month} {year}", day.trim_start_matches('0')),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let now: Timestamp = "2026-03-12T10:00:00Z".parse().unwrap();
        for (at, expected) in [
            ("2026-03-12T10:00:05Z", "just now"),
            ("2026-03-12T09:59:10Z", "just now"),
            ("2026-03-12T09:58:10Z", "1 minute ago"),
            ("2026-03-12T09:01:00Z", "59 minutes ago"),
            ("2026-03-12T08:00:00Z", "2 hours ago"),
            ("2026-03-11T10:00:00Z", "1 day ago"),
            ("2026-03-05T10:00:01Z", "6 days ago"),
            ("2026-03-03T10:00:00Z", "3 Mar 2026"),
            ("2025-12-24T10:00:00Z", "24 Dec 2025"),
        ] {
            assert_eq!(ago(at.parse().unwrap(), now), expected, "{at}");
        }
    }
}
