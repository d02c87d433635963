//! What both versions share of JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{DecodeError, without_position};
use crate::message::{Payload, Status};
use crate::reference::Ref;

/// The five parts of a message, as they stand in the text.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) join_ref: Option<&'a RawValue>,
    pub(crate) ref_: Option<&'a RawValue>,
    pub(crate) topic: Option<&'a RawValue>,
    pub(crate) event: Option<&'a RawValue>,
    pub(crate) payload: Option<&'a RawValue>,
}

impl Parts<'_> {
    /// # Errors
    /// When a part other than the `join_ref` is missing, or the topic is no string.
    pub(crate) fn into_message(self) -> Result<crate::Message, DecodeError> {
        let missing = |part: &str| DecodeError::NotAMessage(format!("it has no {part}"));
        let topic = self.topic.ok_or_else(|| missing("topic"))?;
        let event = self.event.ok_or_else(|| missing("event"))?;
        let payload = self.payload.ok_or_else(|| missing("payload"))?;
        let ref_ = read_ref(self.ref_.ok_or_else(|| missing("ref"))?)?;
        let join_ref = self.join_ref.map_or(Ok(Ref::NULL), read_ref)?;
        let Some(topic) = read_string(topic)? else {
            return Err(DecodeError::TopicNotAString { ref_, topic: read_ref(topic)? });
        };
        let event = read_string(event)?.unwrap_or_else(|| event.get().to_owned());
        Ok(crate::Message { join_ref, ref_, topic, event, payload: payload.to_owned().into() })
    }
}

pub(crate) fn not_a_message(error: &serde_json::Error) -> DecodeError {
    DecodeError::NotAMessage(without_position(error))
}

fn read_ref(json: &RawValue) -> Result<Ref, DecodeError> {
    Ref::from_json(json).map_err(|error| not_a_message(&error))
}

/// The string that the JSON is, if it is one.
fn read_string(json: &RawValue) -> Result<Option<String>, DecodeError> {
    if !json.get().starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str(json.get()).map(Some).map_err(|error| not_a_message(&error))
}

/// The payload of a reply.
pub(crate) fn reply(status: &Status, response: &RawValue) -> Box<RawValue> {
    #[derive(Serialize)]
    struct Body<'a> {
        response: &'a RawValue,
        status: &'a str,
    }
    to_raw_value(&Body { response, status: status.as_str() }).expect("strings and JSON can be written as JSON")
}

/// Reads the payload of a reply. What else it holds is passed over.
pub(crate) fn read_reply(payload: &Payload) -> Result<(Status, Payload), DecodeError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        response: &'a RawValue,
        #[serde(borrow)]
        status: Cow<'a, str>,
    }
    match payload {
        Payload::Json(json) => {
            let body: Body<'_> = serde_json::from_str(json.get()).map_err(|error| not_a_message(&error))?;
            Ok((Status::from(&*body.status), body.response.to_owned().into()))
        }
        Payload::Binary(_) => Err(DecodeError::NotAMessage("a reply without a status".to_owned())),
    }
}

/// An object of which the first of several equal keys counts, as it does for Phoenix.
pub(crate) struct Object<'a>(pub(crate) Parts<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with topic, event, payload and ref")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut parts = Parts::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let value = map.next_value::<&'de RawValue>()?;
                    let part = match &*key {
                        "join_ref" => &mut parts.join_ref,
                        "ref" => &mut parts.ref_,
                        "topic" => &mut parts.topic,
                        "event" => &mut parts.event,
                        "payload" => &mut parts.payload,
                        _ => continue,
                    };
                    part.get_or_insert(value);
                }
                Ok(Object(parts))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Finds what Phoenix refuses wherever it stands and a raw value lets pass: halves of surrogate pairs, and numbers
/// beyond the range of a double.
///
/// The text need not be JSON; where it is not, reading it says so afterwards.
pub(crate) fn check_values(text: &str) -> Result<(), DecodeError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' => check_string(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => check_number(text, at)?,
            _ => at + 1,
        };
    }
    Ok(())
}

/// Returns where the string ends.
fn check_string(bytes: &[u8], mut at: usize) -> Result<usize, DecodeError> {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\\' => match unit(bytes, at) {
                Some(0xD800..=0xDBFF) => match unit(bytes, at + 6) {
                    Some(0xDC00..=0xDFFF) => at += 12,
                    Some(_) | None => return Err(DecodeError::LoneSurrogate),
                },
                Some(0xDC00..=0xDFFF) => return Err(DecodeError::LoneSurrogate),
                Some(_) => at += 6,
                None => at += 2,
            },
            _ => at += 1,
        }
    }
    Ok(at)
}

/// The UTF-16 unit that `\uXXXX` at this place stands for.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit: u16, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

/// Returns where the number ends. Integers may be of any size.
fn check_number(text: &str, start: usize) -> Result<usize, DecodeError> {
    let rest = &text[start..];
    let length = rest.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = &rest[..length.unwrap_or(rest.len())];
    let is_float = number.contains(['.', 'e', 'E']);
    if is_float && number.parse::<f64>().is_ok_and(f64::is_infinite) {
        return Err(DecodeError::NumberOutOfRange);
    }
    Ok(start + number.len())
}
