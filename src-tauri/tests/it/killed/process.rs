//! The processes that are killed: this very program, started again with something else to do.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use roost_board::{BoardId, Change, Doing, OpId, Proposal};
use roost_bridge::{AttentionItem, ConnectionState};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// The variable that says what a process has to do.
pub(super) const ROLE: &str = "ROOST_TEST_ROLE";
/// The test that does it.
const TEST: &str = "killed::life::of_a_process_that_is_killed";
/// What a line begins with that is for whoever has started the process.
const MARK: &str = "said: ";
/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a process has to do until it is killed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Role {
    /// Serve this folder.
    Server(PathBuf),
    /// Be somebody's Roost.
    Desk(Work),
}

/// What somebody does with their Roost.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) profile: PathBuf,
    pub(super) token: String,
    /// The boards that have to be there.
    pub(super) boards: Vec<BoardId>,
    /// Those that may be there.
    pub(super) perhaps: Vec<BoardId>,
    /// The boards that are changed.
    pub(super) hands: Vec<BoardId>,
    /// A board to be made, and its name; it is changed too.
    pub(super) new_board: Option<(BoardId, String)>,
    /// How many changes are made of each board.
    pub(super) n_changes: usize,
    /// Whether what was found is told before there is a way to the server. After damage there is not everything.
    pub(super) tells: bool,
    pub(super) seed: u64,
}

/// What a process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// The server is there.
    Listens(SocketAddr),
    /// The program is loaded.
    Begins,
    /// What is on disk.
    Found(Found),
    /// A change is about to be made.
    Tries(BoardId, Made),
    /// It was acknowledged.
    Kept(OpId),
    /// It was refused.
    NotKept(OpId, String),
    /// The new board was acknowledged.
    KeptBoard(BoardId),
    /// The interface is told something; perhaps how the connection stands.
    Heard(Option<ConnectionState>),
    /// The person is told something that they have to know.
    Notice(String),
    /// All changes were made.
    Done,
}

/// A change, and how it came about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) proposal: Proposal,
    pub(super) doing: Doing,
    pub(super) inverse: Option<Change>,
}

/// What was on disk at a start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) boards: Vec<FoundBoard>,
    pub(super) attention: Vec<AttentionItem>,
    pub(super) notices: Vec<String>,
    pub(super) n_waiting: usize,
}

/// What was on disk of a board.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FoundBoard {
    pub(super) id: BoardId,
    pub(super) seq: u64,
    pub(super) confirmed: u64,
    pub(super) view: u64,
    pub(super) pending: Vec<OpId>,
    pub(super) undo: Vec<OpId>,
    pub(super) redo: Vec<OpId>,
}

/// A line for whoever has started this process: it is out when this returns.
pub(super) fn say(said: &Said) {
    let line = format!("{MARK}{}\n", serde_json::to_string(said).unwrap());
    // Whoever does not listen any more is about to kill us.
    drop(io::stdout().lock().write_all(line.as_bytes()));
}

/// A process; it is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    /// When its other end is closed, we are gone, and the process ends.
    _stdin: ChildStdin,
    said: UnboundedReceiver<Said>,
}

impl Process {
    pub(super) fn start(role: &Role) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([TEST, "--exact", "--ignored", "--nocapture", "--quiet"])
            .env(ROLE, serde_json::to_string(role).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (tell, said) = unbounded_channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // A line without its end was not said.
            while lines.read_line(&mut line).is_ok() && line.ends_with('\n') {
                if let Some((_, said)) = line.split_once(MARK) {
                    drop(tell.send(serde_json::from_str(said).unwrap()));
                }
                line.clear();
            }
        });
        Self { child, _stdin: stdin, said }
    }

    /// What it says next.
    pub(super) async fn next(&mut self) -> Said {
        let said = timeout(PATIENCE, self.said.recv()).await.expect("the process says something");
        said.expect("it does not end by itself")
    }

    /// Ends it as a crash would; answers what else it had said.
    pub(super) async fn kill(mut self) -> Vec<Said> {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), None, "it has ended by itself");
        let mut rest = Vec::new();
        while let Some(said) = self.said.recv().await {
            rest.push(said);
        }
        rest
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
