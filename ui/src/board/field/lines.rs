//! What a text amounts to, as lines.

use roost_board::{Field, check_line};

use crate::words::sentence;

/// How many things can be added at once.
const LINES_MAX: usize = 200;

/// The lines that say something, each checked; the first error is a sentence.
pub(super) fn lines(text: &str, field: Field, max: usize) -> Result<Vec<String>, String> {
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.len() > LINES_MAX {
        return Err(format!("That is {} lines; {LINES_MAX} can be added at once.", lines.len()));
    }
    lines.iter().try_for_each(|line| check_line(field, line, max)).map_err(|error| sentence(&error.to_string()))?;
    Ok(lines)
}

/// As [`lines`], for what is one line whatever was pasted into it.
pub(super) fn one_line(text: &str, field: Field, max: usize) -> Result<String, String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    check_line(field, &line, max).map_err(|error| sentence(&error.to_string()))?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_says_something_is_one() {
        let check = |text: &str| lines(text, Field::CardTitle, 20);
        assert_eq!(check("  Milk \n\n\tBread\r\n"), Ok(vec!["Milk".to_owned(), "Bread".to_owned()]));
        assert_eq!(check(" \n "), Ok(vec![]));
        assert_eq!(check(&"x\n".repeat(201)), Err("That is 201 lines; 200 can be added at once.".to_owned()));
        let too_long = check("Milk\n123456789012345678901");
        assert_eq!(too_long, Err("The card's title can have 20 characters at most, not 21.".to_owned()));
    }

    #[test]
    fn a_name_is_one_line_whatever_was_pasted() {
        assert_eq!(one_line(" This\n week ", Field::ListName, 20), Ok("This week".to_owned()));
        assert_eq!(one_line(" \n", Field::ListName, 20), Err("The list's name cannot be blank.".to_owned()));
    }
}
