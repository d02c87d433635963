//! How a WebSocket ends: close codes, and a goodbye that arrives.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::socket::Ending;

/// How long a client is given to take what is left, and then to hang up.
const GOODBYE: Duration = Duration::from_secs(2);

/// What an error of the WebSocket means.
pub(super) const fn of_error(error: &Error) -> Ending {
    match error {
        Error::Capacity(_) => Ending::Close(1009, "message too long"),
        Error::Utf8(_) => Ending::Close(1007, "text is not UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ending::Gone,
        Error::Protocol(_) => Ending::Close(1002, "not a WebSocket frame"),
        _ => Ending::Gone,
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
                let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) };
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
