//! What a text may hold.

use crate::error::{ApplyError, Field};

/// Whether line breaks and tabs are part of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

/// Checks a name or a title: one line, not blank, `max` characters at most.
///
/// # Errors
/// [`ApplyError::Blank`], [`ApplyError::TooLong`] or [`ApplyError::ControlCharacter`], each naming `field`.
pub fn check_line(field: Field, text: &str, max: usize) -> Result<(), ApplyError> {
    check(field, text, max, Lines::One)?;
    not_blank(field, text)
}

/// Checks a text of one line that may be empty.
pub(crate) fn check_optional_line(field: Field, text: &str, max: usize) -> Result<(), ApplyError> {
    check(field, text, max, Lines::One)
}

/// Checks a text of many lines that may be empty.
pub(crate) fn check_text(field: Field, text: &str, max: usize) -> Result<(), ApplyError> {
    check(field, text, max, Lines::Many)
}

/// Checks a text of many lines that says something.
pub(crate) fn check_body(field: Field, text: &str, max: usize) -> Result<(), ApplyError> {
    check(field, text, max, Lines::Many)?;
    not_blank(field, text)
}

fn not_blank(field: Field, text: &str) -> Result<(), ApplyError> {
    if text.chars().all(is_invisible) { Err(ApplyError::Blank { field }) } else { Ok(()) }
}

fn check(field: Field, text: &str, max: usize, lines: Lines) -> Result<(), ApplyError> {
    // Bytes bound characters from above, so the common case counts nothing.
    if text.len() > max {
        let length = text.chars().count();
        if length > max {
            return Err(ApplyError::TooLong { field, length, max });
        }
    }
    let allowed = |c: char| lines == Lines::Many && (c == '\n' || c == '\t');
    match text.chars().find(|&c| is_control(c) && !allowed(c)) {
        Some(character) => Err(ApplyError::ControlCharacter { field, character }),
        None => Ok(()),
    }
}

/// Control characters (Unicode category Cc), the line and paragraph separators, and the marks that turn the reading
/// direction of what follows, with which a text can be made to look like another (CVE-2021-42574).
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Draws nothing: white space, and the characters of no width that pass for a name.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{00AD}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), ApplyError>) -> &'static str {
        result.map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn names() {
        for (text, expected) in [
            ("Buy milk", "ok"),
            ("日本語", "ok"),
            ("👩‍👩‍👧", "ok"),
            ("", "blank"),
            ("   ", "blank"),
            ("\u{00A0}\u{200B}\u{FEFF}", "blank"),
            ("two\nlines", "control_character"),
            ("a\u{0}b", "control_character"),
            ("\u{202E}evil", "control_character"),
            ("0123456789", "ok"),
            ("0123456789a", "too_long"),
            ("äöüäöüäöüä", "ok"),
        ] {
            assert_eq!(code(check_line(Field::ListName, text, 10)), expected, "{text:?}");
        }
    }

    #[test]
    fn descriptions_keep_their_lines_and_may_be_empty() {
        assert_eq!(code(check_text(Field::CardDescription, "", 10)), "ok");
        assert_eq!(code(check_text(Field::CardDescription, "a\n\tb", 10)), "ok");
        assert_eq!(code(check_text(Field::CardDescription, "a\u{1B}b", 10)), "control_character");
        assert_eq!(code(check_body(Field::CommentBody, "\n\n", 10)), "blank");
    }
}
