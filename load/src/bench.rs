//! Everything, as one table: `cargo xtask bench server` runs this.

mod groups;
mod growth;
mod lab;
mod machine;
mod table;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::cli::say;
use crate::target::note;
use lab::{Lab, Sizes};
use table::Row;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Group {
    Idle,
    Presence,
    FanOut,
    ManyBoards,
    Durable,
    CatchUp,
}

/// What is measured, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server to start and measure
    #[arg(long, value_name = "PROGRAM")]
    server_bin: PathBuf,
    /// Where the server's data directories are made; it has to be on a disk
    #[arg(long, default_value = "target/bench", value_name = "DIR")]
    folder: PathBuf,
    /// Fewer of everything: to see whether it works, not what it costs
    #[arg(long)]
    quick: bool,
    /// Only these
    #[arg(value_name = "WHAT")]
    only: Vec<Group>,
}

/// Measures and prints the table.
///
/// # Errors
/// Something could not be measured, or somebody was not told everything once and in order.
pub(crate) fn run(args: &Args) -> Result<()> {
    let load = machine::load();
    let sizes = if args.quick { Sizes::QUICK } else { Sizes::FULL };
    let mut lab = Lab::new(&args.server_bin, &args.folder, sizes)?;
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for group in <Group as clap::ValueEnum>::value_variants() {
        if !args.only.is_empty() && !args.only.contains(group) {
            continue;
        }
        match measure(*group, &mut lab) {
            Ok(found) if sizes.has_goals => rows.extend(found),
            // They are about other sizes.
            Ok(found) => rows.extend(found.into_iter().map(Row::without_goal)),
            Err(error) => {
                note(&format!("error: {error:#}"));
                failures.push(format!("{error:#}"));
            }
        }
    }
    say(&format!(
        "`{}`: {}; load {load} over the minute and the five minutes before, {} at the end. The generator, the server and \
         the floors run on this machine, one server at a time. CPU is the server's user and system time, memory is \
         resident (RSS).\n",
        line_of(args),
        machine::line(),
        machine::load()
    ))?;
    say(&table::write(&rows))?;
    say(&format!(
        "{} entries in {} runs looked at: {}.",
        lab.n_checked,
        lab.n_runs,
        if lab.faults.is_empty() { "none lost, doubled or out of order".to_owned() } else { lab.faults.join("; ") }
    ))?;
    failures.append(&mut lab.faults);
    if !failures.is_empty() {
        bail!("not all is well: {}", failures.join("; "));
    }
    Ok(())
}

/// The command as a person would type it.
fn line_of(args: &Args) -> String {
    let flags = [(cfg!(debug_assertions), "--debug"), (args.quick, "--quick")];
    let mut words = vec!["cargo xtask bench server".to_owned()];
    words.extend(flags.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned()));
    let only = args.only.iter().filter_map(clap::ValueEnum::to_possible_value);
    words.extend(only.map(|only| only.get_name().to_owned()));
    words.join(" ")
}

fn measure(group: Group, lab: &mut Lab) -> Result<Vec<Row>> {
    match group {
        Group::Idle => groups::idle(lab),
        Group::Presence => groups::presence(lab),
        Group::FanOut => groups::fan_out(lab),
        Group::ManyBoards => groups::many_boards(lab),
        Group::Durable => groups::durable(lab),
        Group::CatchUp => groups::catch_up(lab),
    }
}
