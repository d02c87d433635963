//! Many who join one topic at once: when all of them know everyone, and in how many frames.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::JOIN_BYTES;
use crate::client::swarm::Swarm;
use crate::target::Target;
use crate::world::World;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Presence {
    pub(crate) n_sockets: usize,
    pub(crate) n_users: usize,
    /// Seconds until all had joined, and until all knew everyone.
    pub(crate) joined: f64,
    pub(crate) known: f64,
    /// For each client.
    pub(crate) frames_max: u32,
    pub(crate) frames_mean: f64,
    /// MiB of presence, to all.
    pub(crate) mebibytes: f64,
    /// Seconds of the server's.
    pub(crate) cpu: f64,
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_sockets, n_users, joined, known, frames_max, frames_mean, mebibytes, cpu } = self;
        writeln!(
            f,
            "{n_sockets} sockets of {n_users} people on one topic: joined after {joined:.2} s, all knew everyone after {known:.2} s"
        )?;
        writeln!(
            f,
            "presence frames to each: {frames_max} at most, {frames_mean:.1} on average; {mebibytes:.0} MiB in all"
        )?;
        write!(f, "server: {cpu:.2} s of CPU")
    }
}

/// Runs it.
pub(crate) fn run(target: &Target, world: &World) -> Result<Presence> {
    let site = target.start(world, JOIN_BYTES)?;
    let seats = world.seats()?;
    let n_users = world.n_users();
    let mut swarm = Swarm::new(site.process.address, Some(n_users))?;
    let (start, cpu) = (Instant::now(), site.process.cpu()?);
    // All at once.
    swarm.join(&seats, seats.len())?;
    let joined = start.elapsed().as_secs_f64();
    let all_know = swarm.until(PATIENCE, |swarm| swarm.presence().all(|known| known.n_users == n_users))?;
    ensure!(all_know, "not everybody knows everyone after {PATIENCE:?}");
    let known = start.elapsed().as_secs_f64();
    // What else is said is counted too.
    swarm.idle(Duration::from_millis(500))?;
    let cpu = site.process.cpu()? - cpu;
    let frames = || swarm.presence().map(|known| known.n_frames);
    let presence = Presence {
        n_sockets: swarm.len(),
        n_users,
        joined,
        known,
        frames_max: frames().max().unwrap_or_default(),
        frames_mean: frames().map(f64::from).sum::<f64>() / swarm.len() as f64,
        mebibytes: swarm.presence().map(|known| known.n_bytes).sum::<u64>() as f64 / 1_048_576.0,
        cpu: cpu.as_secs_f64(),
    };
    drop(swarm);
    site.stop()?;
    Ok(presence)
}
