//! A store that does nothing until it is told to, for tests in which it matters what is on disk and what is not yet.

use std::sync::mpsc::{Sender, channel};

use roost_board::{BoardId, OpId, Seq};
use rusqlite::Connection;

use super::{AccountStore, StoreError};

/// A store is held as long as this is there.
#[derive(Debug)]
pub(crate) struct Held(Sender<Disk>);

/// How the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It takes what is to be written.
    Fine,
    /// It takes nothing.
    Full,
}

/// What is on disk of a board, at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Glance {
    /// Where the snapshot is in the log.
    pub(crate) snapshot: Option<Seq>,
    /// The entries, in order.
    pub(crate) entries: Vec<Seq>,
    /// The proposals that wait, in order.
    pub(crate) outbox: Vec<OpId>,
}

impl AccountStore {
    /// What is on disk of a board, without all that it says.
    pub(crate) async fn glance(&self, board: BoardId) -> Result<Glance, StoreError> {
        let board = board.to_string();
        let read = move |db: &Connection| {
            let mut outbox = db.prepare_cached("SELECT op FROM outbox WHERE board_id = ?1 ORDER BY number")?;
            let ops = outbox.query_map([&board], |row| row.get::<_, String>(0))?;
            Ok(Glance {
                snapshot: seqs(db, &board, "SELECT seq FROM snapshots WHERE board_id = ?1")?.pop(),
                entries: seqs(db, &board, "SELECT seq FROM entries WHERE board_id = ?1 ORDER BY seq")?,
                outbox: ops.map(|op| Ok(op?.parse().expect("it was an id"))).collect::<Result<_, StoreError>>()?,
            })
        };
        self.database.call(read).await
    }

    /// Holds the thread: what is asked for from here on waits.
    pub(crate) fn hold(&self) -> Held {
        let (enter, entered) = channel();
        let (go, wait) = channel();
        let mut disk = Disk::Fine;
        drop(self.database.call(move |db| {
            enter.send(()).ok();
            // It may be tried again, and then nobody says anything any more.
            disk = wait.recv().unwrap_or(disk);
            match disk {
                Disk::Fine => Ok(()),
                Disk::Full => Ok(db.pragma_update(None, "query_only", true)?),
            }
        }));
        entered.recv().expect("the thread runs");
        Held(go)
    }

    /// The disk takes what is to be written again.
    pub(crate) async fn make_room(&self) {
        self.database.refuse_writes(false).await;
    }
}

fn seqs(db: &Connection, board: &str, sql: &str) -> rusqlite::Result<Vec<Seq>> {
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map([board], |row| Ok(Seq(row.get::<_, i64>(0)?.unsigned_abs())))?.collect()
}

impl Held {
    /// Lets the thread go on.
    pub(crate) fn go_on(self, disk: Disk) {
        self.0.send(disk).ok();
    }
}
