//! The commands.

use std::io::{Write as _, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};

use crate::client::pace::Pace;
use crate::scenario::traffic::{Load, Traffic};
use crate::scenario::{catch_up, idle, presence, traffic};
use crate::target::{self, Floor, Target};
use crate::world::World;
use crate::{bench, disk, floor};

/// What a floor answers to a join of a large board.
const BOARD_BYTES: usize = 2_000_000;

/// Puts a server under load and says what it costs.
#[derive(Debug, Parser)]
#[command(name = "roost-load")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything, as one table beside the floors
    Bench(bench::Args),
    /// Sockets that join and say nothing: joins a second, memory for each
    Idle(Scenario),
    /// Many who join one topic at once: when all know everyone
    Presence(Scenario),
    /// One topic with many subscribers
    FanOut(Scenario),
    /// Many topics with a few subscribers each
    ManyBoards(Scenario),
    /// Senders who are alone on their boards, or with --topics 1 all on one
    Durable(Scenario),
    /// Coming back after many entries, and opening a board with many cards
    CatchUp(Scenario),
    /// The disk alone: a page written and kept, again and again
    Disk {
        #[arg(long, default_value = "target/bench", value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
    /// Make a data directory for --address, with everybody who takes part
    Prepare(Prepare),
    /// A server without logic, until it is ended
    #[command(hide = true)]
    Floor(FloorArgs),
}

/// Which server, and how much of everything; what is not given is as in the table.
#[derive(Debug, Args)]
struct Scenario {
    /// The server to start and measure
    #[arg(long, value_name = "PROGRAM", required_unless_present_any = ["address", "floor"])]
    server_bin: Option<PathBuf>,
    /// A server that runs already, on data made by `prepare` with the same --sockets and --topics
    #[arg(long, value_name = "ADDRESS:PORT", requires = "pid", conflicts_with_all = ["server_bin", "floor"])]
    address: Option<SocketAddr>,
    /// Its process
    #[arg(long)]
    pid: Option<u32>,
    /// Measure a bare server instead
    #[arg(long, conflicts_with = "server_bin")]
    floor: Option<Floor>,
    /// Where the server's data directory is made; it has to be on a disk
    #[arg(long, default_value = "target/bench", value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    size: Size,
    /// Proposals that each sender has on their way
    #[arg(long, default_value_t = 1, conflicts_with = "rate")]
    in_flight: u32,
    /// Proposals a second from all senders together, whatever becomes of them
    #[arg(long)]
    rate: Option<f64>,
    /// How long is measured
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long before that nothing is counted
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    warm_up: f64,
    /// How long nothing may happen while something is awaited
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    patience: f64,
}

#[derive(Debug, Args)]
struct Size {
    /// On all topics together
    #[arg(long)]
    sockets: Option<usize>,
    #[arg(long)]
    topics: Option<usize>,
    #[arg(long)]
    senders: Option<usize>,
    /// Entries to catch up with, and cards on the board
    #[arg(long, default_value_t = 10_000)]
    entries: u64,
}

#[derive(Debug, Args)]
struct Prepare {
    /// The server, which makes the tables; without it they are there already
    #[arg(long, value_name = "PROGRAM")]
    server_bin: Option<PathBuf>,
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    #[arg(long)]
    sockets: usize,
    #[arg(long)]
    topics: usize,
}

#[derive(Debug, Args)]
struct FloorArgs {
    kind: Floor,
    #[arg(long, default_value_t = crate::scenario::JOIN_BYTES)]
    join_bytes: usize,
}

/// Runs a command; what it prints is for people.
pub fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere else to say it.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    target::raise_files()?;
    match command {
        Command::Bench(args) => bench::run(&args),
        Command::Idle(scenario) => {
            let n_sockets = scenario.size.sockets.unwrap_or(10_000);
            let world = World::new(n_sockets, scenario.size.topics.unwrap_or(n_sockets / 10));
            say(&idle::run(&scenario.target()?, &world, Duration::from_secs_f64(scenario.seconds))?)
        }
        Command::Presence(scenario) => {
            let world = World::new(scenario.size.sockets.unwrap_or(1_000), scenario.size.topics.unwrap_or(1));
            say(&presence::run(&scenario.target()?, &world)?)
        }
        Command::FanOut(scenario) => scenario.traffic(1_000, 1, 1),
        Command::ManyBoards(scenario) => scenario.traffic(5_000, 1_000, 100),
        Command::Durable(scenario) => {
            let n_senders = scenario.size.senders.or(scenario.size.sockets).unwrap_or(100);
            scenario.traffic(n_senders, n_senders, n_senders)
        }
        Command::CatchUp(scenario) => {
            let (target, n) = (scenario.target()?, scenario.size.entries);
            say(&format!("a board of {n} cards: {}", catch_up::board(&target, n, BOARD_BYTES)?))?;
            say(&format!("{n} entries behind: {}", catch_up::since(&target, n, BOARD_BYTES)?))
        }
        Command::Disk { folder, seconds } => say(&disk::run(&folder, Duration::from_secs_f64(seconds))?),
        Command::Prepare(Prepare { server_bin, data_dir, sockets, topics }) => {
            let world = World::new(sockets, topics);
            let Some(server_bin) = server_bin else { return world.write(&data_dir) };
            target::prepare(&server_bin, &data_dir, &world)?;
            let command = target::serve(&server_bin, &data_dir)?;
            let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
            let secret = crate::world::SECRET;
            say(&format!("ROOST_LOG=warn ROOST_SECRET='{secret}' {} {}", server_bin.display(), args.join(" ")))
        }
        Command::Floor(FloorArgs { kind, join_bytes }) => floor::serve(kind, join_bytes),
    }
}

impl Scenario {
    fn target(&self) -> Result<Target> {
        if let (Some(address), Some(pid)) = (self.address, self.pid) {
            return Ok(Target::Running { address, pid });
        }
        if let Some(kind) = self.floor {
            return Ok(Target::Floor { program: std::env::current_exe()?, kind });
        }
        let program = self.server_bin.clone().context("no server to measure")?;
        Ok(Target::Roost { program, folder: self.folder.clone() })
    }

    fn traffic(&self, n_sockets: usize, n_topics: usize, n_senders: usize) -> Result<()> {
        let Size { sockets, topics, senders, .. } = self.size;
        let load = Load {
            world: World::new(sockets.unwrap_or(n_sockets), topics.unwrap_or(n_topics)),
            n_senders: senders.unwrap_or(n_senders),
            pace: self.rate.map_or(Pace::Closed { in_flight: self.in_flight }, |rate| Pace::Open { rate }),
            warm_up: Duration::from_secs_f64(self.warm_up),
            time: Duration::from_secs_f64(self.seconds),
            patience: Duration::from_secs_f64(self.patience),
        };
        let traffic: Traffic = traffic::run(&self.target()?, &load)?;
        say(&traffic)?;
        ensure!(traffic.faults.is_none(), "not everybody was told everything once and in order");
        Ok(())
    }
}

/// Prints what came out.
pub(crate) fn say(what: &impl std::fmt::Display) -> Result<()> {
    writeln!(stdout(), "{what}").context("cannot write to standard output")
}
