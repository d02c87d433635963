//! Roost as people meet it: the real app in real windows, driven from outside, with a real server and a real keyring.
//!
//! `cargo xtask test windows` gives these tests what they need: a screen, a session bus, an unlocked keyring, and in
//! `ROOST_APP_BIN` and `ROOST_SERVER_BIN` the paths of the two programs. Each step leaves a picture in `target/e2e/`, or
//! where `ROOST_E2E_SCREENSHOTS` says.

#![cfg(target_os = "linux")]
// A test that measures says what it measured.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

mod alone;
mod drafts;
mod hands;
mod harness;
mod offline;
mod rights;
mod two_people;
