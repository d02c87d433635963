//! The body of an answer with messages.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::keeper::Loan;
use super::sent::Batch;
use crate::socket::Written;

/// How much of it is handed to the connection at a time, in bytes. A connection that takes nothing is so noticed before
/// the end.
const PIECE: usize = 16 * 1024;

/// The body of an answer with messages, which gives them back when it is cut off.
pub(super) struct MessagesBody {
    rest: Bytes,
    loan: Option<Loan>,
}

impl MessagesBody {
    pub(super) fn new(json: Vec<u8>, loan: Option<Loan>) -> Self {
        Self { rest: json.into(), loan }
    }
}

impl Body for MessagesBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        if self.rest.is_empty()
            && let Some(loan) = self.loan.take()
        {
            loan.repay();
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// An answer with messages, its keys in alphabetical order, as Phoenix writes them.
pub(super) fn json(batch: &Batch, is_acknowledged: bool, token: &str) -> Vec<u8> {
    let length: usize = batch.messages.iter().map(Written::len).sum();
    // Quotation marks become two bytes; there are many of them.
    let mut json = Vec::with_capacity(length + length / 4 + 128);
    json.extend_from_slice(b"{");
    if is_acknowledged {
        write!(json, r#""ack":{},"#, batch.first).expect("there is memory");
    }
    json.extend_from_slice(br#""messages":["#);
    for (index, message) in batch.messages.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        let bytes = message.clone().into_bytes();
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) if message.is_text() => Cow::Borrowed(text),
            // As in the other direction. Phoenix writes the bytes as they are, which cannot be done with all of them.
            _ => Cow::Owned(BASE64_STANDARD.encode(&bytes)),
        };
        serde_json::to_writer(&mut json, &text).expect("a string can be written as JSON");
    }
    write!(json, r#"],"status":200,"token":"{token}"}}"#).expect("there is memory");
    json
}

#[cfg(test)]
mod tests {
    use roost_protocol::Frame;

    use super::*;

    #[test]
    fn messages_as_json() {
        let messages = vec![
            Frame::Text("[null,\"1\",\"ü\u{1}\\\"]".to_owned()).into(),
            Frame::Binary(Bytes::from_static(&[0, 255])).into(),
        ];
        let batch = Batch { first: 7, messages };
        let text = |is_acknowledged| String::from_utf8(json(&batch, is_acknowledged, "T")).unwrap();
        let rest = r#""messages":["[null,\"1\",\"ü\u0001\\\"]","AP8="],"status":200,"token":"T"}"#;
        assert_eq!(text(false), format!("{{{rest}"));
        assert_eq!(text(true), format!(r#"{{"ack":7,{rest}"#));
    }
}
