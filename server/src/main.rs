//! `roost-server`: the command line around the server.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
