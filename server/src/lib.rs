//! The Roost server: REST, Phoenix Channels, presence, and the boards in SQLite.
//!
//! [`Server::start`] runs one in this process; the binary `roost-server` is a command line around it.

mod auth;
mod boards;
mod clock;
mod config;
mod pubsub;
mod state;

pub use config::{APP_ORIGINS, Config, Limits, SECRET_MIN};
