//! `cargo xtask …`: the project's own commands, one module each.
//!
//! What a person or a CI machine does with this repository is written down here as code, so that there is
//! one way to do it and it works from a fresh clone.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to a person in a terminal")]

mod process;
mod progress;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, run and check Roost.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build only the interface, into `ui/dist`
    Ui(ui::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Task::Ui(args) => ui::main(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error:#}", progress::paint("1;31", "error:"));
            ExitCode::FAILURE
        }
    }
}
