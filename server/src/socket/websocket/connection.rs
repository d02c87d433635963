//! The task that owns a WebSocket.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::clock::Clock;
use super::decoder::{Decoder, Event};
use super::goodbye::hang_up;
use super::writer::Writer;
use crate::config::Limits;
use crate::limits::Pace;
use crate::socket::Ending;
use crate::socket::opening::{Kept, Opened};
use crate::socket::session::Session;

/// How much is read at once, in bytes.
const READ: usize = 64 * 1024;

thread_local! {
    /// Where reads go. Each thread has one: a socket keeps only what is left of it when a turn is over.
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// One open WebSocket.
pub(super) struct Connection<S> {
    stream: S,
    session: Session,
    pace: Pace,
    decoder: Decoder,
    writer: Writer,
    clock: Clock,
    /// What was read and not decoded: the beginning of a frame, or what is not looked at before something is answered.
    unread: Vec<u8>,
    /// Whether it may begin with a whole frame.
    has_frames: bool,
    /// The code of the client's goodbye.
    said_goodbye: Option<u16>,
    kept: Kept,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// A socket on a connection of which a few bytes may have been read already.
    pub(super) fn new(stream: S, unread: Bytes, opened: Opened, pace: Pace, limits: &Limits) -> Self {
        let Opened { session, lifetime, kept } = opened;
        Self {
            stream,
            session,
            pace,
            decoder: Decoder::new(limits.frame_bytes),
            writer: Writer::default(),
            clock: Clock::new(limits, lifetime),
            has_frames: !unread.is_empty(),
            unread: unread.into(),
            said_goodbye: None,
            kept,
        }
    }

    /// Serves the socket until it ends.
    ///
    /// The future is as small as can be: there is one for every idle socket.
    pub(super) async fn run(mut self: Box<Self>) {
        let ending = poll_fn(|cx| self.poll_turn(cx)).await;
        self.kept.note_end(ending);
        let Self { stream, session, writer, said_goodbye, .. } = *self;
        let goodbye = match ending {
            Ending::Gone => return,
            Ending::ClosedByClient => said_goodbye.map(|code| (code, "")),
            Ending::Close(code, reason) => Some((code, reason)),
        };
        // Whoever is left hears of it at once rather than when the client has hung up.
        let outgoing = session.end();
        Box::pin(hang_up(stream, writer, outgoing, goodbye)).await;
    }

    /// Does everything that can be done now, and writes it out.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if let Poll::Ready(ending) = self.poll_work(cx) {
            return Poll::Ready(ending);
        }
        self.clock.poll(cx)
    }

    /// Works, writes, and reads more, for as long as the client takes what is written.
    fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if self.writer.is_behind() && self.poll_write(cx).is_pending() {
            // What comes meanwhile waits in the mailbox, which has its limits.
            let ending = self.session.watch(cx);
            self.clock.note_stop(self.session.is_stopping());
            return ending.map_or(Poll::Pending, Poll::Ready);
        }
        let mut broken_off = None;
        loop {
            let ending = self.session.work(cx).or(broken_off);
            self.clock.note_stop(self.session.is_stopping());
            let is_full = self.session.outgoing().is_full();
            let written = self.poll_write(cx);
            if let Some(ending) = ending {
                return Poll::Ready(ending);
            }
            if let Some(ending) = ready!(written) {
                return Poll::Ready(ending);
            }
            if is_full {
                continue;
            }
            if self.session.is_stopping() {
                return if self.session.n_pending() == 0 { Poll::Ready(Ending::SHUTDOWN) } else { Poll::Pending };
            }
            // What came before the ending is answered, as far as that is possible at once.
            broken_off = ready!(self.poll_read(cx));
        }
    }

    /// Writes everything; the ending, if the connection is broken.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        let n_written = self.writer.n_written();
        let written = self.writer.poll_write(self.session.outgoing(), &mut self.stream, cx);
        self.clock.note_writing(written.is_pending(), self.writer.n_written() > n_written);
        written.map(|written| written.err().map(|_| Ending::Gone))
    }

    /// Reads once, if there is something to read and if it can be worked on.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        if !self.accepts(cx) {
            return Poll::Pending;
        }
        if self.has_frames {
            return Poll::Ready(self.decode_unread(&[], cx));
        }
        READ_BUFFER.with_borrow_mut(|buffer| {
            let mut read = ReadBuf::new(buffer);
            if ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read)).is_err() || read.filled().is_empty() {
                return Poll::Ready(Some(Ending::Gone));
            }
            self.clock.hear();
            if !self.unread.is_empty() {
                return Poll::Ready(self.decode_unread(read.filled(), cx));
            }
            let read = read.filled_mut();
            let (n_decoded, ending) = self.decode(read, cx);
            self.unread = read[n_decoded..].to_vec();
            Poll::Ready(ending)
        })
    }

    /// Goes on with what was not decoded, and what comes behind it.
    fn decode_unread(&mut self, more: &[u8], cx: &mut Context<'_>) -> Option<Ending> {
        let mut unread = std::mem::take(&mut self.unread);
        unread.extend_from_slice(more);
        let (n_decoded, ending) = self.decode(&mut unread, cx);
        unread.drain(..n_decoded);
        if unread.len() < unread.capacity() / 4 {
            unread.shrink_to(1024);
        }
        if !unread.is_empty() {
            self.unread = unread;
        }
        ending
    }

    /// Whether one more frame of the client can be worked on; if not, the task is woken when it can.
    fn accepts(&mut self, cx: &mut Context<'_>) -> bool {
        !self.session.outgoing().is_full() && self.session.accepts() && self.pace.poll_ready(cx).is_ready()
    }

    /// Hands over what the client sent, as long as it can be worked on; returns how many bytes of it were decoded.
    fn decode(&mut self, input: &mut [u8], cx: &mut Context<'_>) -> (usize, Option<Ending>) {
        let mut n_decoded = 0;
        loop {
            self.has_frames = !self.accepts(cx);
            if self.has_frames {
                return (n_decoded, None);
            }
            let (length, event) = match self.decoder.next(&mut input[n_decoded..]) {
                Ok(Some(frame)) => frame,
                Ok(None) => return (n_decoded, None),
                Err(violation) => return (n_decoded, Some(violation.into())),
            };
            n_decoded += length;
            self.pace.take(length);
            let ending = match event {
                Some(Event::Text(text)) => self.session.receive_text(&text),
                Some(Event::Binary(bytes)) => self.session.receive_binary(&bytes),
                Some(Event::Ping(content)) => {
                    self.writer.pong(content);
                    None
                }
                Some(Event::Close(code)) => {
                    self.said_goodbye = code;
                    Some(Ending::ClosedByClient)
                }
                Some(Event::Pong) | None => None,
            };
            if ending.is_some() {
                return (n_decoded, ending);
            }
        }
    }
}
