//! The JSON that passes between the core and the interface, pinned: a change of it is seen here first.

// Helpers outside of `#[test]` functions may unwrap too: a failure there is a failed test.
#![allow(clippy::unwrap_used)]

mod command;
mod event;
mod sample;
