//! Refs: what a client numbers its messages with, echoed in what answers them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A `ref` or a `join_ref`: any JSON value, echoed as it came. Clients send strings of digits, some integers; `null`
/// stands for none.
///
/// Cloning it is cheap. Two refs are equal when they are the same string, or the same JSON text: `"1"` is not `1`.
#[derive(Clone, Default)]
pub struct Ref(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    Null,
    Text(Arc<str>),
    /// Neither null nor a string; numbers keep every digit.
    Other(Arc<RawValue>),
}

impl Ref {
    /// No ref.
    pub const NULL: Self = Self(Kind::Null);

    /// Whether it is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Kind::Null)
    }

    /// The string that it is; `None` for every other JSON value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Kind::Text(text) => Some(text),
            Kind::Null | Kind::Other(_) => None,
        }
    }

    /// The value as a binary frame carries it: `null` as nothing, a string as it is, the rest as JSON.
    pub(crate) fn as_binary(&self) -> &str {
        match &self.0 {
            Kind::Null => "",
            Kind::Text(text) => text,
            Kind::Other(json) => json.get(),
        }
    }

    pub(crate) fn from_json(json: &RawValue) -> Result<Self, serde_json::Error> {
        Ok(match json.get().as_bytes().first() {
            Some(b'n') => Self::NULL,
            Some(b'"') => Self(Kind::Text(serde_json::from_str::<String>(json.get())?.into())),
            _ => Self(Kind::Other(json.to_owned().into())),
        })
    }
}

impl From<&str> for Ref {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.into()))
    }
}

impl From<String> for Ref {
    fn from(text: String) -> Self {
        Self(Kind::Text(text.into()))
    }
}

impl From<u64> for Ref {
    /// The number as the string of digits that Phoenix clients send.
    fn from(number: u64) -> Self {
        Self::from(number.to_string())
    }
}

impl PartialEq for Ref {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Text(one), Kind::Text(other)) => one == other,
            (Kind::Other(one), Kind::Other(other)) => one.get() == other.get(),
            (Kind::Null | Kind::Text(_) | Kind::Other(_), _) => false,
        }
    }
}

impl Eq for Ref {}

/// The JSON that it is.
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Null => f.write_str("null"),
            Kind::Text(text) => f.write_str(&serde_json::to_string(&**text).map_err(|_| fmt::Error)?),
            Kind::Other(json) => f.write_str(json.get()),
        }
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({self})")
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Null => serializer.serialize_unit(),
            Kind::Text(text) => serializer.serialize_str(text),
            Kind::Other(json) => json.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json(&json).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_is_echoed_with_its_type() {
        for json in ["null", r#""1""#, "1", "1.50", "123456789012345678901234567890", "true", r#"{"a": [1]}"#, r#""""#]
        {
            let value: Ref = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(value.to_string(), json);
        }
    }

    #[test]
    fn equality_knows_escapes_and_types() {
        let parse = |json| serde_json::from_str::<Ref>(json).unwrap();
        assert_eq!(parse(r#""\u0031""#), Ref::from("1"));
        assert_ne!(parse("1"), Ref::from("1"));
        assert_ne!(parse(r#""null""#), Ref::NULL);
        assert_eq!(Ref::from(7), Ref::from("7"));
        assert!(Ref::default().is_null());
    }
}
