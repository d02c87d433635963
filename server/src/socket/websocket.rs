//! The WebSocket transport, at `/socket/websocket`.
//!
//! One task owns each socket: it reads, works on what was read, writes and keeps the time. Nothing in it waits for
//! anything but the socket as a whole, so one slow channel holds up neither the others nor the heartbeats.

mod clock;
mod connection;
mod decoder;
mod frame;
mod goodbye;
mod upgrade;
mod writer;

use axum::Router;
use axum::routing::any;

use crate::state::AppState;
#[cfg(any(fuzzing, test))]
pub(crate) use decoder::fuzzed::check as fuzz;

/// Where sockets are opened, with and without a slash at the end.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/socket/websocket", any(upgrade::connect)).route("/socket/websocket/", any(upgrade::connect))
}
