//! How a person is drawn: their initials and a colour of their own.

use roost_board::{User, UserId};
use roost_bridge::Presence;
use yew::AttrValue;

/// Somebody, as far as a picture of them needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who; their colour comes from it.
    pub id: UserId,
    /// Their whole name.
    pub name: AttrValue,
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        Self { id: user.id, name: user.full_name().into() }
    }
}

impl From<&Presence> for Person {
    fn from(presence: &Presence) -> Self {
        Self { id: presence.user_id, name: presence.name.clone().into() }
    }
}

impl Person {
    /// The first letters of the first and the last word of the name, or `?` for a name without any.
    #[must_use]
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace();
        let first = words.next();
        let last = words.next_back();
        let letters: String = first.into_iter().chain(last).filter_map(|word| word.chars().next()).collect();
        if letters.is_empty() { "?".to_owned() } else { letters.to_uppercase() }
    }

    /// The declaration of the custom property `--person-hue`, for a `style` attribute. The style sheets make the
    /// colours from it, so that they are readable in every theme.
    #[must_use]
    pub fn style(&self) -> String {
        format!("--person-hue: {}", person_hue(self.id))
    }
}

/// The hues that are told apart at a glance, in degrees. Ember's own is left out: it means "now".
const HUES: [u16; 12] = [255, 155, 310, 200, 15, 85, 280, 130, 345, 225, 100, 178];

/// A person's hue in degrees, the same on every machine.
#[must_use]
pub fn person_hue(id: UserId) -> u16 {
    // The end of a UUID of version 7 is random, its beginning is a time.
    let last = id.as_uuid().as_bytes()[15];
    HUES[usize::from(last) % HUES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_of_all_kinds_of_names() {
        let id = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11".parse().unwrap();
        for (name, expected) in [
            ("Ada Berg", "AB"),
            ("ada", "A"),
            ("Ada Maria von Berg", "AB"),
            ("  ", "?"),
            ("çelik öz", "ÇÖ"),
            ("山田 太郎", "山太"),
        ] {
            assert_eq!(Person { id, name: name.into() }.initials(), expected, "{name}");
        }
    }
}
