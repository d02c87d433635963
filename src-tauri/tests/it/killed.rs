//! The core in a process of its own under load, killed at random moments, again and again on the same profile; and the
//! server too.

mod draw;
mod hand;
mod life;
mod machine;
mod process;
mod record;
mod world;

use roost_bridge::{ConnectionPhase, ConnectionState};
use tokio::time::sleep;
use uuid::Uuid;

use draw::Draw;
use machine::Machine;
use process::{Process, Role, Said};
use world::World;

const ROUNDS: usize = 100;
/// How many changes are made of a board in a round, at most.
const CHANGES: usize = 25;
/// A round ends after fewer lines than this, unless all is done before, and up to so many microseconds later.
const LINES: usize = 60;
const DELAY: usize = 3_000;
/// For what begins, in microseconds.
const LONG_DELAY: usize = 60_000;
/// Machines on which a log gets so long that a new snapshot takes its place, and for how many rounds each.
const LATE: usize = 5;
const LATE_ROUNDS: usize = 6;
/// Rounds between two in which the file is damaged, and how many of those that follow are killed in the middle of it.
const DAMAGE_EVERY: usize = 20;
const HEALING: usize = 3;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "whoever repeats a failure needs the seed")]
async fn killed_a_hundred_times_nothing_that_was_acknowledged_is_missing() {
    let seed = Uuid::now_v7().as_u64_pair().1;
    eprintln!("the moments follow from the seed {seed:#018x}");
    let mut draw = Draw(seed);
    let world = World::begin().await;
    let mut machines = vec![Machine::new(&world, vec![world.own, world.shared])];
    machines.extend((0..LATE).map(|_| Machine::new(&world, vec![world.long])));
    let mut rounds = Rounds { draw: draw.fork(), world, n_since_damage: 0 };
    for n in 0..ROUNDS {
        // The last rounds of every twenty are for a machine that comes late.
        let late = (n % (ROUNDS / LATE)).checked_sub(ROUNDS / LATE - LATE_ROUNDS).map(|_| 1 + n / (ROUNDS / LATE));
        match late {
            Some(late) => rounds.change(&mut machines[late]).await,
            None => rounds.next(&mut machines[0]).await,
        }
    }
    let mut world = rounds.world;
    world.way.is_given_back();
    let (mut n_kept, mut n_refused) = (0, 0);
    for machine in &mut machines {
        let (kept, refused) = machine.end(&mut world).await;
        n_kept += kept;
        n_refused += refused;
    }
    eprintln!("{n_kept} changes were acknowledged, {n_refused} were refused later");
    assert!(n_kept > ROUNDS, "only {n_kept} changes were acknowledged");
    let known = machines.iter().flat_map(|machine| machine.records.values().flat_map(record::Record::ops)).collect();
    let boards = machines[0].boards.clone();
    world.end(known, &boards).await;
}

struct Rounds {
    draw: Draw,
    world: World,
    /// Of those that can begin with damage.
    n_since_damage: usize,
}

/// When a process is killed.
struct Moment {
    /// Whether lines count from the start, or from when it has told what it found.
    from_start: bool,
    n_lines: usize,
    delay: usize,
    /// After what it is killed in any case.
    last: fn(&Said) -> bool,
}

/// What else happens in a round.
#[derive(Clone, Copy)]
enum Fault {
    Nothing,
    /// The way is cut half way through.
    Cut,
    /// The server is killed half way through, and started again.
    Restart,
    /// The server is killed just before.
    Before,
    /// The server is killed just afterwards.
    Afterwards,
}

impl Rounds {
    /// A round of whatever kind is due.
    async fn next(&mut self, machine: &mut Machine) {
        self.n_since_damage += 1;
        match self.n_since_damage % DAMAGE_EVERY {
            0 => {
                machine.damage();
                self.heal(machine, LINES).await;
            }
            1..=HEALING if self.n_since_damage > HEALING + 1 => {
                let is_last = self.n_since_damage % DAMAGE_EVERY == HEALING;
                self.heal(machine, if is_last { usize::MAX } else { LINES }).await;
                if is_last {
                    machine.is_healed();
                }
            }
            _ => match self.draw.below(100) {
                0..12 => self.begin(machine).await,
                12..27 => self.send(machine).await,
                _ => self.change(machine).await,
            },
        }
    }

