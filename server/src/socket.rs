//! The socket: Phoenix Channels over the transports that clients have.
//!
//! What lies behind a socket is a [`session`](self::session), which knows no transport: a transport lets somebody in by
//! [`opening`], hands the session what the client sends, and carries what it has to say.

mod ending;
mod longpoll;
mod opening;
mod outgoing;
mod session;
mod websocket;
mod written;

use axum::Router;

use crate::state::AppState;
pub(crate) use ending::Ending;
pub(crate) use outgoing::Outgoing;
pub(crate) use written::Written;

/// What the fuzz targets reach.
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzed {
    pub(crate) use super::longpoll::fuzzed::check as longpoll;
    pub(crate) use super::websocket::fuzz as websocket;
}

/// Where sockets are opened.
pub(crate) fn routes() -> Router<AppState> {
    websocket::routes().merge(longpoll::routes())
}
