//! The two ways in which Phoenix writes messages.

use std::fmt;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::{DecodeError, EncodeError};
use crate::message::{Frame, Message, Payload, Reply, ServerMessage, Status};
use crate::reference::Ref;
use crate::{binary, event, json, v1, v2};

/// A version of the protocol, which the client picks by the parameter `vsn` of the socket's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Vsn {
    /// Objects; no binary frames.
    V1,
    /// Arrays, and binary frames.
    #[default]
    V2,
}

/// A version that is neither `1.0.x` nor `2.0.x`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unsupported vsn: expected 1.0.0 or 2.0.0")]
pub struct UnsupportedVsn;

impl Vsn {
    /// Reads the parameter `vsn`: `1.0.0` or `2.0.0`, or with another number in the last place, as Phoenix does. A
    /// client that gives none means [`V1`](Self::V1).
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, UnsupportedVsn> {
        let (vsn, patch) = match (text.strip_prefix("1.0."), text.strip_prefix("2.0.")) {
            (Some(patch), _) => (Self::V1, patch),
            (None, Some(patch)) => (Self::V2, patch),
            (None, None) => return Err(UnsupportedVsn),
        };
        let is_number = !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = patch.len() > 1 && patch.starts_with('0');
        if is_number && !is_padded { Ok(vsn) } else { Err(UnsupportedVsn) }
    }

    /// Reads a text frame from a client.
    ///
    /// # Errors
    /// When it is no message. Phoenix closes the socket then, except for [`DecodeError::TopicNotAString`].
    pub fn decode_text(self, text: &str) -> Result<Message, DecodeError> {
        json::check_values(text)?;
        match self {
            Self::V1 => v1::decode(text),
            Self::V2 => v2::decode(text),
        }
    }

    /// Reads a binary frame from a client. Refs are strings there, and an empty one is null.
    ///
    /// # Errors
    /// When it is no message.
    pub fn decode_binary(self, bytes: &Bytes) -> Result<Message, DecodeError> {
        match self {
            Self::V1 => Err(DecodeError::BinaryInV1),
            Self::V2 => binary::decode_push(bytes),
        }
    }

    /// Reads a text frame from a server.
    ///
    /// # Errors
    /// When it is no message.
    pub fn decode_server_text(self, text: &str) -> Result<ServerMessage, DecodeError> {
        let message = self.decode_text(text)?;
        if message.event != event::PHX_REPLY {
            return Ok(ServerMessage::Message(message));
        }
        let (status, response) = json::read_reply(&message.payload)?;
        Ok(ServerMessage::Reply(Reply {
            join_ref: message.join_ref,
            ref_: message.ref_,
            topic: message.topic,
            status,
            response,
        }))
    }

    /// Reads a binary frame from a server. Refs are strings there, and an empty one is null.
    ///
    /// # Errors
    /// When it is no message.
    pub fn decode_server_binary(self, bytes: &Bytes) -> Result<ServerMessage, DecodeError> {
        match self {
            Self::V1 => Err(DecodeError::BinaryInV1),
            Self::V2 => binary::decode_from_server(bytes),
        }
    }

    /// Writes a message from a client to the server.
    ///
    /// # Errors
    /// Only for a binary payload.
    pub fn encode_push(self, message: &Message) -> Result<Frame, EncodeError> {
        match &message.payload {
            Payload::Json(payload) => Ok(Frame::Text(match self {
                Self::V1 => v1::encode_push(message, payload),
                Self::V2 => v2::encode(&message.join_ref, &message.ref_, &message.topic, &message.event, payload),
            })),
            Payload::Binary(data) => self.binary(|| binary::encode_push(message, data)),
        }
    }

    /// Writes the answer to a message.
    ///
    /// # Errors
    /// Only for a binary payload.
    pub fn encode_reply(self, reply: &Reply) -> Result<Frame, EncodeError> {
        match &reply.response {
            Payload::Json(response) => {
                let payload = json::reply(&reply.status, response);
                Ok(self.server_text(&reply.join_ref, &reply.ref_, &reply.topic, event::PHX_REPLY, &payload))
            }
            Payload::Binary(data) => self.binary(|| binary::encode_reply(reply, data)),
        }
    }

    /// Writes a message from the server to one client: an event, or the end of a channel, whose ref is the `join_ref`.
    ///
    /// # Errors
    /// Only for a binary payload.
    pub fn encode_server_push(self, message: &Message) -> Result<Frame, EncodeError> {
        match &message.payload {
            Payload::Json(payload) => {
                Ok(self.server_text(&message.join_ref, &message.ref_, &message.topic, &message.event, payload))
            }
            Payload::Binary(data) => self.binary(|| binary::encode_server_push(message, data)),
        }
    }

    /// Writes a message from the server to everyone in a topic: the frame is the same for all clients of this version,
    /// so it is written once for all of them.
    ///
    /// # Errors
    /// Only for a binary payload.
    pub fn encode_broadcast(self, topic: &str, event: &str, payload: &Payload) -> Result<Frame, EncodeError> {
        match payload {
            Payload::Json(payload) => Ok(self.server_text(&Ref::NULL, &Ref::NULL, topic, event, payload)),
            Payload::Binary(data) => self.binary(|| binary::encode_broadcast(topic, event, data)),
        }
    }

    /// Writes the answer to a message on a topic that does not exist or was not joined: its `join_ref` is null. The
    /// topic may be any JSON value, as it came.
    #[must_use]
    pub fn encode_unmatched(self, ref_: &Ref, topic: &Ref) -> Frame {
        let response =
            RawValue::from_string(r#"{"reason":"unmatched topic"}"#.to_owned()).expect("this object is JSON");
        let payload = json::reply(&Status::Error, &response);
        self.server_text(&Ref::NULL, ref_, topic, event::PHX_REPLY, &payload)
    }

    fn server_text(
        self,
        join_ref: &Ref,
        ref_: &Ref,
        topic: &(impl serde::Serialize + ?Sized),
        event: &str,
        payload: &RawValue,
    ) -> Frame {
        Frame::Text(match self {
            Self::V1 => v1::encode_server(ref_, topic, event, payload),
            Self::V2 => v2::encode(join_ref, ref_, topic, event, payload),
        })
    }

    fn binary(self, encode: impl FnOnce() -> Result<Bytes, EncodeError>) -> Result<Frame, EncodeError> {
        match self {
            Self::V1 => Err(EncodeError::BinaryInV1),
            Self::V2 => encode().map(Frame::Binary),
        }
    }
}

/// The version as a client gives it: `1.0.0` or `2.0.0`.
impl fmt::Display for Vsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.0.0",
            Self::V2 => "2.0.0",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [("1.0.0", Vsn::V1), ("1.0.7", Vsn::V1), ("2.0.0", Vsn::V2), ("2.0.10", Vsn::V2)] {
            assert_eq!(Vsn::parse(text), Ok(expected));
        }
        for text in [
            "",
            "abc",
            "3.0.0",
            "2",
            "2.0",
            "2.",
            "2.0.",
            "2.1.0",
            "1.1.0",
            "2.0.00",
            "2.0.01",
            "2.0.0.0",
            "2.0.0-rc.1",
            "2.0.x",
            "20.0.0",
            "2.0.0 ",
            " 2.0.0",
            "0.9.0",
        ] {
            assert_eq!(Vsn::parse(text), Err(UnsupportedVsn), "{text}");
        }
        for vsn in [Vsn::V1, Vsn::V2] {
            assert_eq!(Vsn::parse(&vsn.to_string()), Ok(vsn));
        }
    }
}
