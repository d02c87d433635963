//! The rules of the house that no compiler checks.
//!
//! Each rule gives the places where it is broken, in the words in which they are shown.

mod imports;
mod texts;

use anyhow::{Result, bail};

use crate::progress::warn;

/// Runs the command.
///
/// # Errors
///
/// A rule is broken, or the repository cannot be read.
pub(crate) fn main() -> Result<()> {
    let broken = broken_rules()?;
    for place in &broken {
        warn(place);
    }
    match broken.len() {
        0 => Ok(()),
        1 => bail!("one place breaks a rule of the house"),
        many => bail!("{many} places break rules of the house"),
    }
}

fn broken_rules() -> Result<Vec<String>> {
    let mut broken = imports::broken()?;
    broken.extend(texts::broken()?);
    Ok(broken)
}
