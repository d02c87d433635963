//! The Roost server: REST, Phoenix Channels, presence, and the boards in SQLite.
//!
//! [`Server::start`] runs one in this process; the binary `roost-server` is a command line around it.

mod auth;
mod boards;
mod channel;
mod clock;
mod config;
mod presence;
mod pubsub;
mod socket;
mod state;

pub use config::{APP_ORIGINS, Config, Limits, SECRET_MIN};
