//! Coming back after many entries, and opening a large board: how long the answer takes, and how large it is.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::AT_A_TIME;
use crate::client::swarm::Swarm;
use crate::client::tally::Latencies;
use crate::target::Target;
use crate::world::World;

/// How many join one after the other.
const JOINS: usize = 20;

/// What came out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CatchUp {
    pub(crate) n: u64,
    /// With `since` so many entries behind: the first time and the median, in ms; and the bytes of an answer.
    pub(crate) since_first: f64,
    pub(crate) since: f64,
    pub(crate) since_bytes: f64,
    /// A board of so many cards, likewise.
    pub(crate) board_first: f64,
    pub(crate) board: f64,
    pub(crate) board_bytes: f64,
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n, since_first, since, since_bytes, board_first, board, board_bytes } = self;
        writeln!(
            f,
            "joined {n} entries behind: {since:.2} ms (the first {since_first:.2} ms), {since_bytes:.0} bytes"
        )?;
        write!(f, "joined a board of {n} cards: {board:.2} ms (the first {board_first:.2} ms), {board_bytes:.0} bytes")
    }
}

/// Runs it with so many entries, and so many cards.
pub(crate) fn run(target: &Target, n: u64) -> Result<CatchUp> {
    let board = World { n_sockets: JOINS + 1, n_boards: 1, n_cards: n };
    let (board_first, board_median, board_bytes) = measure(target, &board, 0, n)?;
    // As large as it takes for the entries to be less than the board: else the board would be the answer.
    let (since_first, since, since_bytes) = measure(target, &World { n_cards: 4 * n, ..board }, n, n)?;
    Ok(CatchUp { n, since_first, since, since_bytes, board_first, board: board_median, board_bytes })
}

fn measure(target: &Target, world: &World, n_entries: u64, n: u64) -> Result<(f64, f64, f64)> {
    let join_bytes = usize::try_from(n)? * if n_entries == 0 { 200 } else { 330 };
    let site = target.start(world, join_bytes)?;
    let mut swarm = Swarm::new(site.process.address, None)?;
    let mut seats = world.seats()?;
    let (mut first, mut bytes) = (0.0, 0);
    let mut latencies = Latencies::new();
    if n_entries > 0 {
        swarm.join(&seats[..1], AT_A_TIME)?;
        swarm.send_closed(32, &[0])?;
        swarm.until(Duration::from_secs(60), |swarm| swarm.counts.n_replies >= n_entries)?;
        swarm.finish()?;
        let end = swarm.counts.n_replies;
        seats.iter_mut().for_each(|seat| seat.since = Some(end - n_entries));
    }
    let joining = &seats[usize::from(n_entries > 0)..][..JOINS];
    for (index, seat) in joining.iter().enumerate() {
        let joins = swarm.join(std::slice::from_ref(seat), 1)?;
        bytes += joins.bytes;
        if index == 0 {
            first = joins.latencies.milliseconds(1.0);
        } else {
            latencies.record(u64::try_from(joins.time.as_nanos())?);
        }
        swarm.idle(Duration::from_millis(5))?;
    }
    drop(swarm);
    site.stop()?;
    Ok((first, latencies.milliseconds(0.5), bytes as f64 / joining.len() as f64))
}
