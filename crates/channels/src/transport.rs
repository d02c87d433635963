//! What carries the frames of a socket: one [`Line`] after the other, of one kind or the other.

pub(crate) mod longpoll;
pub(crate) mod websocket;

use std::fmt;

use bytes::Bytes;
use futures_util::{Sink, Stream};
use roost_protocol::Frame;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::heard::Heard;

/// What carries the frames of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One connection, on which both sides say something at any time.
    WebSocket,
    /// HTTP requests that the server answers when it has something to say, and others that carry what is said to it:
    /// for networks that let nothing else through.
    LongPoll,
}

impl Transport {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::WebSocket => Self::LongPoll,
            Self::LongPoll => Self::WebSocket,
        }
    }

    /// Its name, as the addresses of Phoenix servers have it, and as an application may write it down.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::LongPoll => "longpoll",
        }
    }
}

/// Its [name](Self::name).
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A frame that the server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// Why a line carries nothing more; the texts are for logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Gone {
    /// The server has closed it.
    #[error("{0}")]
    Closed(String),
    /// By itself.
    #[error("{0}")]
    Lost(String),
}

/// What every transport is: frames come until one of them says why there are no more, and frames go. Closing it says
/// goodbye, as far as the transport knows how; what has been handed over before is sent first.
pub(crate) trait Wire: Stream<Item = Result<Incoming, Gone>> + Sink<Frame, Error = Gone> + Send + Unpin {}

impl<T> Wire for T where T: Stream<Item = Result<Incoming, Gone>> + Sink<Frame, Error = Gone> + Send + Unpin {}

/// A connection that is open.
pub(crate) struct Line {
    pub(crate) transport: Transport,
    pub(crate) wire: Box<dyn Wire>,
    /// What has come on it, whole frames or not.
    pub(crate) heard: Heard,
}
