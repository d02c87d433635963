//! Frames on their way into a WebSocket.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as WebSocketFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message as WebSocketMessage};

use crate::socket::{Outgoing, Written};

/// Longer messages are written in fragments of this length, in bytes. The WebSocket library copies every frame into a
/// buffer that stays as large as its largest content: whole boards in it would cost every idle socket that much.
const FRAGMENT_MAX: usize = 16 * 1024;

/// Writes frames, long ones piece by piece.
#[derive(Default)]
pub(super) struct Writer {
    /// What is left of a message whose beginning was written.
    rest: Option<Bytes>,
    n_written: u64,
}

impl Writer {
    /// How many frames the client has taken so far.
    pub(super) const fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Hands everything to the WebSocket, which gathers it until it is flushed. Pending while the client does not take
    /// what was written before.
    pub(super) fn poll_write<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        outgoing: &mut Outgoing,
        websocket: &mut WebSocketStream<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            ready!(websocket.poll_ready_unpin(cx))?;
            let Some(message) = self.next_frame(outgoing) else { return Poll::Ready(Ok(())) };
            websocket.start_send_unpin(message)?;
            self.n_written += 1;
        }
    }

    fn next_frame(&mut self, outgoing: &mut Outgoing) -> Option<WebSocketMessage> {
        if let Some(rest) = self.rest.take() {
            return Some(self.fragment(rest, Data::Continue));
        }
        let written: Written = outgoing.pop()?;
        let kind = if written.is_text() { Data::Text } else { Data::Binary };
        Some(self.fragment(written.into_bytes(), kind))
    }

    fn fragment(&mut self, mut bytes: Bytes, kind: Data) -> WebSocketMessage {
        let part = bytes.split_to(bytes.len().min(FRAGMENT_MAX));
        let is_final = bytes.is_empty();
        if !is_final {
            self.rest = Some(bytes);
        }
        WebSocketMessage::Frame(WebSocketFrame::message(part, OpCode::Data(kind), is_final))
    }
}

#[cfg(test)]
mod tests {
    use roost_protocol::{Frame, Vsn};

    use super::*;

    fn frames(writer: &mut Writer, outgoing: &mut Outgoing) -> Vec<(OpCode, bool, usize)> {
        std::iter::from_fn(|| writer.next_frame(outgoing))
            .map(|message| match message {
                WebSocketMessage::Frame(frame) => {
                    (frame.header().opcode, frame.header().is_final, frame.payload().len())
                }
                message => (OpCode::Data(Data::Text), true, message.len()),
            })
            .collect()
    }

    #[test]
    fn long_messages_go_out_in_fragments() {
        let mut outgoing = Outgoing::new(Vsn::V2);
        for length in [FRAGMENT_MAX, FRAGMENT_MAX + 1, 2 * FRAGMENT_MAX] {
            outgoing.add_frame(Frame::Text("x".repeat(length)));
        }
        let (text, more) = (OpCode::Data(Data::Text), OpCode::Data(Data::Continue));
        assert_eq!(
            frames(&mut Writer::default(), &mut outgoing),
            [
                (text, true, FRAGMENT_MAX),
                (text, false, FRAGMENT_MAX),
                (more, true, 1),
                (text, false, FRAGMENT_MAX),
                (more, true, FRAGMENT_MAX),
            ]
        );
        assert!(outgoing.is_empty());
    }
}
