//! `cargo xtask bench`: how fast it is, as a table.

use anyhow::Result;

/// What can be measured of the app; the names are those that `roost-bench` knows.
const CLIENT: [&str; 7] = ["drag", "start", "memory", "outbox", "open", "catch-up", "scroll"];

/// What can be measured of the server; the names are those that `roost-load` knows.
const SERVER: [&str; 6] = ["idle", "presence", "fan-out", "many-boards", "durable", "catch-up"];

/// Measure how fast Roost is
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    Client(Args),
    Server(ServerArgs),
}

/// The server under load, beside bare servers that only send bytes
#[derive(Debug, clap::Args)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux tells what a process costs"))]
pub(crate) struct ServerArgs {
    /// Measure what was compiled without optimisation: quick to build, and slow
    #[arg(long)]
    debug: bool,

    /// Fewer of everything: to see whether it works, not what it costs
    #[arg(long)]
    quick: bool,

    /// Only these
    #[arg(value_name = "WHAT", value_parser = clap::builder::PossibleValuesParser::new(SERVER))]
    only: Vec<String>,
}

/// The desktop app, as it is shipped, in real windows on a virtual screen
#[derive(Debug, clap::Args)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux lets a window be measured"))]
pub(crate) struct Args {
    /// Measure what was compiled without optimisation: quick to build, and slow
    #[arg(long)]
    debug: bool,

    /// Fewer of everything: to see whether it works, not how fast it is
    #[arg(long)]
    quick: bool,

    /// Only these
    #[arg(value_name = "WHAT", value_parser = clap::builder::PossibleValuesParser::new(CLIENT))]
    only: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// Something cannot be set up or built, or cannot be measured.
pub(crate) fn main(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Client(args) => client(args),
        Bench::Server(args) => server(args),
    }
}

#[cfg(not(target_os = "linux"))]
fn client(_args: &Args) -> Result<()> {
    anyhow::bail!("this works on Linux only: only WebKitGTK lets the window of this kind of app be driven")
}

#[cfg(target_os = "linux")]
fn client(args: &Args) -> Result<()> {
    use std::process::Stdio;

    use anyhow::Context;

    use crate::headless::{Desktop, Group};
    use crate::process::{built_program, cargo, check, in_root, target_dir};
    use crate::progress::{say, timed};
    use crate::{setup, ui};

    /// The window as it opens for the first time.
    const SIZE: (u32, u32) = (1280, 800);

    setup::for_windows()?;
    ui::build(if args.debug { ui::Profile::Dev } else { ui::Profile::Release })?;
    timed("the app, and what measures it", || {
        let mut command = cargo();
        command.args(["build", "--package", "roost", "--package", "roost-bench", "--bins"]);
        check(if args.debug { &mut command } else { command.arg("--release") })
    })?;
    let keyring = tempfile::tempdir().context("could not make a folder for the keyring")?;
    let desktop = Desktop::start(SIZE, keyring.path())?;
    let program = |name| built_program(if args.debug { "debug" } else { "release" }, name);
    say("Measuring", "this takes minutes; leave the machine alone meanwhile");
    let mut command = in_root(program("roost-bench"));
    desktop
        .adopt(&mut command)
        .args(&args.only)
        .args(args.quick.then_some("--quick"))
        .arg("--app")
        .arg(program("roost"))
        .arg("--bare")
        .arg(program("bare-window"))
        .arg("--screen")
        .arg(desktop.screen())
        .arg("--folder")
        .arg(target_dir().join("bench"))
        .stdin(Stdio::null());
    Group::spawn(&mut command)?.succeed()
}

#[cfg(not(target_os = "linux"))]
fn server(_args: &ServerArgs) -> Result<()> {
    anyhow::bail!("this works on Linux only: what a process costs is read from /proc")
}

#[cfg(target_os = "linux")]
fn server(args: &ServerArgs) -> Result<()> {
    use crate::process::{built_program, cargo, check, in_root, target_dir};
    use crate::progress::{say, timed};

    timed("the server, and what measures it", || {
        let mut command = cargo();
        command.args(["build", "--package", "roost-server", "--package", "roost-load", "--bins"]);
        check(if args.debug { &mut command } else { command.arg("--release") })
    })?;
    let program = |name| built_program(if args.debug { "debug" } else { "release" }, name);
    say("Measuring", "this takes minutes; leave the machine alone meanwhile");
    let mut command = in_root(program("roost-load"));
    command
        .arg("bench")
        .args(&args.only)
        .args(args.quick.then_some("--quick"))
        .arg("--server-bin")
        .arg(program("roost-server"))
        .arg("--folder")
        .arg(target_dir().join("bench"));
    check(&mut command)
}
