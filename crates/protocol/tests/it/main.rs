//! The wire as it looks from outside: exact bytes, and what becomes of bytes that nobody should send.

// Clippy takes only functions marked as tests for tests, not those that they share.
#![allow(clippy::unwrap_used)]

mod binary;
mod bodies;
mod frames;
mod malformed;
mod properties;
