//! The desktop app's command line.

// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// A real-time kanban board for the desktop
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The folder that keeps this person's data, settings and window, apart from all others
    #[arg(long, value_name = "DIR", env = "ROOST_PROFILE")]
    profile: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::builder().with_env_var("ROOST_LOG").with_default_directive("warn".parse()?);
    tracing_subscriber::fmt().with_env_filter(filter.from_env_lossy()).with_writer(std::io::stderr).init();
    roost::run(args.profile.as_deref())
}
