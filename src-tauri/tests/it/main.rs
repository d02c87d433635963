//! The desktop core against a real server, without a window.

#![allow(clippy::unwrap_used, reason = "a test says by panicking what went wrong")]

mod accounts;
mod attention;
mod blocked;
mod boards;
mod desk;
mod far;
mod faults;
// Whoever kills something else learns of it in another way elsewhere.
#[cfg(unix)]
mod killed;
mod local;
mod network;
mod offline;
mod places;
mod put_back;
mod returning;
// Elsewhere the system is not told by the environment whom to trust.
#[cfg(target_os = "linux")]
mod tls;
mod wire;
