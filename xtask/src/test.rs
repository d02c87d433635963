//! `cargo xtask test`: every check there is, step by step.
//!
//! The order is made for time as much as for sense: what is quick comes first, and every step that compiles for
//! the host selects the same packages, so that cargo settles on the same features and compiles a library once.

mod steps;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::progress::{paint, seconds};
use steps::{STEPS, Step};

/// Run every check
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these steps
    #[arg(value_name = "STEP", value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    only: Vec<String>,

    /// Go on after a step that failed
    #[arg(long)]
    keep_going: bool,

    /// Show what the steps are, and do nothing
    #[arg(long)]
    list: bool,
}

/// How a step went.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// A step failed.
pub(crate) fn main(args: &Args) -> Result<()> {
    let steps: Vec<&Step> =
        STEPS.iter().filter(|step| args.only.is_empty() || args.only.iter().any(|name| name == step.name)).collect();
    if args.list {
        for step in steps {
            println!("{:>12}  {}", step.name, step.what);
        }
        return Ok(());
    }
    let started = Instant::now();
    let outcomes = run(&steps, args.keep_going);
    let left_out = steps.len() - outcomes.len();
    summarise(&outcomes, left_out, started.elapsed())
}

fn run(steps: &[&'static Step], keep_going: bool) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        println!("\n{}", paint("1", &format!("[{}/{}] {}: {}", number + 1, steps.len(), step.name, step.what)));
        let started = Instant::now();
        let failure = (step.run)().err().map(|error| format!("{error:#}"));
        let outcome = Outcome { name: step.name, took: started.elapsed(), failure };
        println!("{}", line_of(&outcome));
        let stop = outcome.failure.is_some() && !keep_going;
        outcomes.push(outcome);
        if stop {
            break;
        }
    }
    outcomes
}

fn line_of(outcome: &Outcome) -> String {
    let took = seconds(outcome.took);
    match &outcome.failure {
        None => format!("{}  {:<12} {took:>12}", paint("1;32", "    ok"), outcome.name),
        Some(why) => format!("{}  {:<12} {took:>12}  {why}", paint("1;31", "FAILED"), outcome.name),
    }
}

/// Prints the closing summary: the last lines of the output say how it went.
fn summarise(outcomes: &[Outcome], left_out: usize, took: Duration) -> Result<()> {
    let failed: BTreeSet<&str> =
        outcomes.iter().filter(|outcome| outcome.failure.is_some()).map(|outcome| outcome.name).collect();
    println!("\n{}", paint("1", "Summary"));
    for outcome in outcomes {
        println!("{}", line_of(outcome));
    }
    let passed = outcomes.len() - failed.len();
    let mut total = format!("{passed} passed, {} failed", failed.len());
    if left_out > 0 {
        total.push_str(&format!(", {left_out} not run"));
    }
    let total = format!("{total}, in {}", seconds(took));
    if failed.is_empty() {
        println!("{}", paint("1;32", &total));
        return Ok(());
    }
    println!("{}", paint("1;31", &total));
    bail!(crate::AlreadySaid)
}
