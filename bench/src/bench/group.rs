//! A program together with everything that it starts, ended as one.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

/// How long a program may take to end when it was asked to.
const END: Duration = Duration::from_secs(20);

/// A program in a process group of its own. When the value goes, the whole group is killed.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    pid: Pid,
}

impl Group {
    /// Starts a program.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("could not start {}", command.as_std().get_program().display()))?;
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)).context("a program without a pid")?;
        Ok(Self { child, pid })
    }

    /// Asks the program to end, and waits until it has.
    pub(crate) async fn end(mut self) -> Result<()> {
        kill_process(self.pid, Signal::TERM)?;
        tokio::time::timeout(END, self.child.wait()).await.context("the program does not end")??;
        Ok(())
    }

    /// The program's own pid.
    pub(crate) const fn pid(&self) -> Pid {
        self.pid
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It fails when all of them are gone already.
        kill_process_group(self.pid, Signal::KILL).ok();
    }
}

/// The first program that another one has started and that still runs.
pub(crate) fn first_child(parent: Pid) -> Result<Option<Pid>> {
    let pid = parent.as_raw_nonzero();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(children.split_whitespace().next().and_then(|child| Pid::from_raw(child.parse().ok()?)))
}

/// How much memory a program and everything that it has started hold, in mebibytes by name: their proportional set
/// size, that is, what they hold alone and their share of what several hold.
pub(crate) fn memory(root: Pid) -> Result<BTreeMap<String, f64>> {
    let mut by_name = BTreeMap::new();
    let mut left = vec![root.as_raw_nonzero().get()];
    while let Some(pid) = left.pop() {
        let name = fs::read_to_string(format!("/proc/{pid}/comm"))?.trim().to_owned();
        *by_name.entry(name).or_default() += pss(pid)?;
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let children = fs::read_to_string(task?.path().join("children"))?;
            left.extend(children.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    Ok(by_name)
}

fn pss(pid: i32) -> Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no line Pss: in smaps_rollup")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes / 1_024.0)
}
