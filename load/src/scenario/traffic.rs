//! Proposals, and their entries to everybody on the topic.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{AT_A_TIME, JOIN_BYTES};
use crate::client::order::Faults;
use crate::client::pace::Pace;
use crate::client::swarm::Swarm;
use crate::process::own_cpu;
use crate::target::{Target, note};
use crate::world::World;

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) world: World,
    pub(crate) n_senders: usize,
    pub(crate) pace: Pace,
    /// Before anything is counted, and while it is.
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
    /// How long nothing may happen while something is awaited.
    pub(crate) patience: Duration,
}

/// What came out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) deliveries_per_second: f64,
    pub(crate) proposals_per_second: f64,
    /// The server's, in µs.
    pub(crate) cpu_per_delivery: f64,
    pub(crate) cpu_per_proposal: f64,
    /// From when a proposal was due until a subscriber had its entry, and until it was answered; in ms.
    pub(crate) delivery_p50: f64,
    pub(crate) delivery_p99: f64,
    pub(crate) reply_p50: f64,
    pub(crate) reply_p99: f64,
    /// How many readings brought a delivery each: below one, frames came together.
    pub(crate) reads_per_delivery: f64,
    /// How much of one core the generator and the server used.
    pub(crate) generator: f64,
    pub(crate) server: f64,
    pub(crate) faults: Faults,
    /// How many entries were looked at for them.
    pub(crate) n_checked: u64,
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:.0} proposals a second, {:.0} deliveries a second",
            self.proposals_per_second, self.deliveries_per_second
        )?;
        writeln!(
            f,
            "server: {:.2} µs of CPU for each delivery, {:.1} µs for each proposal",
            self.cpu_per_delivery, self.cpu_per_proposal
        )?;
        writeln!(f, "delivery: p50 {:.3} ms, p99 {:.3} ms", self.delivery_p50, self.delivery_p99)?;
        writeln!(f, "reply: p50 {:.3} ms, p99 {:.3} ms", self.reply_p50, self.reply_p99)?;
        writeln!(f, "{:.2} readings for each delivery", self.reads_per_delivery)?;
        writeln!(f, "busy: server {:.0} %, generator {:.0} % of a core", self.server * 100.0, self.generator * 100.0)?;
        write!(f, "of {} entries: {}", self.n_checked, self.faults)
    }
}

/// Runs it. That nothing was lost, doubled or out of order is for the caller to see.
pub(crate) fn run(target: &Target, load: &Load) -> Result<Traffic> {
    let site = target.start(&load.world, JOIN_BYTES)?;
    let mut swarm = Swarm::new(site.process.address, None)?;
    swarm.patience = load.patience;
    swarm.join(&load.world.seats()?, AT_A_TIME)?;
    swarm.idle(Duration::from_millis(200))?;
    let senders = load.world.senders(load.n_senders);
    swarm.send(load.pace, &senders)?;
    swarm.idle(load.warm_up)?;
    note(&format!("measuring for {:?} from now", load.time));
    swarm.count();
    let (start, server, own) = (Instant::now(), site.process.cpu()?, own_cpu()?);
    swarm.idle(load.time)?;
    let seconds = start.elapsed().as_secs_f64();
    let (server, own) = ((site.process.cpu()? - server).as_secs_f64(), (own_cpu()? - own).as_secs_f64());
    let counts = &swarm.counts;
    let (n_deliveries, n_replies) = (counts.n_deliveries as f64, counts.n_replies as f64);
    let n_reads = counts.n_reads as f64;
    swarm.finish()?;
    ensure!(n_deliveries > 0.0 && n_replies > 0.0, "nothing was delivered in {:?}", load.time);
    let (deliveries, replies) = (&swarm.counts.deliveries, &swarm.counts.replies);
    let traffic = Traffic {
        deliveries_per_second: n_deliveries / seconds,
        proposals_per_second: n_replies / seconds,
        cpu_per_delivery: server * 1e6 / n_deliveries,
        cpu_per_proposal: server * 1e6 / n_replies,
        delivery_p50: deliveries.milliseconds(0.5),
        delivery_p99: deliveries.milliseconds(0.99),
        reply_p50: replies.milliseconds(0.5),
        reply_p99: replies.milliseconds(0.99),
        reads_per_delivery: n_reads / n_deliveries,
        generator: own / seconds,
        server: server / seconds,
        faults: swarm.faults,
        n_checked: swarm.n_checked,
    };
    drop(swarm);
    site.stop()?;
    Ok(traffic)
}
