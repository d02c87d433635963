//! What a socket has to write, as the version of the protocol that its client speaks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::SinkExt;
use roost_protocol::{Frame, Message, Reply, Vsn};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as WebSocketFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message as WebSocketMessage};

use crate::pubsub::{Broadcast, websocket_message};

/// Longer messages are written in fragments of this length, in bytes. The WebSocket library copies every frame into a
/// buffer that stays as large as its largest content: whole boards in it would cost every idle socket that much.
const FRAGMENT_MAX: usize = 16 * 1024;

/// Nothing is worked on for a socket that has this many bytes to write already.
const FULL: usize = 256 * 1024;

/// Room for how many messages an empty queue keeps.
const QUEUE_KEPT: usize = 16;

/// What a socket has to write.
pub(crate) struct Outgoing {
    vsn: Vsn,
    queue: VecDeque<WebSocketMessage>,
    n_bytes: usize,
    /// What is left of a message whose beginning was written.
    rest: Option<Bytes>,
    n_written: u64,
}

impl Outgoing {
    pub(crate) const fn new(vsn: Vsn) -> Self {
        Self { vsn, queue: VecDeque::new(), n_bytes: 0, rest: None, n_written: 0 }
    }

    /// Answers a message.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        let frame = self.vsn.encode_reply(reply);
        self.add_frame(frame.expect("a JSON payload can be written in both versions"));
    }

    /// Tells the client something.
    pub(crate) fn push(&mut self, message: &Message) {
        let frame = self.vsn.encode_server_push(message);
        self.add_frame(frame.expect("a JSON payload can be written in both versions"));
    }

    /// Tells the client what everyone is told.
    pub(crate) fn broadcast(&mut self, broadcast: &Arc<Broadcast>) {
        self.add(broadcast.message(self.vsn));
    }

    /// Adds a frame that was written already.
    pub(super) fn add_frame(&mut self, frame: Frame) {
        self.add(websocket_message(frame));
    }

    fn add(&mut self, message: WebSocketMessage) {
        self.n_bytes += message.len();
        self.queue.push_back(message);
    }

    pub(super) const fn vsn(&self) -> Vsn {
        self.vsn
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.rest.is_none()
    }

    /// Whether there is so much to write that nothing should be added.
    pub(super) const fn is_full(&self) -> bool {
        self.n_bytes >= FULL
    }

    /// How many frames the client has taken so far.
    pub(super) const fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Hands everything to the WebSocket, which gathers it until it is flushed. Pending while the client does not take
    /// what was written before.
    pub(super) fn poll_write<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        websocket: &mut WebSocketStream<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        while !self.is_empty() {
            ready!(websocket.poll_ready_unpin(cx))?;
            if let Some(message) = self.next_frame() {
                websocket.start_send_unpin(message)?;
                self.n_written += 1;
            }
        }
        self.queue.shrink_to(QUEUE_KEPT);
        Poll::Ready(Ok(()))
    }

    /// Takes what is to be written.
    #[cfg(test)]
    pub(crate) fn texts(&mut self) -> Vec<String> {
        self.queue.drain(..).map(|message| message.into_text().unwrap().to_string()).collect()
    }

    fn next_frame(&mut self) -> Option<WebSocketMessage> {
        if let Some(rest) = self.rest.take() {
            return Some(self.fragment(rest, Data::Continue));
        }
        let message = self.queue.pop_front()?;
        self.n_bytes -= message.len();
        if message.len() <= FRAGMENT_MAX {
            return Some(message);
        }
        let kind = if message.is_text() { Data::Text } else { Data::Binary };
        Some(self.fragment(message.into_data(), kind))
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
    use super::*;

    fn frames(outgoing: &mut Outgoing) -> Vec<(OpCode, bool, usize)> {
        std::iter::from_fn(|| outgoing.next_frame())
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
            frames(&mut outgoing),
            [
                (text, true, FRAGMENT_MAX),
                (text, false, FRAGMENT_MAX),
                (more, true, 1),
                (text, false, FRAGMENT_MAX),
                (more, true, FRAGMENT_MAX),
            ]
        );
        assert!(outgoing.is_empty());
        assert_eq!(outgoing.n_bytes, 0);
    }
}
