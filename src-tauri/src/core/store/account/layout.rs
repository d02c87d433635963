//! The tables of an account, and what is saved of them when the file is damaged.

use roost_board::{BoardId, Change, OpId, Proposal, Snapshot};
use roost_bridge::{AttentionItem, BoardsPage};
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;

use super::{read, write};
use crate::core::store::file::Layout;
use crate::core::store::rescue::{Saved, rows};

/// What is nowhere else has numbered rows: what is left of a damaged table is found by trying numbers.
pub(super) const LAYOUT: Layout = Layout {
    steps: &[
        // 1: everything.
        "CREATE TABLE meta (
             key TEXT NOT NULL PRIMARY KEY,
             value TEXT NOT NULL
         ) STRICT;
         CREATE TABLE snapshots (
             board_id TEXT NOT NULL PRIMARY KEY,
             seq INTEGER NOT NULL,
             has_unknown INTEGER NOT NULL,
             app_version TEXT NOT NULL,
             snapshot TEXT NOT NULL
         ) STRICT;
         CREATE TABLE entries (
             board_id TEXT NOT NULL,
             seq INTEGER NOT NULL,
             entry TEXT NOT NULL,
             PRIMARY KEY (board_id, seq)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE outbox (
             number INTEGER PRIMARY KEY,
             board_id TEXT NOT NULL,
             op TEXT NOT NULL,
             proposal TEXT NOT NULL
         ) STRICT;
         CREATE UNIQUE INDEX outbox_ops ON outbox (board_id, op);
         CREATE INDEX outbox_boards ON outbox (board_id);
         CREATE TABLE steps (
             number INTEGER PRIMARY KEY,
             board_id TEXT NOT NULL,
             side TEXT NOT NULL,
             op TEXT NOT NULL,
             change TEXT NOT NULL,
             inverse TEXT NOT NULL
         ) STRICT;
         CREATE INDEX steps_sides ON steps (board_id, side);
         CREATE TABLE attention (
             number INTEGER PRIMARY KEY,
             id TEXT NOT NULL UNIQUE,
             item TEXT NOT NULL
         ) STRICT;
         CREATE TABLE new_boards (
             number INTEGER PRIMARY KEY,
             board_id TEXT NOT NULL UNIQUE,
             name TEXT NOT NULL
         ) STRICT;",
    ],
    rescue,
    means,
};

fn rescue(from: &Connection, to: &Connection) -> rusqlite::Result<Saved> {
    let (mut n, mut is_all) = (0, true);
    let (outbox, is_whole) = rows(from, "outbox", "board_id, op, proposal", |row| {
        let (board, op, proposal) = (id::<BoardId>(row, 0)?, id::<OpId>(row, 1)?, json::<Proposal>(row, 2)?);
        (proposal.op == op).then_some((board, proposal))
    });
    n += outbox.len();
    is_all &= is_whole;
    for (board, proposal) in &outbox {
        write::put_in_outbox(to, *board, proposal)?;
    }

    let (items, is_whole) = rows(from, "attention", "item", |row| json::<AttentionItem>(row, 0));
    n += items.len();
    is_all &= is_whole;
    for item in &items {
        write::attention(to, item)?;
    }

    let (boards, is_whole) =
        rows(from, "new_boards", "board_id, name", |row| Some((id::<BoardId>(row, 0)?, row.get::<_, String>(1).ok()?)));
    n += boards.len();
    is_all &= is_whole;
    for (board, name) in &boards {
        write::new_board(to, *board, name)?;
    }
    rescue_new_snapshots(from, to, &boards)?;
    rescue_steps(from, to)?;
    rescue_page(from, to)?;
    Ok(Saved { n, is_all })
}

/// Boards that are not on the server yet cannot be fetched from there.
fn rescue_new_snapshots(from: &Connection, to: &Connection, boards: &[(BoardId, String)]) -> rusqlite::Result<()> {
    let (snapshots, _) = rows(from, "snapshots", "board_id, has_unknown, app_version, snapshot", |row| {
        let board = id::<BoardId>(row, 0).filter(|board| boards.iter().any(|(new, _)| new == board))?;
        let snapshot = json::<Snapshot>(row, 3).filter(|snapshot| snapshot.board.id() == board)?;
        Some((snapshot, row.get::<_, bool>(1).ok()?, row.get::<_, String>(2).ok()?))
    });
    for (snapshot, has_unknown, app_version) in &snapshots {
        write::snapshot(to, snapshot, *has_unknown, app_version)?;
    }
    Ok(())
}

/// Without the history nothing is lost but the way back.
fn rescue_steps(from: &Connection, to: &Connection) -> rusqlite::Result<()> {
    let (steps, _) = rows(from, "steps", "board_id, side, op, change, inverse", |row| {
        id::<BoardId>(row, 0)?;
        let side = row.get::<_, String>(1).ok().filter(|side| [read::UNDO, read::REDO].contains(&side.as_str()))?;
        id::<OpId>(row, 2)?;
        json::<Change>(row, 3)?;
        json::<Change>(row, 4)?;
        let text = |column| row.get::<_, String>(column).ok();
        Some((text(0)?, side, text(2)?, text(3)?, text(4)?))
    });
    for step in steps {
        to.prepare_cached(write::PUT_STEP)?.execute(step)?;
    }
    Ok(())
}

/// So that there is a page of boards even before the server answers.
fn rescue_page(from: &Connection, to: &Connection) -> rusqlite::Result<()> {
    let (facts, _) = rows(from, "meta", "key, value", |row| {
        let (key, value) = (row.get::<_, String>(0).ok()?, row.get::<_, String>(1).ok()?);
        let is_good = match key.as_str() {
            read::PAGE => serde_json::from_str::<BoardsPage>(&value).is_ok(),
            read::LAST_BOARD => value.parse::<BoardId>().is_ok(),
            _ => false,
        };
        is_good.then_some((key, value))
    });
    for (key, value) in facts {
        to.prepare_cached(write::PUT_FACT)?.execute(params![key, value])?;
    }
    Ok(())
}

fn id<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> Option<T> {
    row.get_ref(column).ok()?.as_str().ok()?.parse().ok()
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Option<T> {
    serde_json::from_str(row.get_ref(column).ok()?.as_str().ok()?).ok()
}

fn means(saved: &Saved) -> String {
    let waited = match (saved.n, saved.is_all) {
        (0, true) => "No change was waiting for the server".to_owned(),
        (0, false) => "If changes waited for the server, they could not be saved".to_owned(),
        (1, true) => "1 change that waited was saved".to_owned(),
        (n, true) => format!("{n} changes that waited were saved"),
        (1, false) => "1 change that waited was saved, others may be missing".to_owned(),
        (n, false) => format!("{n} changes that waited were saved, others may be missing"),
    };
    format!("Your boards are fetched again. {waited}.")
}
