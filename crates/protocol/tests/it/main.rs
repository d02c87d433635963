//! The wire as it looks from outside: exact bytes, and what becomes of bytes that nobody should send.

mod bodies;
mod frames;
mod malformed;
mod properties;
