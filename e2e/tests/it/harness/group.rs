//! A program together with everything that it starts, ended as one.

use std::fs;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

/// A program in a process group of its own. When the value goes, the whole group is killed.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) child: Child,
    pid: Pid,
}

impl Group {
    /// Starts a program.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start {}", command.as_std().get_program().display()))?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)).context("a program without a pid")?;
        Ok(Self { child, pid })
    }

    /// Kills everything at once, as a crash or a power cut would, and waits until the program is gone.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        kill_process_group(self.pid, Signal::KILL)?;
        self.child.wait().await?;
        Ok(())
    }

    /// The first program that this one has started and that still runs.
    pub(crate) fn first_child(&self) -> Result<Option<Pid>> {
        let pid = self.pid.as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        Ok(children.split_whitespace().next().and_then(|child| Pid::from_raw(child.parse().ok()?)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It fails when all of them are gone already.
        kill_process_group(self.pid, Signal::KILL).ok();
    }
}

/// Sends a signal to one program.
pub(crate) fn signal(pid: Pid, signal: Signal) -> Result<()> {
    Ok(kill_process(pid, signal)?)
}

/// Whether a program still runs; one that has ended and was not waited for does not.
pub(crate) fn is_running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // The name in parentheses may hold anything; the state follows it.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
