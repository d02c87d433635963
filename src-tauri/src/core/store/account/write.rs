//! Writing to the file of an account.

use roost_board::durable::Write;
use roost_board::limits::HISTORY_MAX;
use roost_board::{BoardId, Change, Doing, Entry, History, OpId, Proposal, Seq, Snapshot, Step};
use roost_bridge::AttentionItem;
use rusqlite::{Connection, Params, Result, params};
use serde::Serialize;

use super::AccountWrite;
use super::read::{ACCOUNT, APP_VERSION, LAST_BOARD, PAGE, REDO, UNDO, fact};
use crate::core::store::StoreError;

pub(super) const PUT_FACT: &str = "INSERT INTO meta (key, value) VALUES (?1, ?2)
                                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";

pub(super) const PUT_STEP: &str = "INSERT INTO steps (board_id, side, op, change, inverse) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Writes down whose file it is, for somebody who looks into it.
pub(super) fn owner(db: &Connection, account_key: &str, app_version: &str) -> Result<(), StoreError> {
    for (key, value) in [(ACCOUNT, account_key), (APP_VERSION, app_version)] {
        if fact(db, key)?.as_deref() != Some(value) {
            execute(db, PUT_FACT, (key, value))?;
        }
    }
    Ok(())
}

pub(super) fn write(db: &Connection, write: &AccountWrite, app_version: &str) -> Result<(), StoreError> {
    match write {
        AccountWrite::Board(id, write) => board(db, *id, write, app_version)?,
        AccountWrite::Attention(item) => attention(db, item)?,
        AccountWrite::Attended(id) => execute(db, "DELETE FROM attention WHERE id = ?1", [text(id)])?,
        AccountWrite::Page(page) => execute(db, PUT_FACT, (PAGE, json(page)))?,
        AccountWrite::NewBoard { id, name } => new_board(db, *id, name)?,
        AccountWrite::Made(id) => execute(db, "DELETE FROM new_boards WHERE board_id = ?1", [text(id)])?,
        AccountWrite::LastBoard(Some(id)) => execute(db, PUT_FACT, (LAST_BOARD, text(id)))?,
        AccountWrite::LastBoard(None) => execute(db, "DELETE FROM meta WHERE key = ?1", [LAST_BOARD])?,
    }
    Ok(())
}

fn board(db: &Connection, id: BoardId, write: &Write, app_version: &str) -> Result<()> {
    match write {
        Write::Snapshot { snapshot: whole, has_unknown } => snapshot(db, whole, *has_unknown, app_version),
        Write::Entries(entries) => entries.iter().try_for_each(|entry| put_entry(db, id, entry)),
        Write::Queued { proposal, doing, inverse } => {
            put_in_outbox(db, id, proposal)?;
            record(db, id, *doing, proposal, inverse.as_ref())
        }
        Write::Waiting { outbox, history } => waiting(db, id, outbox, history),
        Write::Settled(ops) => ops.iter().try_for_each(|op| take_from_outbox(db, id, *op)),
        Write::Refused(op) => {
            take_from_outbox(db, id, *op)?;
            execute(db, "DELETE FROM steps WHERE board_id = ?1 AND op = ?2", (text(&id), text(op)))
        }
        Write::Gone => ["snapshots", "entries", "outbox", "steps", "new_boards"]
            .into_iter()
            .try_for_each(|table| execute(db, &format!("DELETE FROM {table} WHERE board_id = ?1"), [text(&id)])),
    }
}

pub(super) fn snapshot(db: &Connection, snapshot: &Snapshot, has_unknown: bool, app_version: &str) -> Result<()> {
    let id = text(&snapshot.board.id());
    execute(db, "DELETE FROM entries WHERE board_id = ?1", [&id])?;
    execute(
        db,
        "INSERT INTO snapshots (board_id, seq, has_unknown, app_version, snapshot) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (board_id) DO UPDATE SET
             seq = excluded.seq, has_unknown = excluded.has_unknown,
             app_version = excluded.app_version, snapshot = excluded.snapshot",
        params![id, number(snapshot.seq), has_unknown, app_version, json(snapshot)],
    )
}

fn put_entry(db: &Connection, board: BoardId, entry: &Entry) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO entries (board_id, seq, entry) VALUES (?1, ?2, ?3)";
    execute(db, sql, params![text(&board), number(entry.seq), json(entry)])
}

const TAKE_FROM_OUTBOX: &str = "DELETE FROM outbox WHERE board_id = ?1 AND op = ?2";

