//! What a frame says, apart from how it is written.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::PayloadError;
use crate::first_keys::FirstKeys;
use crate::reference::Ref;

/// A frame of a WebSocket.
///
/// Both kinds become the messages of the WebSocket libraries without being copied; whoever sends one frame to many
/// converts it once and clones that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Bytes),
}

/// What a message carries: JSON as it was written, or bytes.
///
/// JSON is kept as text: it is parsed by whoever knows its type, and written as often as need be without being
/// serialized again. Nesting may be of any depth here; parsing into a type refuses what is deeper than 128 levels.
#[derive(Clone)]
pub enum Payload {
    /// JSON.
    Json(Arc<RawValue>),
    /// Bytes; only version 2 carries them.
    Binary(Bytes),
}

impl Payload {
    /// The empty object.
    #[must_use]
    pub fn empty() -> Self {
        Self::Json(RawValue::from_string("{}".to_owned()).expect("an empty object is JSON").into())
    }

    /// A value as JSON.
    ///
    /// # Errors
    /// When the value cannot be written as JSON (a map whose keys are not strings); the types of this crate can.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, PayloadError> {
        serde_json::value::to_raw_value(value).map(Self::from).map_err(PayloadError::from)
    }

    /// Reads the JSON as a type. The first of several equal keys counts, as it does for Phoenix.
    ///
    /// # Errors
    /// When it is binary, or not what the type needs; the error says where and what was wrong.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let Self::Json(json) = self else { return Err(PayloadError::Binary) };
        // Nearly all can be read. The place of what cannot is looked for afterwards: keeping track of it takes time.
        if let Ok(value) = serde_json::from_str(json.get()) {
            return Ok(value);
        }
        let mut reader = serde_json::Deserializer::from_str(json.get());
        match serde_path_to_error::deserialize(&mut reader) {
            // The usual reader takes no key twice, and a reader that does is slower: it is asked only then.
            Err(error) if error.inner().to_string().contains("duplicate field") => {
                let FirstKeys(value) = serde_json::from_str(json.get())?;
                serde_path_to_error::deserialize(value).map_err(PayloadError::from)
            }
            outcome => outcome.map_err(PayloadError::from),
        }
    }
}

impl From<Box<RawValue>> for Payload {
    fn from(json: Box<RawValue>) -> Self {
        Self::Json(json.into())
    }
}

impl From<Arc<RawValue>> for Payload {
    fn from(json: Arc<RawValue>) -> Self {
        Self::Json(json)
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// Equal when the JSON text or the bytes are.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(one), Self::Json(other)) => one.get() == other.get(),
            (Self::Binary(one), Self::Binary(other)) => one == other,
            (Self::Json(_) | Self::Binary(_), _) => false,
        }
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json) => write!(f, "Json({})", json.get()),
            Self::Binary(bytes) => write!(f, "Binary({bytes:?})"),
        }
    }
}

/// A message in either direction that is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The ref of the join that the message belongs to; version 1 leaves it out from server to client.
    pub join_ref: Ref,
    /// The message's own ref, which its reply echoes; null when there is no reply to come.
    pub ref_: Ref,
    /// The topic.
    pub topic: String,
    /// The event. What was no string in JSON is its JSON text here, which is the name of no event.
    pub event: String,
    /// What it carries.
    pub payload: Payload,
}

/// How a message was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// `ok`
    Ok,
    /// `error`
    Error,
    /// Another word, which a Phoenix application is free to use; Roost's server does not.
    Other(String),
}

impl Status {
    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word {
            "ok" => Self::Ok,
            "error" => Self::Error,
            word => Self::Other(word.to_owned()),
        }
    }
}

/// The answer to a message, `phx_reply`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The channel's `join_ref`.
    pub join_ref: Ref,
    /// The ref of the message that is answered.
    pub ref_: Ref,
    /// The topic.
    pub topic: String,
    /// How.
    pub status: Status,
    /// With what.
    pub response: Payload,
}

impl Reply {
    /// The answer to a message, with its `join_ref` and its ref.
    #[must_use]
    pub fn to(message: &Message, status: Status, response: Payload) -> Self {
        Self {
            join_ref: message.join_ref.clone(),
            ref_: message.ref_.clone(),
            topic: message.topic.clone(),
            status,
            response,
        }
    }
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerMessage {
    /// The answer to something that it sent.
    Reply(Reply),
    /// A broadcast, a push, or the end of a channel.
    Message(Message),
}
