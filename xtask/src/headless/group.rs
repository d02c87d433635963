//! A program together with everything that it starts, ended as one.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::process::line_of;

/// How long a program may take to end by itself once it is asked to.
const GRACE: Duration = Duration::from_secs(3);

/// The groups that run now, so that a signal can end them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Whether a signal has asked this task to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// A program in a process group of its own. When the value goes, so does the whole group.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    pid: Pid,
    line: String,
}

impl Group {
    /// Starts a program, with no input unless the command says otherwise.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let line = line_of(command);
        let child = command.process_group(0).spawn().with_context(|| format!("could not start `{line}`"))?;
        let pid = Pid::from_child(&child);
        running().push(pid);
        let group = Self { child, pid, line };
        // The signal may have come before this group was in the list.
        if was_interrupted() {
            bail!("interrupted");
        }
        Ok(group)
    }

    /// Waits for the first line on the program's standard output, which must be piped.
    ///
    /// # Errors
    ///
    /// The program ends, or the time runs out, before there is one.
    pub(crate) fn first_line(&mut self, patience: Duration) -> Result<String> {
        let lines = self.lines(|_| ())?;
        self.line_from(&lines, patience, |_| true)
    }

    /// The lines of the program's standard output, which must be piped, as they come. `each` sees them all, also
    /// those that nobody waits for any more.
    ///
    /// # Errors
    ///
    /// The output is not piped or was taken before.
    pub(crate) fn lines(&mut self, each: impl Fn(&str) + Send + 'static) -> Result<Receiver<String>> {
        let stdout = self.child.stdout.take().with_context(|| format!("the output of `{}` is not ours", self.line))?;
        let (sender, receiver) = mpsc::channel();
        // Reads on when the receiver is gone: a program must not stop because its pipe is full.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                each(&line);
                sender.send(line).ok();
            }
        });
        Ok(receiver)
    }

    /// Waits until one of the lines is the `wanted` one and gives it.
    ///
    /// # Errors
    ///
    /// As [`Self::first_line`].
    pub(crate) fn line_from(
        &mut self,
        lines: &Receiver<String>,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let deadline = Instant::now() + patience;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    bail!("`{}` did not say so within {} s", self.line, patience.as_secs())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.wait()?;
                    bail!("`{}` ended ({status}) before it said so", self.line)
                }
            }
        }
    }

    /// Gives the program its whole input, which must be piped.
    ///
    /// # Errors
    ///
    /// The program does not take it.
    pub(crate) fn write_and_close(&mut self, input: &[u8]) -> Result<()> {
        let mut stdin = self.child.stdin.take().with_context(|| format!("the input of `{}` is not ours", self.line))?;
        stdin.write_all(input).with_context(|| format!("`{}` does not take its input", self.line))
    }

    /// Waits for the program to end.
    ///
    /// # Errors
    ///
    /// The system refuses to say.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().with_context(|| format!("could not wait for `{}`", self.line))
    }

    /// Waits for the program to end, and for its success.
    ///
    /// # Errors
    ///
    /// It ends otherwise.
    pub(crate) fn succeed(mut self) -> Result<()> {
        let status = self.wait()?;
        if was_interrupted() {
            bail!("interrupted");
        }
        if !status.success() {
            bail!("`{}` failed ({status})", self.line);
        }
        Ok(())
    }

    fn has_ended_by(&mut self, deadline: Instant) -> bool {
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
                Ok(status) => return status.is_some(),
                Err(_) => return true,
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        signal(self.pid, Signal::TERM);
        self.has_ended_by(Instant::now() + GRACE);
        // Also when the program itself has ended: what it started may still be there.
        signal(self.pid, Signal::KILL);
        self.has_ended_by(Instant::now() + GRACE);
        running().retain(|pid| *pid != self.pid);
    }
}

/// Whether a signal has asked this task to end. What failed since then failed because of it.
pub(crate) fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// From now on ctrl-c, and a request to end, reach every group. They are in groups of their own, so the terminal
/// does not tell them. The task itself goes on and ends because they have.
///
/// # Errors
///
/// The system does not let us listen.
pub(crate) fn end_all_when_interrupted() -> Result<()> {
    static ONCE: Once = Once::new();
    let mut outcome = Ok(());
    ONCE.call_once(|| outcome = listen());
    outcome
}

fn listen() -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).context("could not listen for signals")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            for pid in running().iter() {
                signal(*pid, Signal::TERM);
            }
        }
    });
    Ok(())
}

fn running() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    // A list of numbers is whole whatever happened to the thread that held it.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal(group: Pid, signal: Signal) {
    // It fails when nobody of the group is left, which is what we want.
    kill_process_group(group, signal).ok();
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    /// Whoever adopts an orphan reaps it; until then it is still to be seen, as a zombie.
    fn is_running(pid: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    #[test]
    fn a_group_takes_its_children_along() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command).unwrap();
        let child: i32 = group.first_line(Duration::from_secs(10)).unwrap().parse().unwrap();
        assert!(is_running(child));
        drop(group);
        let deadline = Instant::now() + Duration::from_secs(10);
        while is_running(child) {
            assert!(Instant::now() < deadline, "the child is still there");
            thread::yield_now();
        }
    }

    #[test]
    fn a_program_that_ends_early_is_named() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]).stdout(Stdio::piped());
        let error = Group::spawn(&mut command).unwrap().first_line(Duration::from_secs(10)).unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_program_that_says_nothing_is_given_up() {
        let mut command = Command::new("sleep");
        command.arg("600").stdout(Stdio::piped());
        let error = Group::spawn(&mut command).unwrap().first_line(Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("sleep 600"), "{error}");
    }
}
