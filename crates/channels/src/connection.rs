//! One connection, from the handshake to its end.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink as _, StreamExt as _};
use roost_protocol::{Frame, ServerMessage};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message as WsMessage, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use tokio_util::sync::CancellationToken;

use crate::backlog::Backlog;
use crate::config::SocketConfig;
use crate::dial::dial;
use crate::heard::{Counted, Heard};
use crate::heartbeat::{Beat, Heartbeat};
use crate::task::{Command, Desk};
use crate::topics::Topics;
use crate::tries::{Refused, Tries};

type Stream = WebSocketStream<MaybeTlsStream<Counted<TcpStream>>>;

/// A connection that is open.
pub(crate) struct Line {
    stream: Stream,
    heard: Heard,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The server wants no connection from us: trying again is of no use.
    #[error("refused with HTTP status {status}")]
    Refused { status: u16 },
    #[error("answered with HTTP status {0}")]
    Status(u16),
    #[error("it took too long")]
    Timeout,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    WebSocket(Box<WsError>),
}

/// How a connection ended.
pub(crate) enum End {
    /// The socket was shut down.
    Stopped,
    /// The server has closed it; the text is for logs.
    Closed(String),
    /// By itself; the text is for logs.
    Lost(String),
    /// There was reason to think it dead, and this is what became of trying anew.
    Replaced(Box<Result<Line, Refused>>),
}

/// Connects; within [`SocketConfig::connect_timeout`], or fails.
pub(crate) async fn connect(config: Arc<SocketConfig>) -> Result<Line, ConnectError> {
    match tokio::time::timeout(config.connect_timeout, open(&config)).await {
        Ok(opened) => opened,
        Err(_) => Err(ConnectError::Timeout),
    }
}

async fn open(config: &SocketConfig) -> Result<Line, ConnectError> {
    let request = request(config).map_err(|error| ConnectError::WebSocket(Box::new(error)))?;
    let (stream, heard) = Counted::new(dial(&config.endpoint(), config.proxy.as_ref()).await?);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(config.max_message_size))
        .max_frame_size(Some(config.max_message_size));
    let connector = config.tls.clone().map_or(Connector::Plain, Connector::Rustls);
    match client_async_tls_with_config(request, stream, Some(limits), Some(connector)).await {
        Ok((stream, _)) => Ok(Line { stream, heard }),
        Err(WsError::Http(response)) => Err(match response.status().as_u16() {
            status @ 403 => ConnectError::Refused { status },
            status => ConnectError::Status(status),
        }),
        Err(error) => Err(ConnectError::WebSocket(Box::new(error))),
    }
}

fn request(config: &SocketConfig) -> Result<Request, WsError> {
    let mut request = config.endpoint().as_str().into_client_request()?;
    if let Some(token) = &config.auth_token {
        let protocols = format!("phoenix, base64url.bearer.phx.{}", BASE64_URL_SAFE_NO_PAD.encode(token));
        let mut value = HeaderValue::try_from(protocols).expect("base64 is made of characters that headers may have");
        value.set_sensitive(true);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    Ok(request)
}

/// Serves a connection until it ends, another one has taken its place, or `stop` is cancelled.
pub(crate) async fn serve(
    line: Line,
    config: &SocketConfig,
    desk: &mut Desk,
    tries: &mut Tries<Line>,
    stop: &CancellationToken,
) -> End {
    let Line { stream, heard } = line;
    let (sink, mut reader) = stream.split();
    let mut writer = Writer { sink, is_dirty: false };
    let now = Instant::now();
    let mut served = Served { config, desk, tries, heard, n_unread: 0, heartbeat: Heartbeat::new(config, now) };
    served.look();
    served.desk.topics.connected(now);
    let end = loop {
        served.look();
        let due = served.due();
        let full = served.desk.topics.full();
        let has_work = writer.is_dirty || !served.desk.topics.outgoing.is_empty();
        let Served { desk: Desk { commands, topics }, tries, .. } = &mut served;
        let end = tokio::select! {
            () = stop.cancelled() => Some(End::Stopped),
            message = reader.next(), if full.is_none() => served.received(message),
            () = has_room(full.as_ref(), config.max_waiting) => None,
            Some(command) = commands.recv() => served.asked(command),
            result = poll_fn(|cx| writer.poll_write(topics, cx)), if has_work => {
                result.err().map(|error| End::Lost(error.to_string()))
            }
            outcome = tries.step(|_| {}) => served.tried(outcome),
            () = tokio::time::sleep_until(due) => served.on_time(),
        };
        if let Some(end) = end {
            break end;
        }
    };
    if matches!(end, End::Stopped | End::Closed(_)) {
        let closing = close(&mut writer, &mut reader, &mut desk.topics, matches!(end, End::Stopped));
        if tokio::time::timeout(config.close_timeout, closing).await.is_err() {
            tracing::debug!("the server takes too long to close the connection; it is cut");
        }
    }
    end
}

/// Waits until a backlog has room again; for ever if there is none.
async fn has_room(full: Option<&Backlog>, max: usize) {
    match full {
        Some(backlog) => backlog.has_room(max).await,
        None => std::future::pending().await,
    }
}

/// A connection that is served. What happens to it answers its end, if it is that.
struct Served<'a> {
    config: &'a SocketConfig,
    desk: &'a mut Desk,
    /// Another connection that is tried beside this one, as long as it is in doubt.
    tries: &'a mut Tries<Line>,
    heard: Heard,
    /// How often it was not read at all, since too much waits here: that is no silence of the server's.
    n_unread: u64,
    heartbeat: Heartbeat,
}

