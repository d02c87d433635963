//! Runs as many simulations as the environment asks for, as a test.

use std::collections::BTreeMap;
use std::io::{Write as _, stdout};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::device::Device;
use crate::failure::Failure;
use crate::seeds::{Setting, Tally, simulate};

/// How many lines of what happened are shown of a simulation that failed, unless `ROOST_TRACE` is set.
const LINES: usize = 60;

/// Makes the device under test.
pub type NewDevice<'a> = &'a (dyn Fn(&Setting) -> Box<dyn Device> + Sync);

/// Runs `n_seeds` simulations, or as many as `ROOST_SEEDS` says, from the seed `ROOST_SEEDS_FROM` (0) on; with `ROOST_TRACE` set, everything
/// that happens in them is printed. `what` is the name by which `cargo xtask simulate` knows them.
///
/// # Panics
/// When one fails: the message has its seed, what is wrong, and how to run it again. And when little happens in them.
pub fn prove(what: &str, n_seeds: u64, new_device: NewDevice<'_>) {
    let from = number("ROOST_SEEDS_FROM").unwrap_or(0);
    let seeds = from..from.saturating_add(number("ROOST_SEEDS").unwrap_or(n_seeds));
    let is_traced = std::env::var_os("ROOST_TRACE").is_some();
    let next = AtomicU64::new(seeds.start);
    let done = Mutex::new((Tally::default(), BTreeMap::<u64, Failure>::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let (outcome, text) = simulate(seed, None, is_traced, new_device);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            // Past the test's own way of keeping output to itself.
            drop(stdout().write_all(text.as_bytes()));
            match outcome {
                Ok(tally) => done.0.add(tally),
                Err(failure) => drop(done.1.insert(seed, failure)),
            }
            if !done.1.is_empty() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let (tally, failures) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((seed, failure)) = failures.first_key_value() {
        let text = if is_traced { String::new() } else { simulate(*seed, None, true, new_device).1 };
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
        panic!(
            "{last}\nseed {seed}: {failure}\n\
             Again: cargo xtask simulate --only {what} --from {seed} --seeds 1 --trace"
        );
    }
    // It proves little if little happens; of a few simulations nothing can be said.
    let is_enough = tally.n_made >= 20 * tally.n_seeds && tally.n_entries >= 10 * tally.n_seeds;
    assert!(tally.n_seeds < 100 || is_enough, "there is too little in these simulations: {tally:?}");
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} has to be a number, not {text:?}")))
}
