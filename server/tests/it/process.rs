//! The real binary: what it prints, how it stops, and what it has kept when it was killed.

mod killed;
mod program;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roost_board::{BoardId, Change, Entry, OpId, Seq};
use roost_channels::{ChannelEvent, Socket, SocketConfig};
use roost_protocol::payload::Proposed;
use roost_protocol::rest::{BoardsAnswer, EntriesAnswer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::site::{Caller, Person};
use program::{Program, failure, run};

#[tokio::test]
async fn the_first_line_says_where_it_listens() {
    let dir = TempDir::new().unwrap();
    let program = Program::start(dir.path());
    let port = program.first_line.strip_prefix("listening on http://127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().unwrap() > 0);
    let info: Value = program.caller().get("/api/v1/info").await.json();
    assert_eq!(info["name"], "roost");
}

/// As most systems start a service: with few open files at a time, which it may raise.
#[cfg(unix)]
#[tokio::test]
async fn it_asks_for_as_many_open_files_as_it_takes_connections() {
    let dir = TempDir::new().unwrap();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -S -n 64; exec \"$@\"", "sh"]).arg(program::command().get_program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--header-time", "1000", "--data-dir"]).arg(dir.path());
    let program = Program::spawn(&mut command);
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(tokio::net::TcpStream::connect(program.address()).await.unwrap());
    }
    let caller = program.caller();
    let answer = tokio::time::timeout(Duration::from_secs(20), caller.get("/healthz")).await;
    assert_eq!(answer.expect("nobody else gets in").status, 200);
}

#[test]
fn flags_are_environment_variables_too() {
    let dir = TempDir::new().unwrap();
    let mut command = program::command();
    command.arg("serve").env("ROOST_LISTEN", "127.0.0.1:0").env("ROOST_DATA_DIR", dir.path());
    assert!(Program::spawn(&mut command).first_line.starts_with("listening on http://127.0.0.1:"));

    let help = run(&["serve", "--help"]);
    let flags = help.lines().filter(|line| line.trim_start().starts_with("--") && !line.contains("--help")).count();
    assert_eq!(help.matches("[env: ROOST_").count(), flags, "{help}");
}

#[test]
fn starts_that_fail_say_what_to_do() {
    let dir = TempDir::new().unwrap();
    let program = Program::start(dir.path());
    let serve = |listen: &str, data_dir: &Path| {
        failure(&["serve", "--listen", listen, "--data-dir", data_dir.to_str().unwrap()])
    };

    let elsewhere = TempDir::new().unwrap();
    let port_in_use = serve(program.address(), elsewhere.path());
    assert!(port_in_use.contains(program.address()) && port_in_use.contains("--listen"), "{port_in_use}");
    let same_dir = serve("127.0.0.1:0", dir.path());
    assert!(same_dir.contains("another roost-server is using"), "{same_dir}");
    let seed_there = failure(&["seed", "--data-dir", dir.path().to_str().unwrap()]);
    assert!(seed_there.contains("another roost-server is using"), "{seed_there}");

    let file = elsewhere.path().join("file");
    std::fs::write(&file, "").unwrap();
    for unusable in [file.as_path(), &file.join("below")] {
        let error = serve("127.0.0.1:0", unusable);
        assert!(error.contains(unusable.to_str().unwrap()) && error.contains("--data-dir"), "{error}");
    }
    let no_address = serve("localhost", elsewhere.path());
    assert!(no_address.contains("ADDRESS:PORT"), "{no_address}");
    for flag in ["--socket-silence", "--poll-window", "--header-time", "--request-time", "--stop-time"] {
        let endless =
            failure(&["serve", "--data-dir", elsewhere.path().to_str().unwrap(), flag, &u64::MAX.to_string()]);
        assert!(endless.contains(flag) && endless.contains("31536000 at most"), "{endless}");
    }
    let mut short_secret = program::command();
    short_secret.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(elsewhere.path());
    let short_secret = program::fails(short_secret.env("ROOST_SECRET", "short"));
    assert!(short_secret.contains("ROOST_SECRET has 5 bytes"), "{short_secret}");
}

/// As when the log's disk is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_log_that_cannot_be_written_stops_nothing() {
    let dir = TempDir::new().unwrap();
    let mut command = program::command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let program = Program::spawn(command.env("ROOST_LOG", "debug").stderr(full));
    let (ada, board) = ada_and_her_board(&program).await;
    let noted = Acknowledged::default();
    let mut acknowledged = make_changes(&program, &ada, board, &noted).await;
    acknowledged.wait_for(|&count| count >= 20).await.unwrap();
    assert_eq!(program.terminate().code(), Some(0));
}

