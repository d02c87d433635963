//! The app without a driver in front of it: a driver ends its session when the process that draws the window crashes.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

use super::group::{Group, signal};
use super::story::program;
use super::wait::PATIENCE;

/// What the system calls the process that draws the window; it cuts names after 15 characters.
const DRAWS: &str = "WebKitWebProces";

/// A running app that is not driven.
#[derive(Debug)]
pub(crate) struct Undriven {
    group: Group,
    said: Lines<BufReader<ChildStdout>>,
    _profile: TempDir,
}

impl Undriven {
    /// Starts somebody's app for the first time.
    pub(crate) async fn start() -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("roost-e2e-profile-").tempdir()?;
        let mut command = Command::new(program("ROOST_APP_BIN")?);
        command.arg("--profile").arg(profile.path()).stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command)?;
        let stdout = group.child.stdout.take().context("the app's output is not ours")?;
        let mut app = Self { group, said: BufReader::new(stdout).lines(), _profile: profile };
        app.shows_itself().await?;
        Ok(app)
    }

    /// Waits until the interface says that it is drawn, which it does each time it is loaded.
    pub(crate) async fn shows_itself(&mut self) -> Result<()> {
        let line = tokio::time::timeout(PATIENCE, self.said.next_line()).await.context("the window stays empty")??;
        ensure!(line.as_deref() == Some("window ready"), "the app said {line:?}");
        Ok(())
    }

    /// Kills the process that draws the window.
    pub(crate) fn crash_window(&self) -> Result<()> {
        let app = self.group.child.id().context("the app has ended")?;
        let drawing = fs::read_dir("/proc")?.find_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // Its number, its name in parentheses, its state, and the number of who has started it.
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
            let parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
            (name == DRAWS && parent == app).then(|| Pid::from_raw(pid))?
        });
        signal(drawing.context("no process draws the window")?, Signal::KILL)
    }
}
