//! `cargo xtask …`: the project's own commands, one module each.
//!
//! What a person or a CI machine does with this repository is written down here as code, so that there is
//! one way to do it and it works from a fresh clone.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to a person in a terminal")]

mod bench;
mod build;
mod fuzz;
#[cfg(target_os = "linux")]
mod headless;
mod process;
mod progress;
mod run;
mod setup;
mod simulate;
mod test;
mod tidy;
mod ui;

use std::fmt;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Build, run and check Roost.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    Run(run::Args),
    Test(test::Args),
    Simulate(simulate::Args),
    Fuzz(fuzz::Args),
    /// Make the release bundle: on Debian and its kin a .deb with the app and the server
    Build,
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Check the rules of the house that no compiler checks
    Tidy,
    Ui(ui::Args),
}

/// A failure that has been printed where it belongs, so that nothing is left to say but the exit code.
#[derive(Debug)]
struct AlreadySaid;

impl fmt::Display for AlreadySaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for AlreadySaid {}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        None => Cli::command().print_help().map_err(Into::into),
        Some(Task::Run(args)) => run::main(&args),
        Some(Task::Test(args)) => test::main(&args),
        Some(Task::Simulate(args)) => simulate::main(&args),
        Some(Task::Fuzz(args)) => fuzz::main(&args),
        Some(Task::Build) => build::main(),
        Some(Task::Bench(bench)) => bench::main(&bench),
        Some(Task::Tidy) => tidy::main(),
        Some(Task::Ui(args)) => ui::main(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<AlreadySaid>() {
                eprintln!("{} {error:#}", progress::paint("1;31", "error:"));
            }
            ExitCode::FAILURE
        }
    }
}
