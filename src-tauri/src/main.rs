//! The desktop app's command line.

// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A real-time kanban board for the desktop
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The folder that keeps this person's data, settings and window, apart from all others
    #[arg(long, value_name = "DIR", env = "ROOST_PROFILE")]
    profile: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::builder().with_env_var("ROOST_LOG").with_default_directive(LevelFilter::WARN.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(std::io::stderr)
        // A log that cannot be written is complained of on standard error, where it goes: that would panic.
        .log_internal_errors(false)
        .init();
    match roost::run(args.profile.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a terminal nobody reads it, and there is nowhere else to say it.
            drop(writeln!(std::io::stderr(), "roost: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
