//! `cargo xtask simulate`: as many simulations as one likes, or one of them in words.
//!
//! They are the tests of the same name, told by the environment which seeds to take.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, check, line_of};
use crate::progress::{say, seconds};

/// How many seeds there are between two words about how far it is.
const BATCH: u64 = 500;

/// Run simulations of clients, networks and servers that fail
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    seeds: u64,

    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    from: u64,

    /// Print everything that happens
    #[arg(long)]
    trace: bool,

    /// Only this: `board`, or `core`, whose simulations write real files and take longer
    #[arg(long, value_name = "WHAT", value_parser = clap::builder::PossibleValuesParser::new(SUBJECTS.iter().map(|subject| subject.key)))]
    only: Option<String>,
}

/// Something that is simulated: its name, and the test that does it.
struct Subject {
    key: &'static str,
    name: &'static str,
    test: &'static [&'static str],
}

const SUBJECTS: &[Subject] = &[
    Subject {
        key: "board",
        name: "the board",
        test: &["--package", "roost-board", "--test", "sim", "whatever_fails_nothing_is_lost_and_everybody_ends_alike"],
    },
    Subject {
        key: "core",
        name: "the desktop core",
        test: &[
            "--package",
            "roost",
            "--lib",
            "followed::sim::whatever_fails_nothing_is_lost_and_everybody_ends_alike",
        ],
    },
];

/// Runs the command.
///
/// # Errors
///
/// A simulation failed, or the tests do not compile.
pub(crate) fn main(args: &Args) -> Result<()> {
    let end = args.from.saturating_add(args.seeds);
    for subject in SUBJECTS.iter().filter(|subject| args.only.as_deref().is_none_or(|only| only == subject.key)) {
        check(cargo().args(["test", "--quiet", "--no-run"]).args(subject.test))?;
        let started = Instant::now();
        let mut from = args.from;
        while from < end {
            let n_seeds = BATCH.min(end - from);
            run(subject, from, n_seeds, args.trace)?;
            from += n_seeds;
            let so_far = format!("{}, seeds {} to {}", subject.name, args.from, from - 1);
            say("Simulated", &format!("{so_far} in {}", seconds(started.elapsed())));
        }
    }
    Ok(())
}

fn run(subject: &Subject, from: u64, n_seeds: u64, trace: bool) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--quiet"]).args(subject.test);
    command.env("ROOST_SEEDS_FROM", from.to_string()).env("ROOST_SEEDS", n_seeds.to_string());
    // What is wrong is in the message, and where the check stands helps nobody.
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    if trace {
        return check(command.env("ROOST_TRACE", "1"));
    }
    let output = command.output().with_context(|| format!("could not start `{}`", line_of(&command)))?;
    if !output.status.success() {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("a simulation of {} failed; the seed and the way to run it again are above", subject.name);
    }
    Ok(())
}
