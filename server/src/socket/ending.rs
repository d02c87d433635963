//! How a socket ends: the close codes, and a goodbye that arrives.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::pubsub::Dismissal;

/// How long a client is given to take what is left, and then to hang up.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The connection broke, so there is nobody to say goodbye to.
    Gone,
    /// The client said goodbye; the WebSocket library answers.
    ClosedByClient,
    /// The client is told this code and this reason.
    Close(CloseCode, &'static str),
}

impl Ending {
    /// The client said nothing for as long as it may.
    pub(super) const SILENT: Self = Self::Close(CloseCode::Normal, "idle");
    /// The token that opened the socket has ended.
    pub(super) const EXPIRED: Self = Self::Close(CloseCode::Normal, "token expired");
    /// The token that opened the socket was revoked.
    pub(super) const SIGNED_OUT: Self = Self::Close(CloseCode::Normal, "signed out");
    /// The client did not keep up.
    pub(super) const TOO_SLOW: Self = Self::Close(CloseCode::Again, "too far behind; join again with since");
    /// The server stops.
    pub(super) const SHUTDOWN: Self = Self::Close(CloseCode::Restart, "server is stopping");

    /// A frame that is no message; the reason is 123 bytes at most.
    pub(super) const fn undecodable(reason: &'static str) -> Self {
        Self::Close(CloseCode::Error, reason)
    }
}

impl From<Dismissal> for Ending {
    fn from(dismissal: Dismissal) -> Self {
        match dismissal {
            Dismissal::SignedOut => Self::SIGNED_OUT,
            Dismissal::TooSlow => Self::TOO_SLOW,
        }
    }
}

impl From<&Error> for Ending {
    fn from(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::Close(CloseCode::Size, "message too long"),
            Error::Utf8(_) => Self::Close(CloseCode::Invalid, "text is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            Error::Protocol(_) => Self::Close(CloseCode::Protocol, "not a WebSocket frame"),
            _ => Self::Gone,
        }
    }
}

/// Says goodbye and hangs up.
///
/// A connection that is closed while unread bytes are left is reset, and a reset can overtake the close frame; so what
/// the client still sends is read, and dropped, until it hangs up too.
pub(super) async fn hang_up<S: AsyncRead + AsyncWrite + Unpin>(mut websocket: WebSocketStream<S>, ending: Ending) {
    let goodbye = async {
        match ending {
            Ending::Gone => return,
            Ending::ClosedByClient => drop(websocket.flush().await),
            Ending::Close(code, reason) => {
                let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
                if websocket.send(Message::Close(Some(frame))).await.is_err() {
                    return;
                }
            }
        }
        let mut connection = websocket.into_inner();
        if connection.shutdown().await.is_err() {
            return;
        }
        let mut unread = vec![0; 4096];
        while connection.read(&mut unread).await.is_ok_and(|n_bytes| n_bytes > 0) {}
    };
    drop(timeout(GOODBYE, goodbye).await);
}
