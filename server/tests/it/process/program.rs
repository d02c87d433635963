//! Starting and ending the binary.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::site::Caller;

/// A running `roost-server`; it is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) first_line: String,
    /// Kept open, so that the program can write to it.
    _stdout: BufReader<ChildStdout>,
}

/// The binary, with nothing of this process' settings.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roost-server"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROOST_")) {
        command.env_remove(name);
    }
    command.env("ROOST_LOG", "warn");
    command
}

/// What a run that succeeds prints.
pub(crate) fn run(args: &[&str]) -> String {
    let output = command().args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a run that fails says.
pub(crate) fn failure(args: &[&str]) -> String {
    fails(command().args(args))
}

/// What a run that fails says.
pub(crate) fn fails(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}: {said}", output.status);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert!(!said.contains("panicked"), "{said}");
    said
}

impl Program {
    /// Serves a data directory on a free port.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::spawn(command().args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        assert_eq!(first_line.pop(), Some('\n'), "the server did not start");
        Self { child, first_line, _stdout: stdout }
    }

    /// `ADDRESS:PORT`
    pub(crate) fn address(&self) -> &str {
        self.first_line.strip_prefix("listening on http://").unwrap()
    }

    /// Somebody who is not signed in.
    pub(crate) fn caller(&self) -> Caller {
        Caller::new(self.address())
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits.
    #[cfg(unix)]
    pub(crate) fn terminate(mut self) -> std::process::ExitStatus {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
