//! What a file keeps whatever happens to it: a crash, damage, a full disk, another version.

// Helpers outside of `#[test]` functions may unwrap too: a failure there is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod damage;
mod full;
mod model;
mod open;
mod sample;
