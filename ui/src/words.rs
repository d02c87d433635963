//! Words that are made from other words.

/// A message as a sentence: with a capital letter at its beginning and a full stop at its end.
#[must_use]
pub fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let Some(first) = letters.next() else { return String::new() };
    let ends = message.ends_with(['.', '?', '!', '…', '”']);
    format!("{}{}{}", first.to_uppercase(), letters.as_str(), if ends { "" } else { "." })
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
    fn counts_are_read_at_a_glance() {
        for (n, expected) in [(0, "0 cards"), (1, "1 card"), (9_999, "9999 cards"), (49_321, "49\u{202F}321 cards")] {
            assert_eq!(count(n, "card"), expected);
        }
    }
}
