//! Why sockets end.

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
    pub(super) const SILENT: Self = Self::Close(1000, "idle");
    /// The token that opened the socket has ended.
    pub(super) const EXPIRED: Self = Self::Close(1000, "token expired");
    /// The token that opened the socket was revoked.
    pub(super) const SIGNED_OUT: Self = Self::Close(1000, "signed out");
    /// The client did not keep up.
    pub(super) const TOO_SLOW: Self = Self::Close(1013, "too far behind; join again with since");
    /// The server stops.
    pub(super) const SHUTDOWN: Self = Self::Close(1012, "server is stopping");

    /// A frame that is no message; the reason is 123 bytes at most.
    pub(super) const fn undecodable(reason: &'static str) -> Self {
        Self::Close(1011, reason)
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
