//! The socket: Phoenix Channels over WebSocket at `/socket/websocket`.
//!
//! One task owns each socket: it reads, works on what was read, writes and keeps the time. Nothing in it waits for
//! anything but the socket as a whole, so one slow channel holds up neither the others nor the heartbeats.

mod connection;
mod ending;
mod handshake;
mod outgoing;
mod session;

use axum::Router;
use axum::routing::any;

use crate::state::AppState;
pub(crate) use outgoing::Outgoing;

/// Where sockets are opened, with and without a slash at the end.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/socket/websocket", any(handshake::connect))
        .route("/socket/websocket/", any(handshake::connect))
}
