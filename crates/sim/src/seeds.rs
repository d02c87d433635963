//! Runs simulations, one for each seed.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;

use crate::device::Device;
use crate::draw;
use crate::failure::{Failure, Wrong};
use crate::plan::Plan;
use crate::plant::Plant;
use crate::server::Server;
use crate::trace::Trace;
use crate::world::World;

/// What a device starts with.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its number.
    pub number: usize,
    /// Whose it is.
    pub person: roost_board::User,
    /// Whether the board was made on it while it was offline, and is to be made on the server.
    pub has_new_board: bool,
    /// The bug to plant, if it is one of a device.
    pub plant: Option<Plant>,
}

/// What happened in a simulation, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many simulations there were.
    pub n_seeds: usize,
    /// How many proposals were made.
    pub n_made: usize,
    /// How many entries the server had in the end.
    pub n_entries: usize,
    /// How many proposals came to nothing.
    pub n_given_up: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.n_seeds += other.n_seeds;
        self.n_made += other.n_made;
        self.n_entries += other.n_entries;
        self.n_given_up += other.n_given_up;
    }
}

/// Runs one simulation; answers how it went, and what happened in lines to read if that is wanted.
pub fn simulate(
    seed: u64,
    plant: Option<Plant>,
    is_traced: bool,
    new_device: &dyn Fn(&Setting) -> Box<dyn Device>,
) -> (Result<Tally, Failure>, String) {
    let mut rng = Rng::with_seed(seed);
    let plan = Plan::draw(&mut rng);
    let mut trace = Trace::new(is_traced);
    trace.say(|| format!("seed {seed}: {plan:?}"));
    let devices = plan.devices.iter().enumerate().map(|(number, &person)| {
        let has_new_board = plan.is_made_offline && number == 0;
        new_device(&Setting { number, person: draw::person(person), has_new_board, plant })
    });
    let devices = devices.collect();
    let mut server = Server::new((!plan.is_made_offline).then(draw::new_board), plant);
    server.makes_no_boards = plan.makes_no_boards;
    let mut world = World::new(rng, plan, server, devices, trace);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.run()))
        .unwrap_or_else(|_| Err(Failure::new(Wrong::Panicked, "see the message of the panic")));
    let (n_made, n_entries, n_given_up) = world.ledger.counts();
    (outcome.map(|()| Tally { n_seeds: 1, n_made, n_entries, n_given_up }), world.trace.into_text())
}

/// The first of these seeds whose simulation fails, and what is found; `None` when none does.
pub fn first_failure(
    seeds: Range<u64>,
    plant: Option<Plant>,
    new_device: &dyn Fn(&Setting) -> Box<dyn Device>,
) -> Option<(u64, Failure)> {
    seeds.into_iter().find_map(|seed| Some((seed, simulate(seed, plant, false, new_device).0.err()?)))
}
