//! What holds for every board, every change and every replica, whatever happens to them.
//!
//! The cases are drawn from small pools of ids, so that changes meet each other: many of them apply, and many do not.

// Helpers outside of `#[test]` functions may unwrap too: a failure there is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod apply;
mod draw;
mod durable;
mod history;
mod invert;
mod json;
mod limits;
mod place;
mod replica;
mod sight;
mod subject;
mod together;
mod unknown;
