//! What can be wrong with a frame or a payload.

use crate::reference::Ref;

/// Why a frame could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text is not JSON, or JSON of another shape than a message has.
    #[error("not a message: {0}")]
    NotAMessage(String),
    /// Everything is right except that the topic is no string. Phoenix answers this as it answers a topic that nobody
    /// joined, and so does [`Vsn::encode_unmatched`](crate::Vsn::encode_unmatched).
    #[error("the topic is not a string but {topic}")]
    TopicNotAString {
        /// The ref to echo.
        ref_: Ref,
        /// The topic to echo.
        topic: Ref,
    },
    /// A string has half of a surrogate pair (`\ud800`), which is no character.
    #[error("a string contains half of a surrogate pair")]
    LoneSurrogate,
    /// A number is beyond the range of a double (1e400).
    #[error("a number is out of range")]
    NumberOutOfRange,
    /// A binary frame ends before the lengths in its header say.
    #[error("the binary frame is shorter than its header says")]
    TooShort,
    /// A binary frame begins with a kind that does not exist in this direction.
    #[error("a binary frame of unknown kind {0}")]
    UnknownKind(u8),
    /// A ref, topic, event or status in a binary frame is not UTF-8.
    #[error("the header of the binary frame is not UTF-8")]
    NotUtf8,
    /// Version 1 has no binary frames.
    #[error("binary frames need version 2 of the protocol")]
    BinaryInV1,
}

impl DecodeError {
    /// What is wrong in a few words, without anything of the frame itself: short enough for the reason of a close frame
    /// (123 bytes at most).
    #[must_use]
    pub const fn close_reason(&self) -> &'static str {
        match self {
            Self::NotAMessage(_) => "not a message",
            Self::TopicNotAString { .. } => "the topic is not a string",
            Self::LoneSurrogate => "a string contains half of a surrogate pair",
            Self::NumberOutOfRange => "a number is out of range",
            Self::TooShort => "binary frame too short",
            Self::UnknownKind(_) => "binary frame of unknown kind",
            Self::NotUtf8 => "the header of the binary frame is not UTF-8",
            Self::BinaryInV1 => "binary frames need vsn 2.0.0",
        }
    }
}

/// Why a message cannot be written.
///
/// JSON payloads can always be written; only binary ones are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Version 1 has no binary frames.
    #[error("binary payloads need version 2 of the protocol")]
    BinaryInV1,
    /// A part of a binary frame's header is longer than the 255 bytes that its length field can say.
    #[error("the {part} of a binary frame can have 255 bytes at most, not {length}")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// How many bytes it has.
        length: usize,
    },
}

/// Why a payload is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is binary where JSON was expected.
    #[error("the payload is binary where JSON is expected")]
    Binary,
    /// It is JSON of another shape.
    #[error("{0}")]
    Json(String),
}

impl From<serde_json::Error> for PayloadError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(without_position(&error))
    }
}

/// With the path to what was wrong, such as `change`, where that is not the payload as a whole.
impl From<serde_path_to_error::Error<serde_json::Error>> for PayloadError {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let problem = without_position(error.inner());
        let is_in_a_part = error.inner().is_data() && error.path().iter().next().is_some();
        Self::Json(if is_in_a_part { format!("{}: {problem}", error.path()) } else { problem })
    }
}

/// The error without "at line 1 column 7", which means nothing to those who did not write the text by hand.
pub(crate) fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
