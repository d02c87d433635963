//! The frames in the body of a POST, taken from it line by line as it arrives.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use roost_protocol::Frame;

/// How many lines a body may have; the official client sends no more.
const LINES_MAX: usize = 100;

/// Why a body cannot be read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadBody {
    /// It holds what is no frame.
    NotAFrame(&'static str),
    /// Too much of it.
    TooLarge(&'static str),
}

/// Splits a body into frames.
pub(super) struct Lines {
    is_list: bool,
    frame_max: usize,
    /// What came and is no whole line yet.
    rest: BytesMut,
    /// How much of it is known to have no end of a line.
    n_searched: usize,
    n_lines: usize,
}

impl Lines {
    /// For a list of frames, or for one frame; none may have more than `frame_max` bytes.
    pub(super) fn new(is_list: bool, frame_max: usize) -> Self {
        Self { is_list, frame_max, rest: BytesMut::new(), n_searched: 0, n_lines: 0 }
    }

    /// Takes the next part of the body. Frames are to be taken out before the next one.
    pub(super) fn add(&mut self, part: &[u8]) {
        self.rest.extend_from_slice(part);
    }

    /// The next frame of which everything is there.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, BadBody> {
        let end = match self.is_list {
            true => self.rest[self.n_searched..].iter().position(|&byte| byte == b'\n'),
            false => None,
        };
        let Some(end) = end else {
            self.n_searched = self.rest.len();
            // In base64 it is longer by a third.
            let longest = if self.is_list { self.frame_max.div_ceil(3) * 4 + 1 } else { self.frame_max };
            return if self.rest.len() > longest { Err(TOO_LONG) } else { Ok(None) };
        };
        let line = self.rest.split_to(self.n_searched + end);
        self.rest.advance(1);
        self.n_searched = 0;
        self.frame(line.freeze()).map(Some)
    }

    /// The last frame, once the body has ended. A list may end with the end of a line.
    pub(super) fn last(&mut self) -> Result<Option<Frame>, BadBody> {
        if self.rest.is_empty() && self.n_lines > 0 {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.rest).freeze();
        self.frame(line).map(Some)
    }

    fn frame(&mut self, mut line: Bytes) -> Result<Frame, BadBody> {
        self.n_lines += 1;
        if self.n_lines > LINES_MAX {
            return Err(BadBody::TooLarge("more than 100 messages"));
        }
        if self.is_list && line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
        // The first are those of version 2 and version 1; both begin as no base64 does.
        let frame = if !self.is_list || line.starts_with(b"[") || line.starts_with(b"{") {
            let text = String::from_utf8(line.into()).map_err(|_| BadBody::NotAFrame("text is not UTF-8"))?;
            Frame::Text(text)
        } else {
            let bytes =
                BASE64_STANDARD.decode(&line).map_err(|_| BadBody::NotAFrame("neither a message nor base64"))?;
            Frame::Binary(bytes.into())
        };
        let length = match &frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
        };
        if length > self.frame_max { Err(TOO_LONG) } else { Ok(frame) }
    }
}

const TOO_LONG: BadBody = BadBody::TooLarge("message too long (frame_bytes)");

#[cfg(test)]
mod tests {
    use super::*;

    fn split(is_list: bool, body: &[u8], part: usize) -> Result<Vec<Frame>, BadBody> {
        let mut lines = Lines::new(is_list, 8);
        let mut frames = Vec::new();
        for part in body.chunks(part) {
            lines.add(part);
            while let Some(frame) = lines.next()? {
                frames.push(frame);
            }
        }
        frames.extend(lines.last()?);
        Ok(frames)
    }

    fn check(is_list: bool, body: &[u8], expected: &Result<Vec<Frame>, BadBody>) {
        for part in [1, 2, 3, body.len().max(1)] {
            assert_eq!(&split(is_list, body, part), expected, "{body:?} in parts of {part}");
        }
    }

    fn text(text: &str) -> Frame {
        Frame::Text(text.to_owned())
    }

    #[test]
    fn lists() {
        let binary = |bytes: &'static [u8]| Frame::Binary(Bytes::from_static(bytes));
        check(true, b"[1]", &Ok(vec![text("[1]")]));
        check(true, b"[1]\n{}\r\nAAEC\n", &Ok(vec![text("[1]"), text("{}"), binary(&[0, 1, 2])]));
        check(true, b"[234567]", &Ok(vec![text("[234567]")]));
        check(true, b"AAAAAAAAAAA=", &Ok(vec![binary(&[0; 8])]));
        check(true, b"[2345678]", &Err(TOO_LONG));
        check(true, b"[234567890123456789\n[1]", &Err(TOO_LONG));
        check(true, b"AAAAAAAAAAAA", &Err(TOO_LONG));
        check(true, b"[1]\n*", &Err(BadBody::NotAFrame("neither a message nor base64")));
        check(true, b"[\xFF]", &Err(BadBody::NotAFrame("text is not UTF-8")));
        // An empty line is an empty binary frame, as in Phoenix; the end of the last line is none.
        check(true, b"", &Ok(vec![binary(&[])]));
        check(true, b"[1]\n\n[2]", &Ok(vec![text("[1]"), binary(&[]), text("[2]")]));
        check(true, &b"[]\n".repeat(100), &Ok(vec![text("[]"); 100]));
        check(true, &b"[]\n".repeat(101), &Err(BadBody::TooLarge("more than 100 messages")));
    }

    #[test]
    fn one_frame() {
        check(false, b"[1,\n2]", &Ok(vec![text("[1,\n2]")]));
        check(false, b"", &Ok(vec![text("")]));
        check(false, b"123456789", &Err(TOO_LONG));
        check(false, b"\xFF", &Err(BadBody::NotAFrame("text is not UTF-8")));
    }
}
