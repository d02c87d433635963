//! Reading from the file of an account.

use std::fmt::Display;
use std::str::FromStr;

use roost_board::durable::Stored;
use roost_board::{BoardId, Entry, History, OpId, Proposal, Snapshot, Step};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;

use super::AccountState;
use crate::core::store::StoreError;

/// The facts that a file has, about itself and its account.
pub(super) const ACCOUNT: &str = "account";
pub(super) const APP_VERSION: &str = "app_version";
pub(super) const PAGE: &str = "page";
pub(super) const LAST_BOARD: &str = "last_board";

/// The sides of a history.
pub(super) const UNDO: &str = "undo";
pub(super) const REDO: &str = "redo";

/// The proposals of a board, in order.
pub(super) const OUTBOX: &str = "SELECT proposal FROM outbox WHERE board_id = ?1 ORDER BY number";

pub(super) fn state(db: &Connection) -> Result<AccountState, StoreError> {
    let mut attention = db.prepare_cached("SELECT item FROM attention ORDER BY number")?;
    let mut new_boards = db.prepare_cached("SELECT board_id, name FROM new_boards ORDER BY number")?;
    let mut waiting = db.prepare_cached("SELECT board_id, count(*) FROM outbox GROUP BY board_id")?;
    Ok(AccountState {
        page: fact(db, PAGE)?.and_then(|page| or_log(PAGE, serde_json::from_str(&page))).unwrap_or_default(),
        attention: all(attention.query_map([], |row| Ok(json(row, 0)))?)?,
        new_boards: all(new_boards.query_map([], |row| Ok(with(id(row, 0), row.get(1)?)))?)?,
        last_board: fact(db, LAST_BOARD)?.and_then(|board| or_log(LAST_BOARD, board.parse())),
        waiting: all(waiting.query_map([], |row| Ok(with(id(row, 0), row.get::<_, u32>(1)? as usize)))?)?,
    })
}

pub(super) fn board(db: &Connection, board: BoardId, app_version: &str) -> Result<Stored, StoreError> {
    let board_id = board.to_string();
    let mut outbox = db.prepare_cached(OUTBOX)?;
    let outbox: Vec<Proposal> = all(outbox.query_map([&board_id], |row| Ok(json(row, 0)))?)?;
    let history = History::from_steps(steps(db, &board_id, UNDO)?, steps(db, &board_id, REDO)?);
    let whole = db
        .prepare_cached(
            "SELECT snapshot, has_unknown FROM snapshots
             WHERE board_id = ?1 AND (NOT has_unknown OR app_version = ?2)",
        )?
        .query_row([board_id.as_str(), app_version], |row| {
            Ok((or_log("a snapshot", json::<Snapshot>(row, 0)), row.get(1)?))
        })
        .optional()?;
    let (snapshot, has_unknown) = whole.unwrap_or_default();
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.board.id() == board) else {
        return Ok(Stored { outbox, history, ..Stored::default() });
    };
    Ok(Stored { entries: entries(db, &board_id)?, snapshot: Some(snapshot), has_unknown, outbox, history })
}

/// The entries up to the first that cannot be read: the server has the others.
fn entries(db: &Connection, board_id: &str) -> Result<Vec<Entry>, StoreError> {
    let mut statement = db.prepare_cached("SELECT entry FROM entries WHERE board_id = ?1 ORDER BY seq")?;
    let mut rows = statement.query([board_id])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()?
        && let Some(entry) = or_log("an entry", json(row, 0))
    {
        entries.push(entry);
    }
    Ok(entries)
}

fn steps(db: &Connection, board_id: &str, side: &str) -> Result<Vec<Step>, StoreError> {
    let sql = "SELECT op, change, inverse FROM steps WHERE board_id = ?1 AND side = ?2 ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    let steps = statement.query_map([board_id, side], |row| {
        let step =
            || Ok::<_, StoreError>(Step { op: id::<OpId>(row, 0)?, change: json(row, 1)?, inverse: json(row, 2)? });
        Ok(or_log("a step of the history", step()))
    })?;
    Ok(steps.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// A fact that the file has.
pub(super) fn fact(db: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

/// All rows. One that cannot be read is not what was written there: the file is damaged.
fn all<T>(rows: impl Iterator<Item = rusqlite::Result<Result<T, StoreError>>>) -> Result<Vec<T>, StoreError> {
    rows.map(|row| row?).collect()
}

fn with<A, B>(one: Result<A, StoreError>, other: B) -> Result<(A, B), StoreError> {
    one.map(|one| (one, other))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(text(row, column)?).map_err(unreadable)
}

fn id<T: FromStr<Err: Display>>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    text(row, column)?.parse().map_err(unreadable)
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, StoreError> {
    row.get_ref(column)?.as_str().map_err(unreadable)
}

fn unreadable(error: impl Display) -> StoreError {
    StoreError::Damaged(format!("a row is not as it was written: {error}"))
}

/// What cannot be read is as none, if the server has it too.
fn or_log<T, E: Display>(what: &str, read: Result<T, E>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "{what} cannot be read")).ok()
}