/// A proposal is there once, however often it is put there.
pub(super) fn put_in_outbox(db: &Connection, board: BoardId, proposal: &Proposal) -> Result<()> {
    let sql = "INSERT INTO outbox (board_id, op, proposal) VALUES (?1, ?2, ?3) ON CONFLICT (board_id, op) DO NOTHING";
    execute(db, sql, (text(&board), text(&proposal.op), json(proposal)))
}

fn take_from_outbox(db: &Connection, board: BoardId, op: OpId) -> Result<()> {
    execute(db, TAKE_FROM_OUTBOX, (text(&board), text(&op)))
}

fn waiting(db: &Connection, id: BoardId, outbox: &[Proposal], history: &History) -> Result<()> {
    let board = text(&id);
    execute(db, "DELETE FROM outbox WHERE board_id = ?1", [&board])?;
    execute(db, "DELETE FROM steps WHERE board_id = ?1", [&board])?;
    outbox.iter().try_for_each(|proposal| put_in_outbox(db, id, proposal))?;
    let put = |side, Step { op, change, inverse }: &Step| {
        execute(db, PUT_STEP, (&board, side, text(op), json(change), json(inverse)))
    };
    history.undo_steps().try_for_each(|step| put(UNDO, step))?;
    history.redo_steps().try_for_each(|step| put(REDO, step))
}

/// Does to the rows what [`History::record`](roost_board::History::record) does to the history.
fn record(db: &Connection, board: BoardId, doing: Doing, proposal: &Proposal, inverse: Option<&Change>) -> Result<()> {
    let board = text(&board);
    let to = match doing {
        Doing::Anew => {
            execute(db, "DELETE FROM steps WHERE board_id = ?1 AND side = ?2", (&board, REDO))?;
            UNDO
        }
        Doing::Undo => {
            take_last_step(db, &board, UNDO, &proposal.change)?;
            REDO
        }
        Doing::Redo => {
            take_last_step(db, &board, REDO, &proposal.change)?;
            UNDO
        }
    };
    let Some(inverse) = inverse else { return Ok(()) };
    execute(db, PUT_STEP, (&board, to, text(&proposal.op), json(&proposal.change), json(inverse)))?;
    execute(
        db,
        "DELETE FROM steps WHERE board_id = ?1 AND side = ?2 AND number <= (
             SELECT number FROM steps WHERE board_id = ?1 AND side = ?2 ORDER BY number DESC LIMIT 1 OFFSET ?3
         )",
        (&board, to, HISTORY_MAX as i64),
    )
}

/// Takes away the last step that `change` takes back.
fn take_last_step(db: &Connection, board: &str, side: &str, change: &Change) -> Result<()> {
    execute(
        db,
        "DELETE FROM steps WHERE number = (
             SELECT max(number) FROM steps WHERE board_id = ?1 AND side = ?2 AND inverse = ?3
         )",
        (board, side, json(change)),
    )
}

pub(super) fn attention(db: &Connection, item: &AttentionItem) -> Result<()> {
    let sql = "INSERT INTO attention (id, item) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET item = excluded.item";
    execute(db, sql, (text(&item.id), json(item)))
}

pub(super) fn new_board(db: &Connection, id: BoardId, name: &str) -> Result<()> {
    let sql = "INSERT INTO new_boards (board_id, name) VALUES (?1, ?2)
               ON CONFLICT (board_id) DO UPDATE SET name = excluded.name";
    execute(db, sql, (text(&id), name))
}

fn execute(db: &Connection, sql: &str, params: impl Params) -> Result<()> {
    db.prepare_cached(sql)?.execute(params).map(drop)
}

fn text(id: &impl ToString) -> String {
    id.to_string()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model and the bridge have only string keys")
}

/// SQLite counts in `i64`; no log gets that long.
fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::store::account::layout::LAYOUT;
    use crate::core::store::account::read::OUTBOX;
    use crate::core::store::migrations;

    #[test]
    fn however_long_an_outbox_is_nothing_is_searched_or_sorted() {
        let mut db = Connection::open_in_memory().unwrap();
        migrations::run(&mut db, LAYOUT.steps).unwrap();
        for (sql, params) in [(TAKE_FROM_OUTBOX, vec!["", ""]), (OUTBOX, vec![""])] {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan = plan.query_map(rusqlite::params_from_iter(params), |row| row.get::<_, String>(3)).unwrap();
            let plan: Vec<String> = plan.map(Result::unwrap).collect();
            assert!(plan.len() == 1 && plan[0].starts_with("SEARCH outbox USING"), "{plan:?}");
        }
    }
}
