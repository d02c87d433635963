//! Puts a server under load and says what it costs.

#![cfg(target_os = "linux")]

mod cli;
mod client;
mod floor;
mod ids;
mod process;
mod scenario;
mod target;
mod world;

pub use cli::main;
