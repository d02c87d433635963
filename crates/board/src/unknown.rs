//! Changes that only a newer version knows, and the JSON of all changes.

use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::change::Change;

/// A change whose type this version of Roost does not know, whole as it was read: written down again, it has the same
/// fields with the same values, though perhaps in another order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChange {
    kind: String,
    /// All of its fields, the type too.
    object: Map<String, Value>,
}

impl UnknownChange {
    /// Its type, such as `card_coloured`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(unknown) => unknown.object.serialize(serializer),
            // The function that is derived, not this one.
            known => Self::serialize(known, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ChangeVisitor)
    }
}

struct ChangeVisitor;

impl<'de> Visitor<'de> for ChangeVisitor {
    type Value = Change;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Change, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = fields.next_entry::<String, Value>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            object.insert(name, value);
        }
        let kind = match object.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(_) => return Err(A::Error::invalid_type(Unexpected::Other("another type"), &"a string as `type`")),
            None => return Err(A::Error::missing_field("type")),
        };
        if is_known(&kind) {
            // The function that is derived, not the one above.
            Change::deserialize(Value::Object(object)).map_err(A::Error::custom)
        } else {
            Ok(Change::Unknown(UnknownChange { kind, object }))
        }
    }
}

/// Whether [`Change`] has this type. Asked of the code that is derived for it, so that there is no second list of types.
fn is_known(kind: &str) -> bool {
    let only_type = MapDeserializer::<_, Refusal>::new(std::iter::once(("type", kind)));
    !matches!(Change::deserialize(only_type), Err(Refusal::UnknownType))
}

/// Why an object with nothing but a type is no change.
#[derive(Debug)]
enum Refusal {
    UnknownType,
    Other,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownType => "a type that is not known",
            Self::Other => "a type that is known, without its fields",
        })
    }
}

impl std::error::Error for Refusal {}

impl Error for Refusal {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownType
    }
}
