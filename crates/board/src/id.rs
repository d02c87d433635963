//! Ids: one type for each thing that has one, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is not an id.
///
/// An id is a UUID in its hyphenated form of 36 characters; the nil and the max UUID are refused. Makers of ids
/// use version 7 (RFC 9562), which sorts by time; readers accept every version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID such as 0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11")]
pub struct InvalidId;

fn parse(text: &str) -> Result<Uuid, InvalidId> {
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return Err(InvalidId);
    }
    let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
    if uuid.is_nil() || uuid.is_max() {
        return Err(InvalidId);
    }
    Ok(uuid)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller made.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut buffer = Uuid::encode_buffer();
                serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a UUID in its hyphenated form")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Visitor)
            }
        }
    )*};
}

ids! {
    /// A board's id.
    BoardId
    /// A list's id, unique in its board.
    ListId
    /// A card's id, unique in its board.
    CardId
    /// A comment's id, unique in its card.
    CommentId
    /// A person's id, unique on a server.
    UserId
    /// The id of a proposal, unique in its board: a proposal sent twice is accepted once.
    OpId
}

/// The place of an entry in its board's log: 1, 2, 3, … without gaps; 0 stands before the first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The one that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hyphenated_uuids_and_nothing_else() {
        let text = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11";
        assert_eq!(text.parse::<CardId>().unwrap().to_string(), text);
        assert_eq!(text.to_uppercase().parse::<CardId>().unwrap().to_string(), text);
        for bad in [
            "",
            "1",
            "0190f6a47c1e7b529d3f2f6f2a9c1e11",
            "{0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11}",
            "urn:uuid:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11",
            "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1g",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ] {
            assert_eq!(bad.parse::<CardId>(), Err(InvalidId), "{bad}");
        }
        assert!(serde_json::from_str::<CardId>("7").is_err());
    }
}
