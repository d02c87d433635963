//! A server in a process of its own, and what it costs as the kernel counts it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. One that was started here is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    own: Option<(Child, BufReader<ChildStdout>)>,
}

/// What a process has in memory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident, in KiB.
    pub(crate) resident: u64,
    /// The same, with a share only of what others have too.
    pub(crate) proportional: u64,
}

impl Process {
    /// Starts a server that says on its first line where it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.with_context(|| format!("cannot start {name}"))?;
        let mut stdout = BufReader::new(child.stdout.take().context("a server without output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let pid = child.id();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let status = child.wait()?;
            bail!("{name} did not start: {line:?}, {status}");
        };
        Ok(Self { address: address.parse()?, pid, own: Some((child, stdout)) })
    }

    /// A server that somebody else has started.
    pub(crate) const fn running(address: SocketAddr, pid: u32) -> Self {
        Self { address, pid, own: None }
    }

    /// The time that it was on a processor so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.pid.to_string())
    }

    /// What it has in memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let path = format!("/proc/{}/smaps_rollup", self.pid);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            let value = value.and_then(|value| value.trim().strip_suffix(" kB"));
            value.and_then(|value| value.parse().ok()).with_context(|| format!("no {name} in {path}"))
        };
        Ok(Memory { resident: field("Rss:")?, proportional: field("Pss:")? })
    }

    /// Stops it as its owner would, and waits until it is gone.
    pub(crate) fn stop(mut self) -> Result<()> {
        let Some((mut child, stdout)) = self.own.take() else { return Ok(()) };
        let pid = Pid::from_child(&child);
        kill_process(pid, Signal::TERM).context("cannot stop a server")?;
        let asked = Instant::now();
        while child.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                bail!("the server did not stop within {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(stdout);
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            // It may have ended already.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The time that this process was on a processor so far.
pub(crate) fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

/// User and system time of all threads, those that have ended included (proc(5)).
fn cpu_of(pid: &str) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let ticks = ticks(&text).with_context(|| format!("cannot understand {path}"))?;
    Ok(Duration::from_nanos(ticks * 1_000_000_000 / rustix::param::clock_ticks_per_second()))
}

/// The name of the program, in parentheses, may have anything in it.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_those_of_user_and_system() {
        let stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1 2 3 4 70 8 0 0 20 0 3 0 12345 1 1 0";
        assert_eq!(ticks(stat), Some(78));
        assert_eq!(ticks("4242"), None);
    }

    #[test]
    fn this_process_costs_something() {
        let process = Process::running(SocketAddr::from(([127, 0, 0, 1], 1)), std::process::id());
        let memory = process.memory().unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 100, "{memory:?}");
        let start = Instant::now();
        let before = own_cpu().unwrap();
        while own_cpu().unwrap() == before {
            assert!(start.elapsed() < PATIENCE);
        }
    }
}