impl Served<'_> {
    /// Takes note of how it stands.
    fn look(&mut self) {
        self.n_unread += u64::from(self.desk.topics.full().is_some());
        self.desk.topics.n_heard = self.heard.n_bytes() + self.n_unread;
        if !self.heartbeat.is_doubtful() {
            self.tries.stop();
        }
    }

    /// When [`on_time`](Self::on_time) is to be called.
    fn due(&self) -> Instant {
        let due = self.heartbeat.due();
        self.desk.topics.due().map_or(due, |topics| topics.min(due))
    }

    fn received(&mut self, message: Option<Result<WsMessage, WsError>>) -> Option<End> {
        let decoded = match message {
            Some(Ok(WsMessage::Close(frame))) => return Some(End::Closed(close_reason(frame))),
            Some(Ok(WsMessage::Text(text))) => self.config.vsn.decode_server_text(&text),
            Some(Ok(WsMessage::Binary(bytes))) => self.config.vsn.decode_server_binary(&bytes),
            // Pings are answered by the library.
            Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_))) => return None,
            Some(Err(error)) => return Some(End::Lost(error.to_string())),
            None => return Some(End::Lost("the server has ended the connection".to_owned())),
        };
        match decoded {
            Ok(decoded) => {
                if let ServerMessage::Reply(reply) = &decoded {
                    self.heartbeat.answered(reply);
                }
                self.desk.topics.receive(decoded, Instant::now());
            }
            Err(error) => tracing::warn!(%error, "passed over a frame that is no message"),
        }
        None
    }

    fn asked(&mut self, command: Command) -> Option<End> {
        if self.desk.carry_out(command) {
            let now = Instant::now();
            self.heartbeat.hurry(now);
            if self.heartbeat.is_doubtful() {
                self.tries.hurry(now);
            }
        }
        None
    }

    fn tried(&self, outcome: Option<Result<Line, Refused>>) -> Option<End> {
        match outcome {
            Some(outcome) => Some(End::Replaced(Box::new(outcome))),
            None if self.tries.are_in_vain(Instant::now()) => {
                Some(End::Lost("it is silent, and a new one does not come about".to_owned()))
            }
            // Until there is another, or no way for one, this one may only be slow.
            None => None,
        }
    }

    fn on_time(&mut self) -> Option<End> {
        let now = Instant::now();
        self.look();
        if self.desk.topics.on_time(now) {
            self.heartbeat.hurry(now);
        }
        match self.heartbeat.on_time(now, self.desk.topics.n_heard) {
            Beat::Nothing => None,
            Beat::Send => {
                self.heartbeat.sent(self.desk.topics.heartbeat(), now);
                None
            }
            Beat::Doubtful => {
                self.tries.hurry(now);
                None
            }
            Beat::Missed => Some(End::Lost("the server does not answer heartbeats".to_owned())),
        }
    }
}

/// Sends what is left, says goodbye when it is this side that ends, and reads until the other side has ended too.
async fn close(writer: &mut Writer, reader: &mut SplitStream<Stream>, topics: &mut Topics, says_goodbye: bool) {
    if says_goodbye {
        let frame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        let goodbye = async {
            poll_fn(|cx| writer.poll_write(topics, cx)).await?;
            writer.start_send(WsMessage::Close(Some(frame)))?;
            poll_fn(|cx| writer.poll_write(topics, cx)).await
        };
        if goodbye.await.is_err() {
            return;
        }
    }
    while let Some(Ok(_)) = reader.next().await {}
}

fn close_reason(frame: Option<CloseFrame>) -> String {
    frame.map_or_else(
        || "the server has closed the connection".to_owned(),
        |frame| format!("the server has closed the connection: {} {}", u16::from(frame.code), frame.reason),
    )
}

/// Sends frames in such a way that nothing is lost when sending is interrupted by something more urgent, such as a
/// frame that arrives while the other side is slow to read.
struct Writer {
    sink: SplitSink<Stream, WsMessage>,
    /// Whether something that was handed to the sink may not be on its way yet.
    is_dirty: bool,
}

impl Writer {
    /// Ready when everything outgoing is on its way.
    fn poll_write(&mut self, topics: &mut Topics, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        loop {
            ready!(Pin::new(&mut self.sink).poll_ready(cx))?;
            let Some(frame) = topics.outgoing.pop_front() else { break };
            self.start_send(match frame {
                Frame::Text(text) => WsMessage::Text(text.into()),
                Frame::Binary(bytes) => WsMessage::Binary(bytes),
            })?;
        }
        ready!(Pin::new(&mut self.sink).poll_flush(cx))?;
        self.is_dirty = false;
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, message: WsMessage) -> Result<(), WsError> {
        self.is_dirty = true;
        Pin::new(&mut self.sink).start_send(message)
    }
}
