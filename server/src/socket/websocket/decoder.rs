//! What a client sends over a WebSocket, message by message (RFC 6455, section 5). No IO.

use std::borrow::Cow;

use bytes::Bytes;

use super::frame::{Head, InvalidHead, Kind, mask};
use crate::socket::Ending;

/// Something that a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// A text message.
    Text(Cow<'a, str>),
    /// A binary message.
    Binary(Bytes),
    /// To be answered with a pong with the same bytes.
    Ping(&'a [u8]),
    /// The answer to a ping, or a sign of life.
    Pong,
    /// The goodbye, with its code if there is one.
    Close(Option<u16>),
}

/// How a client breaks the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// Not a frame, or not one that may come now.
    Frame,
    /// Text that is not UTF-8.
    Text,
    /// A message over the limit.
    Length,
}

impl From<Violation> for Ending {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Frame => Self::Close(1002, "not a WebSocket frame"),
            Violation::Text => Self::Close(1007, "text is not UTF-8"),
            Violation::Length => Self::TOO_LONG,
        }
    }
}

impl From<InvalidHead> for Violation {
    fn from(_: InvalidHead) -> Self {
        Self::Frame
    }
}

/// Reads the frames of one client. It keeps nothing but the parts of a message that comes in several frames.
#[derive(Debug)]
pub(super) struct Decoder {
    message_max: usize,
    begun: Option<Box<Begun>>,
}

/// A message that comes in several frames.
#[derive(Debug)]
struct Begun {
    is_text: bool,
    bytes: Vec<u8>,
    /// How much of a text is known to be UTF-8: all but a character whose end is still to come.
    n_checked: usize,
}

impl Decoder {
    /// For messages of so many bytes at most.
    pub(super) const fn new(message_max: usize) -> Self {
        Self { message_max, begun: None }
    }

    /// Reads the frame at the beginning of the input: how many bytes it has, and what it brings, if it is not just a
    /// part of something. `None` while it is not all there.
    ///
    /// # Errors
    /// As soon as it can be told from the frames that are there as a whole and from the head of the next one.
    pub(super) fn next<'a>(&mut self, input: &'a mut [u8]) -> Result<Option<(usize, Option<Event<'a>>)>, Violation> {
        let Some(head) = Head::read(input)? else { return Ok(None) };
        let n_before = match (head.kind, &self.begun) {
            (Kind::Continue, None) | (Kind::Text | Kind::Binary, Some(_)) => return Err(Violation::Frame),
            (Kind::Continue, Some(begun)) => begun.bytes.len(),
            _ => 0,
        };
        let length = usize::try_from(head.length).map_err(|_| Violation::Length)?;
        if length > self.message_max.saturating_sub(n_before) && !head.kind.is_control() {
            return Err(Violation::Length);
        }
        let Some(content) = input.get_mut(head.size..).and_then(|rest| rest.get_mut(..length)) else { return Ok(None) };
        mask(content, head.mask);
        let event = match head.kind {
            Kind::Text if head.is_final => Some(Event::Text(text(content)?.into())),
            Kind::Binary if head.is_final => Some(Event::Binary(Bytes::copy_from_slice(content))),
            Kind::Text | Kind::Binary => {
                let mut begun = Begun { is_text: head.kind == Kind::Text, bytes: Vec::new(), n_checked: 0 };
                begun.add(content)?;
                self.begun = Some(Box::new(begun));
                None
            }
            Kind::Continue => {
                self.begun.as_mut().ok_or(Violation::Frame)?.add(content)?;
                match self.begun.take_if(|_| head.is_final) {
                    Some(begun) => Some(begun.finish()?),
                    None => None,
                }
            }
            Kind::Ping => Some(Event::Ping(content)),
            Kind::Pong => Some(Event::Pong),
            Kind::Close => Some(Event::Close(close_code(content)?)),
        };
        Ok(Some((head.size + length, event)))
    }
}

impl Begun {
    fn add(&mut self, part: &[u8]) -> Result<(), Violation> {
        self.bytes.extend_from_slice(part);
        if self.is_text {
            self.n_checked += match std::str::from_utf8(&self.bytes[self.n_checked..]) {
                Ok(text) => text.len(),
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => return Err(Violation::Text),
            };
        }
        Ok(())
    }

    fn finish(self) -> Result<Event<'static>, Violation> {
        Ok(if self.is_text {
            Event::Text(String::from_utf8(self.bytes).map_err(|_| Violation::Text)?.into())
        } else {
            Event::Binary(self.bytes.into())
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, Violation> {
    std::str::from_utf8(bytes).map_err(|_| Violation::Text)
}

/// The code in a close frame; its reason has to be text.
fn close_code(content: &[u8]) -> Result<Option<u16>, Violation> {
    match content.split_first_chunk() {
        None if content.is_empty() => Ok(None),
        None => Err(Violation::Frame),
        Some((code, reason)) => {
            let code = u16::from_be_bytes(*code);
            text(reason)?;
            // Those that may be sent: sections 7.4.1 and 7.4.2, and what was registered soon after.
            if !matches!(code, 1000..=1003 | 1007..=1013 | 3000..=4999) {
                return Err(Violation::Frame);
            }
            Ok(Some(code))
        }
    }
}

#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzed;
#[cfg(test)]
mod tests;
