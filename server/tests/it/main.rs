//! The server from outside: over HTTP and sockets, in this process and as the real binary.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a test has to end it")]

mod abuse;
mod longpoll;
mod process;
mod rest;
mod site;
mod socket;
