//! Where everything is measured: Roost's server and both floors, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::client::pace::Pace;
use crate::scenario::traffic::{self, Load, Traffic};
use crate::target::{Floor, Target, note};
use crate::world::World;

/// How long nothing may happen while something is awaited.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Idle sockets.
    pub(super) sockets: [usize; 3],
    /// Who join one topic at once.
    pub(super) joiners: [usize; 3],
    /// Quick joins.
    pub(super) quick: usize,
    /// Subscribers of one topic; the middle one is what the goals are about.
    pub(super) subscribers: [usize; 3],
    /// Topics of five subscribers, likewise.
    pub(super) topics: [usize; 3],
    /// Proposals a second on those.
    pub(super) rate: f64,
    /// Senders on their own boards.
    pub(super) senders: [usize; 3],
    /// Entries to catch up with; the last one is what the table shows.
    pub(super) entries: [u64; 3],
    /// Cards of a board; the middle one is.
    pub(super) cards: [u64; 3],
    /// Whether the goals are about these.
    pub(super) has_goals: bool,
    pub(super) warm_up: Duration,
    pub(super) time: Duration,
}

impl Sizes {
    /// As the goals have them.
    pub(super) const FULL: Self = Self {
        sockets: [1_000, 5_000, 10_000],
        joiners: [250, 500, 1_000],
        quick: 5_000,
        subscribers: [200, 1_000, 5_000],
        topics: [200, 1_000, 2_000],
        rate: 1_000.0,
        senders: [1, 100, 1_000],
        entries: [100, 1_000, 10_000],
        cards: [1_000, 10_000, 40_000],
        has_goals: true,
        warm_up: Duration::from_secs(1),
        time: Duration::from_secs(5),
    };

    /// To see whether it works.
    pub(super) const QUICK: Self = Self {
        sockets: [50, 100, 200],
        joiners: [20, 50, 100],
        quick: 200,
        subscribers: [10, 50, 100],
        topics: [10, 20, 40],
        rate: 100.0,
        senders: [1, 10, 50],
        entries: [10, 50, 100],
        cards: [10, 100, 1_000],
        has_goals: false,
        warm_up: Duration::from_millis(200),
        time: Duration::from_millis(500),
    };
}

/// What is measured, and what was wrong meanwhile.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) roost: Target,
    pub(super) floors: [Target; 2],
    pub(super) folder: PathBuf,
    pub(super) sizes: Sizes,
    /// Entries whose `seq` was looked at, and in how many runs.
    pub(super) n_checked: u64,
    pub(super) n_runs: u64,
    pub(super) faults: Vec<String>,
}

impl Lab {
    pub(super) fn new(server: &Path, folder: &Path, sizes: Sizes) -> Result<Self> {
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let floor = |kind| Target::Floor { program: program.clone(), kind };
        Ok(Self {
            roost: Target::Roost { program: server.to_owned(), folder: folder.to_owned() },
            floors: [floor(Floor::A), floor(Floor::B)],
            folder: folder.to_owned(),
            sizes,
            n_checked: 0,
            n_runs: 0,
            faults: Vec::new(),
        })
    }

    /// What is to be done for as long as everything is.
    pub(super) fn load(&self, world: World, n_senders: usize, pace: Pace) -> Load {
        Load { world, n_senders, pace, warm_up: self.sizes.warm_up, time: self.sizes.time, patience: PATIENCE }
    }

    /// Does it to Roost alone.
    pub(super) fn roost(&mut self, what: &str, load: &Load) -> Result<Traffic> {
        let target = self.roost.clone();
        self.run(what, "Roost", &target, load)
    }

    /// Does it to Roost and to both floors.
    pub(super) fn all(&mut self, what: &str, load: &Load) -> Result<[Traffic; 3]> {
        let [a, b] = self.floors.clone();
        let a = self.run(what, "floor A", &a, load)?;
        let b = self.run(what, "floor B", &b, load)?;
        Ok([self.roost(what, load)?, a, b])
    }

    fn run(&mut self, what: &str, name: &str, target: &Target, load: &Load) -> Result<Traffic> {
        note(&format!("{what}: {name}"));
        let traffic = traffic::run(target, load).with_context(|| format!("{what}, {name}"))?;
        self.n_checked += traffic.n_checked;
        self.n_runs += 1;
        if !traffic.faults.is_none() {
            self.faults.push(format!("{what}, {name}: {}", traffic.faults));
        }
        Ok(traffic)
    }
}
