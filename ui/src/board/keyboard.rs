//! What the keys mean on a board, and the list of them for people.

use super::place::Way;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// Move the focus.
    Go(Way),
    /// Move what has the focus, at once.
    Carry(Way),
    /// Open the card, or rename the list.
    Open,
    /// Lift what has the focus, or put down what was lifted.
    Lift,
    /// Put back what was lifted.
    Cancel,
    /// Add a card to the list.
    AddCard,
    /// Rename in place.
    Rename,
    /// Archive.
    Archive,
    /// Take back the last change.
    Undo,
    /// Do again what was taken back last.
    Redo,
    /// Show the keys.
    Keys,
}

/// What is held down together with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Held {
    /// Ctrl, or Cmd on a Mac.
    pub(crate) command: bool,
    /// Shift.
    pub(crate) shift: bool,
    /// Alt.
    pub(crate) alt: bool,
}

/// What a key means.
pub(crate) fn stroke(key: &str, held: Held) -> Option<Stroke> {
    let Held { command, shift, alt } = held;
    if alt {
        return None;
    }
    let way = match key {
        "ArrowUp" => Some(Way::Up),
        "ArrowDown" => Some(Way::Down),
        "ArrowLeft" => Some(Way::Left),
        "ArrowRight" => Some(Way::Right),
        "Home" => Some(Way::First),
        "End" => Some(Way::Last),
        _ => None,
    };
    match (way, key, command) {
        (Some(way), _, false) => Some(Stroke::Go(way)),
        (Some(way), _, true) => Some(Stroke::Carry(way)),
        (None, "z", true) => Some(if shift { Stroke::Redo } else { Stroke::Undo }),
        (None, "y", true) => Some(Stroke::Redo),
        (None, _, true) => None,
        (None, "Enter", false) => Some(Stroke::Open),
        (None, " ", false) => Some(Stroke::Lift),
        (None, "Escape", false) => Some(Stroke::Cancel),
        (None, "n", false) => Some(Stroke::AddCard),
        (None, "e" | "F2", false) => Some(Stroke::Rename),
        (None, "c", false) => Some(Stroke::Archive),
        (None, "?", false) => Some(Stroke::Keys),
        (None, _, false) => None,
    }
}

/// A line of the list of keys.
pub(crate) struct Line {
    /// What it does.
    pub(crate) what: &'static str,
    /// The keys; each is one of the ways to ask for it, and itself keys that are pressed together.
    pub(crate) keys: &'static [&'static [&'static str]],
}

const fn line(what: &'static str, keys: &'static [&'static [&'static str]]) -> Line {
    Line { what, keys }
}

/// The keys, in groups.
pub(crate) const KEYS: &[(&str, &[Line])] = &[
    (
        "Look around",
        &[
            line("To the next card or list", &[&["←"], &["↑"], &["↓"], &["→"]]),
            line("To the first or last card", &[&["Home"], &["End"]]),
            line("Open a card", &[&["Enter"]]),
            line("Show these keys", &[&["?"]]),
        ],
    ),
    (
        "Change",
        &[
            line("Add a card to the list", &[&["N"]]),
            line("Rename", &[&["E"], &["F2"]]),
            line("Archive", &[&["C"]]),
            line("Undo", &[&["Ctrl", "Z"]]),
            line("Redo", &[&["Ctrl", "Shift", "Z"], &["Ctrl", "Y"]]),
            line("Save what you write", &[&["Ctrl", "Enter"]]),
        ],
    ),
    (
        "Move a card or a list",
        &[
            line("Move at once", &[&["Ctrl", "arrows"]]),
            line("Lift, and put down", &[&["Space"]]),
            line("Carry what is lifted", &[&["arrows"]]),
            line("Put back", &[&["Esc"]]),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let (plain, shift, command) =
            (Held::default(), Held { shift: true, ..Held::default() }, Held { command: true, ..Held::default() });
        let both = Held { shift: true, ..command };
        for (key, held, expected) in [
            ("ArrowUp", plain, Some(Stroke::Go(Way::Up))),
            ("ArrowUp", command, Some(Stroke::Carry(Way::Up))),
            ("c", plain, Some(Stroke::Archive)),
            ("c", command, None),
            ("?", shift, Some(Stroke::Keys)),
            ("z", plain, None),
            ("z", command, Some(Stroke::Undo)),
            ("z", both, Some(Stroke::Redo)),
            ("y", command, Some(Stroke::Redo)),
            ("a", plain, None),
        ] {
            assert_eq!(stroke(key, held), expected, "{key} {held:?}");
        }
        assert_eq!(stroke("ArrowUp", Held { alt: true, ..plain }), None, "that is the system's");
    }
}
