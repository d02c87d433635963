//! Sockets that join and then say nothing: how fast they come in, and what each keeps in memory.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::{AT_A_TIME, JOIN_BYTES};
use crate::client::swarm::Swarm;
use crate::target::Target;
use crate::world::World;

/// What came out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Idle {
    pub(crate) n_sockets: usize,
    pub(crate) joins_per_second: f64,
    pub(crate) join_p50: f64,
    pub(crate) join_p99: f64,
    /// The server's, µs for each join.
    pub(crate) cpu_per_join: f64,
    /// Resident KiB for each socket, and the same as a proportional share.
    pub(crate) resident: f64,
    pub(crate) proportional: f64,
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_sockets, joins_per_second, join_p50, join_p99, cpu_per_join, resident, proportional } = self;
        writeln!(
            f,
            "{n_sockets} sockets joined: {joins_per_second:.0} a second, p50 {join_p50:.1} ms, p99 {join_p99:.1} ms"
        )?;
        writeln!(f, "server: {cpu_per_join:.1} µs of CPU for each join")?;
        write!(f, "server: {resident:.1} KiB resident for each joined socket (PSS {proportional:.1} KiB)")
    }
}

/// Runs it, and keeps the sockets for `time`.
pub(crate) fn run(target: &Target, world: &World, time: Duration) -> Result<Idle> {
    let site = target.start(world, JOIN_BYTES)?;
    let mut swarm = Swarm::new(site.process.address, None)?;
    let seats = world.seats()?;
    // A few sockets before: what the first one of all makes the server keep belongs to none of them.
    let warm = seats.len().min(10);
    swarm.join(&seats[..warm], AT_A_TIME)?;
    swarm.idle(Duration::from_millis(300))?;
    let (memory, cpu) = (site.process.memory()?, site.process.cpu()?);
    let joins = swarm.join(&seats[warm..], AT_A_TIME)?;
    let cpu = site.process.cpu()? - cpu;
    swarm.idle(time)?;
    let after = site.process.memory()?;
    let n_joins = (seats.len() - warm).max(1) as f64;
    let each = |after: u64, before: u64| (after as f64 - before as f64) / n_joins;
    let idle = Idle {
        n_sockets: swarm.len(),
        joins_per_second: n_joins / joins.time.as_secs_f64(),
        join_p50: joins.latencies.milliseconds(0.5),
        join_p99: joins.latencies.milliseconds(0.99),
        cpu_per_join: cpu.as_secs_f64() * 1e6 / n_joins,
        resident: each(after.resident, memory.resident),
        proportional: each(after.proportional, memory.proportional),
    };
    drop(swarm);
    site.stop()?;
    Ok(idle)
}
