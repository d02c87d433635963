//! A frame as it goes to clients: encoded once, shared by everyone who gets the same.

use bytes::Bytes;
use roost_protocol::Frame;

/// An encoded frame; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    is_text: bool,
    bytes: Bytes,
}

impl Written {
    /// How many bytes it has.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is a text frame rather than a binary one.
    pub(super) const fn is_text(&self) -> bool {
        self.is_text
    }

    /// What it says.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// Copies nothing.
impl From<Frame> for Written {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Text(text) => Self { is_text: true, bytes: text.into() },
            Frame::Binary(bytes) => Self { is_text: false, bytes },
        }
    }
}

/// What it says, for tests.
#[cfg(test)]
impl Written {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("it was made of text")
    }

    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.bytes.as_ptr()
    }
}
