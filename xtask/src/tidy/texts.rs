//! What must not be in a file, or a file's name, of the repository.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process::{in_root, root, stdout_of};

/// A text that must not be in a file.
struct Banned {
    text: &'static str,
    /// The end of the names of the files that this is about. Empty: all.
    files: &'static str,
    why: &'static str,
}

const HOST: &str = "addresses of package registries are a matter of each machine's own settings";
const HOME: &str = "a path of one machine's home folder means nothing on another";

// In two pieces each, so that this file passes its own check.
const BANNED: &[Banned] = &[
    Banned { text: concat!("dbg", "!("), files: ".rs", why: "meant for a moment, not for keeping" },
    Banned { text: concat!("todo", "!("), files: ".rs", why: "what is not there yet is not called" },
    Banned { text: concat!("\"resolved\": \"", "http"), files: "package-lock.json", why: HOST },
    Banned { text: concat!("registry.", "npmjs"), files: "", why: HOST },
    Banned { text: concat!("index.", "crates.io"), files: "", why: HOST },
    Banned { text: concat!("static.", "crates.io"), files: "", why: HOST },
    Banned { text: concat!("/ho", "me/"), files: "", why: HOME },
    Banned { text: concat!("/Use", "rs/"), files: "", why: HOME },
    Banned { text: concat!("/ro", "ot/"), files: "", why: HOME },
];

/// Where these rules are broken.
pub(super) fn broken() -> Result<Vec<String>> {
    let listed =
        stdout_of(in_root("git").args(["ls-files", "-z"])).context("the files of the repository are needed")?;
    let mut broken = Vec::new();
    for name in listed.split_terminator('\0') {
        let path = root().join(name);
        // Whoever deletes a file sees the check pass before the deletion is committed; pictures are no text.
        let Ok(bytes) = fs::read(path) else { continue };
        broken.extend(broken_by_name(name));
        if let Ok(text) = str::from_utf8(&bytes) {
            broken.extend(broken_by_text(name, text));
        }
    }
    Ok(broken)
}

fn broken_by_name(name: &str) -> Option<String> {
    let is_mod = Path::new(name).file_name().is_some_and(|file| file == "mod.rs");
    is_mod.then(|| format!("{name}: a module `foo` is `foo.rs`, with its own modules in `foo/`"))
}

fn broken_by_text(name: &str, text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for banned in BANNED.iter().filter(|banned| name.ends_with(banned.files)) {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| starts_somewhere(line, banned.text)) {
            let line = line.trim();
            broken.push(format!("{name}:{}: `{}` in `{line}`: {}", number + 1, banned.text, banned.why));
        }
    }
    broken
}

/// Whether the text is in the line and does not go on from a longer word: `src/home/` is no home folder.
fn starts_somewhere(line: &str, text: &str) -> bool {
    line.match_indices(text)
        .any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, places: usize) {
        assert_eq!(broken_by_text(name, text).len(), places, "{text}");
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        check("README.md", concat!("one\nunpack it to `/ho", "me/ada/roost`"), 1);
        check("README.md", "the folder `ui/home/` holds", 0);
    }

    #[test]
    fn leftovers_are_found_in_code_only() {
        check("src/lib.rs", concat!("    dbg", "!(x);"), 1);
        check("docs/contributing.md", concat!("no `dbg", "!(`"), 0);
    }

    #[test]
    fn a_lock_file_with_addresses_is_found() {
        check("a/package-lock.json", concat!("  \"resolved\": \"", "https://example.org/a.tgz\","), 1);
    }

    #[test]
    fn modules_are_named_after_themselves() {
        assert!(broken_by_name("server/src/store/mod.rs").is_some());
        assert!(broken_by_name("server/src/store.rs").is_none());
    }
}
