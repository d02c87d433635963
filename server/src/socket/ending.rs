//! Why sockets end.

use crate::limits::Limit;
use crate::pubsub::Dismissal;

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection broke, so there is nobody to say goodbye to.
    Gone,
    /// The client said goodbye.
    ClosedByClient,
    /// The server ends it, with a WebSocket close code and a reason of 123 bytes at most.
    Close(u16, &'static str),
}

impl Ending {
    /// The client said nothing for as long as it may.
    pub(super) const SILENT: Self = Self::Close(1000, "idle (socket_silence)");
    /// The token that opened the socket has ended.
    pub(super) const EXPIRED: Self = Self::Close(1000, "token expired");
    /// The token that opened the socket was revoked.
    pub(super) const SIGNED_OUT: Self = Self::Close(1000, "signed out");
    /// The server's owner wants its user gone.
    pub(super) const DISCONNECTED: Self = Self::Close(1000, "disconnected");
    /// The client sent a message over the limit.
    pub(super) const TOO_LONG: Self = Self::Close(1009, "message too long (frame_bytes)");
    /// The client did not keep up, by one of three limits.
    const SLOW_BY_MESSAGES: Self = Self::Close(1013, "too far behind (socket_queue); join again with since");
    const SLOW_BY_BYTES: Self = Self::Close(1013, "too far behind (socket_queue_bytes); join again with since");
    const SLOW_IN_ALL: Self = Self::Close(1013, "too far behind (queued_bytes); join again with since");
    /// The server stops.
    pub(super) const SHUTDOWN: Self = Self::Close(1012, "server is stopping");

    /// The client did not keep up, by this limit.
    pub(super) const fn too_slow(limit: Limit) -> Self {
        match limit {
            Limit::SocketQueueBytes => Self::SLOW_BY_BYTES,
            Limit::QueuedBytes => Self::SLOW_IN_ALL,
            _ => Self::SLOW_BY_MESSAGES,
        }
    }

    /// The limit that the client came up against.
    pub(super) fn limit(self) -> Option<Limit> {
        match self {
            Self::SILENT => Some(Limit::SocketSilence),
            Self::TOO_LONG => Some(Limit::FrameBytes),
            Self::SLOW_BY_MESSAGES => Some(Limit::SocketQueue),
            Self::SLOW_BY_BYTES => Some(Limit::SocketQueueBytes),
            Self::SLOW_IN_ALL => Some(Limit::QueuedBytes),
            Self::Gone | Self::ClosedByClient | Self::Close(..) => None,
        }
    }

    /// A frame that is no message; the reason is 123 bytes at most.
    pub(super) const fn undecodable(reason: &'static str) -> Self {
        Self::Close(1011, reason)
    }
}

impl From<Dismissal> for Ending {
    fn from(dismissal: Dismissal) -> Self {
        match dismissal {
            Dismissal::SignedOut => Self::SIGNED_OUT,
            Dismissal::Disconnected => Self::DISCONNECTED,
            Dismissal::TooSlow(limit) => Self::too_slow(limit),
        }
    }
}
