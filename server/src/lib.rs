//! The Roost server: REST, Phoenix Channels, presence, and the boards in SQLite.
//!
//! [`Server::start`] runs one in this process; the binary `roost-server` is a command line around it.

mod accept;
mod auth;
mod boards;
mod channel;
mod clock;
mod config;
#[cfg(any(fuzzing, test))]
pub mod fuzzed;
mod limits;
mod metrics;
mod presence;
mod pubsub;
mod rest;
mod seed;
mod server;
mod socket;
mod state;
mod store;

pub use auth::{FieldErrors, SecretError, SignUpError};
pub use config::{APP_ORIGINS, Config, InvalidRate, Limits, Rate, SECRET_MIN};
pub use limits::Limit;
pub use rest::{Access, ROUTES, Route};
pub use seed::{SeedError, Seeded, seed};
pub use server::{Server, StartError};
pub use store::OpenError;
