//! What is measured: Roost's server, or a floor to hold beside it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use crate::process::Process;
use crate::world::{SECRET, World};

/// A server that can be started.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Roost's.
    Roost {
        /// The program.
        program: PathBuf,
        /// Where its data directories are made.
        folder: PathBuf,
    },
    /// One that does nothing but send bytes that are ready.
    Floor {
        /// The program, which is this one.
        program: PathBuf,
        /// Which.
        kind: Floor,
    },
    /// One that runs already, with the data of [`prepare`].
    Running { address: SocketAddr, pid: u32 },
}

/// The two floors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Floor {
    /// One write for each message and subscriber, in one thread.
    A,
    /// A tokio-tungstenite task for each socket, with a write buffer.
    B,
}

/// A server that runs, and its data.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) process: Process,
    /// Removed when the server has stopped.
    _data_dir: Option<TempDir>,
}

/// Limits that would be in the way: they keep one person from taking what is there for all, and here a few people on
/// one address are all. Those that a server does not have are left out.
const LIMITS: [(&str, &str); 15] = [
    ("--connections", "100000"),
    ("--connections-per-address", "100000"),
    ("--sockets", "100000"),
    ("--sockets-per-address", "100000"),
    ("--sockets-per-user", "100000"),
    ("--frames-per-socket", "1000000/s"),
    ("--proposals-per-user", "1000000/s"),
    ("--proposals-per-board", "1000000/s"),
    ("--requests-per-address", "1000000/s"),
    ("--socket-queue", "100000"),
    ("--socket-queue-bytes", "1073741824"),
    ("--queued-bytes", "8589934592"),
    ("--socket-silence", "3600"),
    ("--changes-in-flight", "100000"),
    ("--open-boards", "20000"),
];

impl Target {
    /// Starts it on a world. The answer to a join has `join_bytes` where a floor makes it up.
    pub(crate) fn start(&self, world: &World, join_bytes: usize) -> Result<Site> {
        let site = self.start_quietly(world, join_bytes)?;
        note(&format!("the server is process {} on {}", site.process.pid, site.process.address));
        Ok(site)
    }

    fn start_quietly(&self, world: &World, join_bytes: usize) -> Result<Site> {
        match self {
            Self::Roost { program, folder } => {
                let data_dir = data_dir(folder)?;
                prepare(program, data_dir.path(), world)?;
                let process = Process::start(&mut serve(program, data_dir.path())?)?;
                Ok(Site { process, _data_dir: Some(data_dir) })
            }
            Self::Floor { program, kind } => {
                let mut command = Command::new(program);
                command.arg("floor").arg(if *kind == Floor::A { "a" } else { "b" });
                command.arg("--join-bytes").arg(join_bytes.to_string());
                Ok(Site { process: Process::start(&mut command)?, _data_dir: None })
            }
            Self::Running { address, pid } => Ok(Site { process: Process::running(*address, *pid), _data_dir: None }),
        }
    }
}

impl Site {
    pub(crate) fn stop(self) -> Result<()> {
        self.process.stop()
    }
}

/// A folder for a server's data, on a real disk.
fn data_dir(folder: &Path) -> Result<TempDir> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    on_disk(folder)?;
    Ok(TempDir::with_prefix_in("load-", folder)?)
}

/// Whether a folder is on a disk: what is committed to memory costs nothing.
pub(crate) fn on_disk(folder: &Path) -> Result<()> {
    const TMPFS: i64 = 0x0102_1994;
    let kind = rustix::fs::statfs(folder)?.f_type;
    ensure!(kind != TMPFS, "{} is in memory and not on a disk; choose another --folder", folder.display());
    Ok(())
}

/// Makes a data directory with a world in it.
pub(crate) fn prepare(program: &Path, data_dir: &Path, world: &World) -> Result<()> {
    // The server makes the tables; then it is stopped, and what it would take long to make is put into them.
    Process::start(&mut serve(program, data_dir)?)?.stop()?;
    world.write(data_dir)
}

/// The command that serves a data directory.
pub(crate) fn serve(program: &Path, data_dir: &Path) -> Result<Command> {
    let help = Command::new(program).args(["serve", "--help"]).output();
    let help = help.with_context(|| format!("cannot run {}", program.display()))?;
    let help = String::from_utf8_lossy(&help.stdout);
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROOST_")) {
        command.env_remove(name);
    }
    command.env("ROOST_SECRET", SECRET).env("ROOST_LOG", "warn");
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
    for (flag, value) in LIMITS {
        if help.split_whitespace().any(|word| word == flag) {
            command.args([flag, value]);
        }
    }
    Ok(command)
}

/// Lets this process, and those that it starts, have as many files open as they may.
pub(crate) fn raise_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// Says on standard error what is going on.
pub(crate) fn note(what: &str) {
    // If nobody listens, nobody needs to know.
    drop(writeln!(std::io::stderr(), "{what}"));
}