/// What failed is said once, and what to do about it.
#[test]
fn a_damaged_database_is_refused_in_a_sentence() {
    let dir = TempDir::new().unwrap();
    drop(Program::start(dir.path()));
    let file = dir.path().join("roost.db");
    let header = std::fs::read(&file).unwrap()[..100].to_vec();
    std::fs::write(&file, header).unwrap();
    let error = failure(&["serve", "--listen", "127.0.0.1:0", "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(error.matches("malformed").count(), 1, "{error}");
    assert!(error.contains(file.to_str().unwrap()) && error.contains("backup"), "{error}");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(Program::start(dir.path()));
    let file = dir.path().join("roost.db");
    {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
    }
    let before = std::fs::read(&file).unwrap();
    let error = failure(&["serve", "--listen", "127.0.0.1:0", "--data-dir", dir.path().to_str().unwrap()]);
    assert!(error.contains("format 1000") && error.contains("nothing was changed"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn the_demo_is_worth_looking_at_and_made_once() {
    let dir = TempDir::new().unwrap();
    let seed = ["seed", "--data-dir", dir.path().to_str().unwrap()];
    let said = run(&seed);
    let after = |label: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap();
        line.trim().to_owned()
    };
    let again = failure(&seed);
    assert!(again.contains("has the demo already"), "{again}");

    let program = Program::start(dir.path());
    let session: Value = program.caller().sign_in(&after("e-mail:"), &after("password:")).await.json();
    let ada = program.caller().with_token(session["jwt"].as_str().unwrap());
    let boards: BoardsAnswer = ada.get("/api/v1/boards").await.json();
    assert!(boards.owned_boards.len() >= 2 && !boards.invited_boards.is_empty());
    assert!(boards.owned_boards.iter().any(|board| board.n_members > 1 && board.n_cards > 10));
}

/// What the server has said it has kept: the place of each proposal.
type Acknowledged = Arc<Mutex<HashMap<OpId, Seq>>>;

/// Makes changes on a board over sockets of its own until the server goes away; what was acknowledged is noted, and
/// `n_acknowledged` counts it.
async fn make_changes(program: &Program, ada: &Person, board: BoardId, noted: &Acknowledged) -> watch::Receiver<usize> {
    let (count, n_acknowledged) = watch::channel(0);
    let count = Arc::new(count);
    let mut config = SocketConfig::new(&format!("http://{}/socket", program.address())).unwrap();
    config.auth_token = Some(ada.token.clone());
    for _ in 0..2 {
        let socket = Socket::connect(config.clone());
        let (channel, mut events) = socket.channel(&format!("boards:{board}"), || json!({}));
        assert!(matches!(events.recv().await, Some(ChannelEvent::Joined { .. })));
        let channel = Arc::new(channel);
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let (channel, count, noted) = (Arc::clone(&channel), Arc::clone(&count), Arc::clone(noted));
            writers.spawn(async move {
                loop {
                    let op = OpId::from_uuid(Uuid::now_v7());
                    let payload = json!({ "op": op, "change": rename() });
                    let Ok(answer) = channel.push("propose", payload, Duration::from_secs(20)).await else { return };
                    noted.lock().unwrap().insert(op, answer.parse::<Proposed>().unwrap().seq);
                    count.send_modify(|count| *count += 1);
                }
            });
        }
        tokio::spawn(async move {
            while writers.join_next().await.is_some() {}
            drop(events);
            socket.shutdown().await;
        });
    }
    n_acknowledged
}

fn rename() -> Change {
    Change::BoardRenamed { name: format!("Spring release {}", Uuid::now_v7()) }
}

/// What is in a board's log after an entry.
async fn log_since(caller: &Caller, board: BoardId, seen: Seq) -> Vec<Entry> {
    let mut log: Vec<Entry> = Vec::new();
    loop {
        let since = log.last().map_or(seen, |entry| entry.seq);
        let page: EntriesAnswer = caller.get(&format!("/api/v1/boards/{board}/entries?since={since}")).await.json();
        log.extend(page.entries);
        if log.last().map_or(seen, |entry| entry.seq) == page.seq {
            return log;
        }
    }
}

/// Everything that was acknowledged is in the log, at its place, and the log has no gaps.
async fn check_kept(program: &Program, ada: &Person, board: BoardId, noted: &Acknowledged) {
    let log = log_since(&program.caller().with_token(&ada.token), board, Seq::ZERO).await;
    let places: HashMap<OpId, Seq> = log.iter().map(|entry| (entry.op, entry.seq)).collect();
    assert!(log.iter().map(|entry| entry.seq.0).eq(1..=log.len() as u64));
    for (op, seq) in noted.lock().unwrap().iter() {
        assert_eq!(places.get(op), Some(seq), "acknowledged and lost");
    }
}

async fn ada_and_her_board(program: &Program) -> (Person, BoardId) {
    let ada = program.caller().sign_up("Ada").await;
    let board = ada.make_board("Spring release").await.id;
    (ada, board)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn terminated_in_the_middle_it_ends_well_and_has_kept_what_it_acknowledged() {
    let dir = TempDir::new().unwrap();
    let program = Program::start(dir.path());
    let (ada, board) = ada_and_her_board(&program).await;
    let noted = Acknowledged::default();
    let mut acknowledged = make_changes(&program, &ada, board, &noted).await;
    acknowledged.wait_for(|&count| count >= 100).await.unwrap();
    let status = program.terminate();
    assert_eq!(status.code(), Some(0));
    check_kept(&Program::start(dir.path()), &ada, board, &noted).await;
}
