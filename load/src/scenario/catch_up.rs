//! Coming back after many entries, and opening a large board: how long the answer takes, and how large it is.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::client::pace::Pace;
use crate::client::swarm::{Seat, Swarm};
use crate::client::tally::Latencies;
use crate::target::Target;
use crate::world::{CARDS, World};

/// How many join one after the other.
const JOINS: usize = 20;

/// How long making the entries may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CatchUp {
    /// From asking to join to the answer: the first one, for which the server has nothing ready, and the median of the
    /// others; in ms.
    pub(crate) first: f64,
    pub(crate) median: f64,
    /// Of one answer.
    pub(crate) n_bytes: f64,
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ms, the first {:.2} ms, {:.0} bytes", self.median, self.first, self.n_bytes)
    }
}

/// Joins a board of so many cards. A floor answers with `join_bytes`.
pub(crate) fn board(target: &Target, n_cards: u64, join_bytes: usize) -> Result<CatchUp> {
    let world = World { n_cards: n_cards.max(CARDS), ..World::new(JOINS, 1) };
    let site = target.start(&world, join_bytes)?;
    let mut swarm = Swarm::new(site.process.address, None)?;
    let came = join(&mut swarm, &world.seats()?)?;
    drop(swarm);
    site.stop()?;
    Ok(came)
}

/// Joins a board with `since` so many entries behind.
pub(crate) fn since(target: &Target, n_entries: u64, join_bytes: usize) -> Result<CatchUp> {
    // A board that is larger than the entries: else it would be the answer.
    let world = World { n_cards: (4 * n_entries).max(CARDS), ..World::new(JOINS + 1, 1) };
    let site = target.start(&world, join_bytes)?;
    let mut swarm = Swarm::new(site.process.address, None)?;
    let mut seats = world.seats()?;
    swarm.join(&seats[..1], 1)?;
    swarm.send(Pace::Closed { in_flight: 32 }, &[0])?;
    let is_made = swarm.until(PATIENCE, |swarm| swarm.counts.n_replies >= n_entries)?;
    ensure!(is_made, "{n_entries} entries are not made within {PATIENCE:?}");
    swarm.finish()?;
    let end = swarm.counts.n_replies;
    seats.iter_mut().for_each(|seat| seat.since = Some(end - n_entries));
    let came = join(&mut swarm, &seats[1..])?;
    drop(swarm);
    site.stop()?;
    Ok(came)
}

fn join(swarm: &mut Swarm, seats: &[Seat]) -> Result<CatchUp> {
    let (mut first, mut n_bytes) = (0.0, 0);
    let mut latencies = Latencies::new();
    for (index, seat) in seats.iter().enumerate() {
        let joins = swarm.join(std::slice::from_ref(seat), 1)?;
        n_bytes += joins.n_bytes;
        if index == 0 {
            first = joins.latencies.milliseconds(1.0);
        } else {
            latencies.add(&joins.latencies);
        }
        // Until everybody has heard who came.
        swarm.idle(Duration::from_millis(70))?;
    }
    Ok(CatchUp { first, median: latencies.milliseconds(0.5), n_bytes: n_bytes as f64 / seats.len() as f64 })
}
