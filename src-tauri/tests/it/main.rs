//! The desktop core against a real server, without a window.

#![allow(clippy::unwrap_used, reason = "a test says by panicking what went wrong")]

mod accounts;
mod boards;
mod desk;
mod local;
mod network;
mod places;
mod wire;
