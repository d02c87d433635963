//! The client against a server that does what the test tells it to, over real sockets on the loopback interface.

// Clippy takes only functions marked as tests for tests, not those that they share.
#![allow(clippy::unwrap_used)]

mod channels;
mod cuts;
mod fallback;
mod longpoll;
mod peer;
mod proxy;
mod reconnect;
mod roost;
mod sockets;
mod web;