    /// Killed while it makes changes, with or without a way to the server.
    async fn change(&mut self, machine: &mut Machine) {
        let n_lines = self.draw.below(LINES);
        let last = |said: &Said| matches!(said, Said::Done);
        let is_away = self.draw.percent(30);
        let fault = self.draw.pick(&[
            Fault::Nothing,
            Fault::Nothing,
            Fault::Nothing,
            Fault::Nothing,
            Fault::Cut,
            Fault::Restart,
            Fault::Before,
            Fault::Afterwards,
        ]);
        let moment = Moment { from_start: false, n_lines, delay: DELAY, last };
        self.round(machine, CHANGES, is_away, moment, fault).await;
    }

    /// Killed while it starts.
    async fn begin(&mut self, machine: &mut Machine) {
        let last = |said: &Said| matches!(said, Said::Begins);
        let moment = Moment { from_start: true, n_lines: 1, delay: LONG_DELAY, last };
        let is_away = self.draw.percent(30);
        self.round(machine, CHANGES, is_away, moment, Fault::Nothing).await;
    }

    /// Killed while it sends what waits and fetches what is missing.
    async fn send(&mut self, machine: &mut Machine) {
        let last = |said: &Said| {
            let all = ConnectionState { phase: ConnectionPhase::Live, n_waiting: 0 };
            matches!(said, Said::Heard(Some(state)) if *state == all)
        };
        let moment = Moment { from_start: false, n_lines: self.draw.below(LINES), delay: DELAY, last };
        self.round(machine, 0, false, moment, Fault::Nothing).await;
    }

    /// Killed while it replaces a damaged file and fetches everything anew.
    async fn heal(&mut self, machine: &mut Machine, max: usize) {
        let n_lines = if max == usize::MAX { max } else { 1 + self.draw.below(max) };
        // A third of them while it starts.
        let from_start = n_lines < LINES / 3;
        let (n_lines, delay) = if from_start { (1, LONG_DELAY) } else { (n_lines, DELAY) };
        let moment = Moment { from_start: true, n_lines, delay, last: |said| matches!(said, Said::Done) };
        self.round(machine, 1, false, moment, Fault::Nothing).await;
    }

    async fn round(&mut self, machine: &mut Machine, n_changes: usize, is_away: bool, moment: Moment, fault: Fault) {
        let Self { draw, world, .. } = self;
        if draw.percent(25) {
            world.interfere(draw).await;
        }
        world.way.is_given_back();
        if is_away {
            world.way.takes_nobody();
            world.way.cut();
        }
        let mut process = Process::start(&Role::Desk(machine.work(world, n_changes, draw)));
        let mut said = Vec::new();
        let mut n_lines = 0;
        let mut counts = moment.from_start;
        let mut is_half_way = false;
        while !counts || n_lines < moment.n_lines {
            let line = process.next().await;
            let is_last = (moment.last)(&line);
            n_lines += usize::from(counts);
            counts |= matches!(line, Said::Found(_));
            said.push(line);
            if is_last {
                break;
            }
            if counts && !is_half_way && n_lines >= moment.n_lines / 2 {
                is_half_way = true;
                half_way(world, fault).await;
            }
        }
        sleep(draw.micros(moment.delay)).await;
        if matches!(fault, Fault::Before) {
            world.kill_server().await;
            sleep(draw.micros(DELAY)).await;
        }
        said.extend(process.kill().await);
        if matches!(fault, Fault::Afterwards) {
            sleep(draw.micros(DELAY)).await;
            world.kill_server().await;
        }
        world.start_server().await;
        machine.take(world, said).await;
    }
}

async fn half_way(world: &mut World, fault: Fault) {
    match fault {
        Fault::Cut => {
            world.way.takes_nobody();
            world.way.cut();
        }
        Fault::Restart => {
            world.kill_server().await;
            world.start_server().await;
        }
        Fault::Nothing | Fault::Before | Fault::Afterwards => {}
    }
}
