//! Connecting: by the transport that comes first, and by the other one where that leads nowhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::error::Error as WsError;

use crate::config::SocketConfig;
use crate::transport::{Gone, Line, Transport, longpoll, websocket};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The server wants no connection from us: trying again is of no use.
    #[error("refused with status {status}")]
    Refused { status: u16 },
    #[error("answered with HTTP status {0}")]
    Status(u16),
    #[error("answered as no long-poll server does: {0}")]
    NotLongPoll(String),
    #[error("it took too long")]
    Timeout,
    /// The machine is not to be reached.
    #[error(transparent)]
    Dial(io::Error),
    #[error(transparent)]
    WebSocket(Box<WsError>),
    /// It was open for a moment.
    #[error("open, and then: {0}")]
    Gone(#[from] Gone),
    #[error(transparent)]
    Http(#[from] longpoll::HttpError),
}

impl ConnectError {
    pub(crate) fn websocket(error: WsError) -> Self {
        Self::WebSocket(Box::new(error))
    }

    /// Whether the machine is there, and the other transport may be what it takes.
    fn may_be_blocked(&self) -> bool {
        match self {
            // Who says that it has too much to do does not want to be asked twice.
            Self::Refused { .. } | Self::Status(429) | Self::Dial(_) | Self::Timeout => false,
            Self::Http(error) => error.is_reached(),
            Self::Status(_) | Self::NotLongPoll(_) | Self::WebSocket(_) | Self::Gone(_) => true,
        }
    }
}

/// Connects by this transport, within [`SocketConfig::connect_timeout`]; where it fails or hangs as if something in
/// between blocked it, by the other one, if that really opens.
pub(crate) async fn connect(config: Arc<SocketConfig>, first: Transport) -> Result<Line, ConnectError> {
    let reached = Notify::new();
    let one = open(&config, first, &reached);
    if !config.fallback {
        return one.await;
    }
    tokio::pin!(one);
    let failure = tokio::select! {
        biased;
        opened = &mut one => match opened {
            Err(error) if error.may_be_blocked() => Some(error),
            opened => return opened,
        },
        () = hangs(&reached, config.fallback_time) => None,
    };
    tracing::debug!(transport = %first, failure = ?failure, "does not open; the other is tried");
    let unheeded = Notify::new();
    let other = open(&config, first.other(), &unheeded);
    if let Some(failure) = failure {
        return other.await.map_err(|error| worse(failure, error));
    }
    tokio::pin!(other);
    tokio::select! {
        biased;
        opened = &mut one => match opened {
            Err(error) if error.may_be_blocked() => other.await.map_err(|other| worse(error, other)),
            opened => opened,
        },
        opened = &mut other => match opened {
            Err(error) if !matches!(error, ConnectError::Refused { .. }) => one.await,
            opened => opened,
        },
    }
}

/// Connects by this transport and no other.
pub(crate) async fn open(config: &Arc<SocketConfig>, by: Transport, reached: &Notify) -> Result<Line, ConnectError> {
    let opening = async {
        match by {
            Transport::WebSocket => websocket::open(config, reached).await,
            Transport::LongPoll => longpoll::open(config, reached).await,
        }
    };
    match tokio::time::timeout(config.connect_timeout, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(ConnectError::Timeout),
    }
}

/// Until the machine has been there for this long.
async fn hangs(reached: &Notify, time: Duration) {
    reached.notified().await;
    tokio::time::sleep(time).await;
}

/// What two failures come to: a refusal is the server's own word, and the first says most otherwise.
fn worse(first: ConnectError, second: ConnectError) -> ConnectError {
    if matches!(second, ConnectError::Refused { .. }) { second } else { first }
}
