//! Version 2, its text frames: arrays `[join_ref, ref, topic, event, payload]`.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::error::DecodeError;
use crate::json::{Parts, not_a_message};
use crate::message::Message;
use crate::reference::Ref;

pub(crate) fn decode(text: &str) -> Result<Message, DecodeError> {
    let Array(parts) = serde_json::from_str(text).map_err(|error| not_a_message(&error))?;
    parts.into_message()
}

pub(crate) fn encode(
    join_ref: &Ref,
    ref_: &Ref,
    topic: &(impl Serialize + ?Sized),
    event: &str,
    payload: &RawValue,
) -> String {
    serde_json::to_string(&(join_ref, ref_, topic, event, payload)).expect("strings and JSON can be written as JSON")
}

/// An array of five elements or more; those after the fifth are passed over.
struct Array<'a>(Parts<'a>);

impl<'de> Deserialize<'de> for Array<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArrayVisitor;

        impl<'de> Visitor<'de> for ArrayVisitor {
            type Value = Array<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array [join_ref, ref, topic, event, payload]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut n_read = 0;
                let mut next = || {
                    let element = seq.next_element::<&'de RawValue>()?;
                    let element = element.ok_or_else(|| A::Error::invalid_length(n_read, &self))?;
                    n_read += 1;
                    Ok(Some(element))
                };
                let (join_ref, ref_, topic, event, payload) = (next()?, next()?, next()?, next()?, next()?);
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Array(Parts { join_ref, ref_, topic, event, payload }))
            }
        }

        deserializer.deserialize_seq(ArrayVisitor)
    }
}
