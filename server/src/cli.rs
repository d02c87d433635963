//! The commands, their flags, and what they print.
//!
//! Standard output is for programs: `serve` prints the address on its first line, `seed` the sign-in. The log goes to
//! standard error.

mod files;
mod settings;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use roost_server::{Config, Seeded, Server};
use tracing_subscriber::EnvFilter;

use settings::ServeSettings;

/// How long the process waits for threads that do not end, after everything is on disk.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The Roost server: real-time kanban boards over Phoenix Channels.
#[derive(Debug, Parser)]
#[command(name = "roost-server", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it gets SIGTERM or ctrl-c.
    ///
    /// The first line on standard output is `listening on http://ADDRESS:PORT`; the log goes to standard error, and
    /// ROOST_LOG says how much of it (info, debug, warn, roost_server=debug, …). Tokens are signed with ROOST_SECRET if
    /// it is set, else with a secret that is kept in the data directory; it is not a flag, since everybody on the
    /// machine can read flags.
    Serve(Box<ServeSettings>),
    /// Makes a demo in an empty data directory: a few people, and boards worth looking at. Prints the sign-in.
    Seed(SeedSettings),
}

#[derive(Debug, clap::Args)]
struct SeedSettings {
    /// Where the data is; made if it is not there.
    #[arg(long, env = "ROOST_DATA_DIR", value_name = "DIR")]
    data_dir: PathBuf,
    /// The password of everybody in the demo; one is made up if this is not given.
    #[arg(long, env = "ROOST_SEED_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// Does what the command line says.
pub(crate) fn run() -> ExitCode {
    let command = Cli::parse().command;
    let filter = EnvFilter::try_from_env("ROOST_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A log that cannot be written, on a full disk or into a closed pipe, is complained of on standard error, which is
    // where it goes: that would panic.
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false).init();
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed there is nobody to tell.
            drop(writeln!(io::stderr(), "roost-server: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let result = match command {
        Command::Serve(settings) => runtime.block_on(serve(settings.config())),
        Command::Seed(settings) => runtime.block_on(seed(settings)),
    };
    runtime.shutdown_timeout(LAST_WAIT);
    result
}

async fn serve(config: Config) -> anyhow::Result<()> {
    // Before anything is announced, so that a signal right after it is not missed.
    let stop = stop_signal()?;
    files::make_room(&config.limits);
    // These errors say all of their causes themselves.
    let server = Server::start(config).await.map_err(anyhow::Error::msg)?;
    if let Err(error) = say(&format!("listening on http://{}\n", server.address())) {
        tracing::warn!(%error, "cannot write the address to standard output");
    }
    stop.await;
    tracing::info!("stopping");
    server.shutdown().await;
    Ok(())
}

/// Waits for SIGTERM or ctrl-c, from now on.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for ctrl-c")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Waits for ctrl-c, from now on.
#[cfg(windows)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("cannot listen for ctrl-c")?;
    Ok(async move {
        interrupt.recv().await;
    })
}

async fn seed(settings: SeedSettings) -> anyhow::Result<()> {
    let password = settings.password.map_or_else(made_up_password, Ok)?;
    let Seeded { email, password, others, boards } =
        roost_server::seed(Config::new(settings.data_dir), &password).await.map_err(anyhow::Error::msg)?;
    say(&format!(
        "made the boards {}\n\nsign in with\n  e-mail:   {email}\n  password: {password}\n\nalso there, with the same \
         password: {}\n",
        boards.join(", "),
        others.join(", "),
    ))
    .context("cannot write to standard output")
}

/// Three groups of four letters and digits, without those that look alike: 60 bits.
fn made_up_password() -> anyhow::Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-"))
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
