//! Puts a server under load and says what it costs: `roost-load`, which `cargo xtask bench server` runs.
//!
//! The generator (`client`) is one thread with any number of sockets. It speaks just enough of WebSockets and of Phoenix
//! Channels, looks at the `seq` of every entry that every subscriber is told, and measures from when a proposal was
//! due, not from when it was sent. The server (`target`) is a process of its own, so that what it costs is read from
//! outside. Beside it stand the floors (`floor`): servers without any logic, driven by the same generator.
//!
//! # One scenario alone
//!
//! `bench` runs everything and prints the table. Each scenario can be run alone, for as long as a profiler needs; it
//! says on standard error which process the server is and when the measuring begins, and fails when anything was lost,
//! doubled, out of order, refused or closed:
//!
//! ```text
//! cargo build --release -p roost-server -p roost-load
//! roost-load idle --server-bin target/release/roost-server --sockets 10000
//! roost-load presence …                                  1,000 joins on one topic at once
//! roost-load fan-out … [--in-flight 8 | --rate 20]       1 topic, 1,000 subscribers, 1 sender
//! roost-load many-boards … [--rate 1000]                 1,000 topics of 5 subscribers, 100 senders
//! roost-load durable … --senders 100 [--topics 1]        each alone on a board, or all on one
//! roost-load catch-up … --entries 10000
//! roost-load disk                                        what the disk alone takes
//! ```
//!
//! `--sockets`, `--topics`, `--senders`, `--in-flight`, `--rate`, `--seconds` and `--warm-up` change the sizes, and
//! `--floor a` or `--floor b` in the place of `--server-bin` measures a bare server.
//!
//! A server that has to be started in another way, under heaptrack or callgrind, is measured with
//! `--address ADDRESS:PORT --pid PID` on a data directory that `prepare` has made; that prints the command to start it.
//!
//! # Closed and open loop
//!
//! In a closed loop (`--in-flight`) a sender makes its next proposal when one of its last has been answered *and* has
//! reached every subscriber of its topic: so nothing piles up, and the rate is what the server can do. In an open loop
//! (`--rate`) proposals are due at fixed times, whatever became of those before.

#![cfg(target_os = "linux")]

mod bench;
mod cli;
mod client;
mod disk;
mod floor;
mod ids;
mod process;
mod scenario;
mod target;
mod world;

pub use cli::main;
pub use world::SECRET;
