//! The task that owns a WebSocket.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as WebSocketMessage;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::goodbye::{hang_up, of_error};
use super::writer::Writer;
use crate::config::Limits;
use crate::socket::Ending;
use crate::socket::session::Session;

/// How much is read at once, in bytes. Every open socket has a buffer of this size, and most messages fit.
const READ_BUFFER: usize = 2 * 1024;

/// How much is gathered before it is written, in bytes; a flush ends each turn in any case.
const WRITE_BUFFER: usize = 16 * 1024;

/// How much is gathered at most while the client takes nothing, in bytes. Only its pings can fill it: a pong that does
/// not fit gives way to the next one, and a client that takes none of them and asks for more is cut off.
const WRITE_BUFFER_MAX: usize = 256 * 1024;

/// How a WebSocket is read and written.
pub(super) fn websocket_config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_frame_size(Some(limits.frame_bytes))
        .max_message_size(Some(limits.frame_bytes))
}

/// One open WebSocket.
pub(super) struct Connection<S> {
    websocket: WebSocketStream<S>,
    session: Session,
    writer: Writer,
    clock: Clock,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The server stops: nothing more is read, what was read is answered.
    is_stopping: bool,
}

/// When the socket has to end.
struct Clock {
    timer: Pin<Box<Sleep>>,
    heard: Instant,
    silence: Duration,
    /// When the token ends.
    expires: Instant,
    /// By when the last answers have to be written once the server stops.
    stop_time: Duration,
    stops: Option<Instant>,
    /// The client had not taken everything in the last turn.
    was_behind: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(
        websocket: WebSocketStream<S>,
        session: Session,
        limits: &Limits,
        lifetime: Duration,
        shutdown: WaitForCancellationFutureOwned,
    ) -> Self {
        let clock = Clock::new(limits, lifetime);
        let shutdown = Box::pin(shutdown);
        Self { websocket, session, writer: Writer::default(), clock, shutdown, is_stopping: false }
    }

    /// Serves the socket until it ends.
    pub(super) async fn run(mut self) {
        let ending = poll_fn(|cx| self.poll_turn(cx)).await;
        let Self { websocket, session, .. } = self;
        // Whoever is left hears of it at once rather than when the client has hung up.
        drop(session);
        hang_up(websocket, ending).await;
    }

    /// Does everything that can be done now, then writes it out at once.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if !self.is_stopping && self.shutdown.as_mut().poll(cx).is_ready() {
            self.is_stopping = true;
            self.clock.stop();
        }
        let ending = match self.poll_work(cx) {
            Poll::Ready(ending) => Some(ending),
            Poll::Pending => None,
        };
        if let Poll::Ready(Err(_)) = self.websocket.poll_flush_unpin(cx) {
            return Poll::Ready(Ending::Gone);
        }
        match ending {
            Some(ending) => Poll::Ready(ending),
            None => self.clock.poll(cx),
        }
    }

    /// Reads, works and gathers what is to be written, for as long as the client takes it.
    fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        loop {
            let n_written = self.writer.n_written();
            let written = self.writer.poll_write(self.session.outgoing(), &mut self.websocket, cx);
            self.clock.note_writing(written.is_pending(), self.writer.n_written() > n_written);
            let ending = match written {
                Poll::Ready(Ok(())) => self.session.work(cx),
                Poll::Ready(Err(_)) => Some(Ending::Gone),
                Poll::Pending => match self.session.watch(cx) {
                    None => return Poll::Pending,
                    ending => ending,
                },
            };
            if let Some(ending) = ending {
                return Poll::Ready(ending);
            }
            if !self.session.outgoing().is_empty() {
                continue;
            }
            if self.is_stopping && self.session.n_pending() == 0 {
                return Poll::Ready(Ending::SHUTDOWN);
            }
            match self.poll_read(cx) {
                Poll::Ready(Some(ending)) => return Poll::Ready(ending),
                Poll::Ready(None) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Reads one message, if there is one and if it can be worked on.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ending>> {
        if self.is_stopping || !self.session.accepts() {
            return Poll::Pending;
        }
        let Poll::Ready(read) = self.websocket.poll_next_unpin(cx) else { return Poll::Pending };
        self.clock.hear();
        Poll::Ready(match read {
            None => Some(Ending::Gone),
            Some(Err(error)) => Some(of_error(&error)),
            Some(Ok(WebSocketMessage::Text(text))) => self.session.receive_text(&text),
            Some(Ok(WebSocketMessage::Binary(bytes))) => self.session.receive_binary(&bytes),
            Some(Ok(WebSocketMessage::Close(_))) => Some(Ending::ClosedByClient),
            Some(Ok(WebSocketMessage::Ping(_) | WebSocketMessage::Pong(_) | WebSocketMessage::Frame(_))) => None,
        })
    }
}

impl Clock {
    fn new(limits: &Limits, lifetime: Duration) -> Self {
        let heard = Instant::now();
        let silence = limits.socket_silence;
        let expires = heard + lifetime;
        let timer = Box::pin(tokio::time::sleep_until(expires.min(heard + silence)));
        // Half of the time of the stop as a whole is left for the goodbyes.
        let stop_time = limits.stop_time / 2;
        Self { timer, heard, silence, expires, stop_time, stops: None, was_behind: false }
    }

    fn hear(&mut self) {
        self.heard = Instant::now();
    }

    fn stop(&mut self) {
        let stops = Instant::now() + self.stop_time;
        self.stops = Some(stops);
        self.timer.as_mut().reset(stops);
    }

    /// A client that is behind is not read, but one that takes what is written to it is there.
    fn note_writing(&mut self, is_behind: bool, has_taken: bool) {
        if self.was_behind && has_taken {
            self.hear();
        }
        self.was_behind = is_behind;
    }

    /// Ready when the time is over. The timer is not moved with every message but when it rings.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if self.stops.is_some_and(|stops| stops <= now) {
                return Poll::Ready(Ending::SHUTDOWN);
            }
            if self.expires <= now {
                return Poll::Ready(Ending::EXPIRED);
            }
            let silent_at = self.heard + self.silence;
            if silent_at <= now {
                return Poll::Ready(Ending::SILENT);
            }
            let next = self.stops.unwrap_or_else(|| self.expires.min(silent_at));
            self.timer.as_mut().reset(next);
        }
        Poll::Pending
    }
}
