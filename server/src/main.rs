//! `roost-server`: the command line around the server.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Many small things are made on one thread and dropped on another, which this one is better at than the system's. It
/// asks for no huge pages: a server with few sockets would be several times larger, and not much faster. The library
/// leaves the choice to those who embed it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
