//! Version 1: objects.
//!
//! The server's keys come in the alphabetical order in which Phoenix writes them and never have a `join_ref`; the
//! client's are in the order of `phoenix.js`.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::DecodeError;
use crate::json::{Object, not_a_message};
use crate::message::Message;
use crate::reference::Ref;

pub(crate) fn decode(text: &str) -> Result<Message, DecodeError> {
    let Object(parts) = serde_json::from_str(text).map_err(|error| not_a_message(&error))?;
    parts.into_message()
}

pub(crate) fn encode_server(ref_: &Ref, topic: &(impl Serialize + ?Sized), event: &str, payload: &RawValue) -> String {
    #[derive(Serialize)]
    struct Written<'a, T: ?Sized> {
        event: &'a str,
        payload: &'a RawValue,
        #[serde(rename = "ref")]
        ref_: &'a Ref,
        topic: &'a T,
    }
    to_string(&Written { event, payload, ref_, topic })
}

pub(crate) fn encode_push(message: &Message, payload: &RawValue) -> String {
    #[derive(Serialize)]
    struct Written<'a> {
        topic: &'a str,
        event: &'a str,
        payload: &'a RawValue,
        #[serde(rename = "ref")]
        ref_: &'a Ref,
        join_ref: &'a Ref,
    }
    let Message { join_ref, ref_, topic, event, payload: _ } = message;
    to_string(&Written { topic, event, payload, ref_, join_ref })
}

fn to_string(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and JSON can be written as JSON")
}
