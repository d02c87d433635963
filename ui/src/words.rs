//! Words that are made from other words.

mod change;

pub use change::{Names, did, doing};

/// A message as a sentence: with a capital letter at its beginning and a full stop at its end.
#[must_use]
pub fn sentence(message: &str) -> String {
    let message = message.trim();
    let ends = message.is_empty() || message.ends_with(['.', '?', '!', '…', '”']);
    format!("{}{}", capitalized(message), if ends { "" } else { "." })
}

/// With a capital letter at its beginning.
#[must_use]
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// A text between quotation marks, cut where it would fill the screen.
#[must_use]
pub fn quoted(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("“{}…”", text[..end].trim_end()),
        None => format!("“{text}”"),
    }
}

/// A number and what is counted, as in "1 card" and "2 cards".
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", grouped(n)) }
}

/// A number with a thin space before each group of three digits, from five digits on.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        for (message, expected) in [
            ("the name cannot be blank", "The name cannot be blank."),
            ("Try again.", "Try again."),
            ("élan", "Élan."),
            (" ", ""),
        ] {
            assert_eq!(sentence(message), expected);
        }
    }

    #[test]
    fn a_quotation_is_short() {
        assert_eq!(quoted("Buy milk"), "“Buy milk”");
        assert_eq!(quoted(&"ä".repeat(61)), format!("“{}…”", "ä".repeat(60)));
    }

    #[test]
    fn counts_are_read_at_a_glance() {
        for (n, expected) in [(0, "0 cards"), (1, "1 card"), (9_999, "9999 cards"), (49_321, "49\u{202F}321 cards")] {
            assert_eq!(count(n, "card"), expected);
        }
    }
}
