//! The command line, and the order in which things are measured.

mod core;
mod desk;
mod group;
mod link;
mod machine;
mod moving;
mod screen;
mod stage;
mod standing;
mod table;
mod window;
mod world;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use stage::Stage;
use table::{Row, table};

/// Measure the desktop app in real windows on a virtual screen
#[derive(Debug, Parser)]
#[command(name = "roost-bench")]
struct Args {
    /// Only these
    #[arg(value_enum)]
    only: Vec<What>,

    /// Fewer of everything: to see whether it works, not how fast
    #[arg(long)]
    quick: bool,

    /// The app
    #[arg(long, value_name = "FILE")]
    app: PathBuf,

    /// The window with an empty page
    #[arg(long, value_name = "FILE")]
    bare: PathBuf,

    /// The file in which the virtual screen keeps its pixels
    #[arg(long, value_name = "FILE")]
    screen: PathBuf,

    /// Where to keep what is measured with: a folder on a disk as people have it
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// From letting go of a card to the frame that shows it
    Drag,
    /// From the start to the first painted board
    Start,
    /// Memory of all processes
    Memory,
    /// Writing a proposal to the outbox
    Outbox,
    /// Opening a cached board
    Open,
    /// Catching up what was missed
    CatchUp,
    /// Frames while a list scrolls and entries arrive
    Scroll,
}

/// Runs the command.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let done = tokio::runtime::Runtime::new().context("no runtime").and_then(|runtime| runtime.block_on(run(&args)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "roost-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<()> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let machine = machine::line();
    let stage = Stage::set(args).await?;
    let mut rows = Vec::new();
    for &what in What::value_variants() {
        if args.only.is_empty() || args.only.contains(&what) {
            say(&format!("measuring: {}", name(what)));
            let measured = measure(&stage, what).await.with_context(|| format!("while measuring {}", name(what)))?;
            say(&table(&measured));
            rows.extend(measured);
        }
    }
    stage.clear().await;
    let mut out = std::io::stdout();
    writeln!(out, "{machine}\n\n{}", table(&rows)).context("the table cannot be printed")
}

async fn measure(stage: &Stage, what: What) -> Result<Vec<Row>> {
    match what {
        What::Drag => moving::drag(stage).await,
        What::Start => standing::start(stage).await,
        What::Memory => standing::memory(stage).await,
        What::Outbox => core::outbox(stage).await,
        What::Open => Ok([core::open(stage).await?, moving::open(stage).await?].concat()),
        What::CatchUp => Ok([core::catch_up(stage).await?, moving::catch_up(stage).await?].concat()),
        What::Scroll => moving::scroll(stage).await,
    }
}

fn name(what: What) -> String {
    what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Says how far it is: on standard error, since the table is what is printed.
fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}
