//! Frames that are sent in one request.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use roost_protocol::Frame;

/// The most frames that a server takes in one request.
pub(super) const FRAMES_MAX: usize = 100;
/// From here on a request gets no further frames, in bytes; servers take some millions.
const BYTES_MAX: usize = 256 * 1024;

/// The body of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) body: Bytes,
    pub(super) content_type: &'static str,
    pub(super) n_frames: u64,
}

/// Frames that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<Frame>);

impl Queue {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= FRAMES_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.0.push_back(frame);
    }

    /// Takes as many as go into one request.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        let first = self.0.pop_front()?;
        let Some(mut body) = line(&first) else {
            // What is no list of lines is one text frame as it stands.
            let Frame::Text(text) = first else { unreachable!("binary frames are lines") };
            return Some(Batch { body: text.into(), content_type: "application/json", n_frames: 1 });
        };
        let mut n_frames = 1;
        while n_frames < FRAMES_MAX
            && let Some(next) = self.0.front().and_then(line)
            && body.len() + next.len() < BYTES_MAX
        {
            self.0.pop_front();
            body.push('\n');
            body.push_str(&next);
            n_frames += 1;
        }
        Some(Batch { body: body.into(), content_type: "application/x-ndjson", n_frames: n_frames as u64 })
    }
}

/// A frame as a line among others. A line that does not begin with a bracket is a binary frame for servers: those of
/// version 1, which begin with a brace, cannot be lines.
fn line(frame: &Frame) -> Option<String> {
    match frame {
        // Payloads are as the application wrote them. In JSON ends of lines stand only between other things, where a
        // space is as good.
        Frame::Text(text) if text.starts_with('[') => Some(text.replace(['\n', '\r'], " ")),
        Frame::Text(_) => None,
        Frame::Binary(bytes) => Some(BASE64_STANDARD.encode(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(frames: impl IntoIterator<Item = Frame>) -> Vec<(String, &'static str, u64)> {
        let mut queue = Queue::default();
        frames.into_iter().for_each(|frame| queue.push(frame));
        std::iter::from_fn(|| queue.next_batch())
            .map(|batch| (String::from_utf8(batch.body.to_vec()).unwrap(), batch.content_type, batch.n_frames))
            .collect()
    }

    #[test]
    fn lines_of_both_kinds() {
        let frames =
            [Frame::Text("[1,\n2]".to_owned()), Frame::Binary(vec![0, 255].into()), Frame::Text("[]".to_owned())];
        assert_eq!(batches(frames), [("[1, 2]\nAP8=\n[]".to_owned(), "application/x-ndjson", 3)]);
    }

    #[test]
    fn version_1_goes_one_by_one() {
        let text = |text: &str| Frame::Text(text.to_owned());
        let expected = [("{}".to_owned(), "application/json", 1), ("{\n}".to_owned(), "application/json", 1)];
        assert_eq!(batches([text("{}"), text("{\n}")]), expected);
    }

    #[test]
    fn no_request_is_too_large() {
        let n_frames = |frames: Vec<Frame>| batches(frames).iter().map(|batch| batch.2).collect::<Vec<_>>();
        assert_eq!(n_frames(vec![Frame::Text("[]".to_owned()); 201]), [100, 100, 1]);
        let large = Frame::Text(format!("[{}]", " ".repeat(100 * 1024)));
        assert_eq!(n_frames(vec![large; 5]), [2, 2, 1]);
        let huge = Frame::Text(format!("[{}]", " ".repeat(1024 * 1024)));
        assert_eq!(n_frames(vec![huge; 2]), [1, 1]);
    }
}
