//! Boards, their logs, and who is on them.

use std::sync::Arc;

use roost_board::{Board, BoardId, BoardSummary, Change, Entry, Member, OpId, Role, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::StoreError;
use super::{Store, Writing};

/// An entry to be added to a board's log.
#[derive(Debug)]
pub(crate) struct Append {
    /// To which board.
    pub(crate) board: BoardId,
    /// The entry.
    pub(crate) entry: Arc<Entry>,
    /// The same as JSON.
    pub(crate) json: Arc<RawValue>,
    /// The board in a line, with the entry in it.
    pub(crate) summary: BoardSummary,
}

/// What became of an [`Append`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is in the log.
    Saved,
    /// The log does not end where the entry begins: somebody else has appended.
    Conflict,
}

/// What became of a new board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Created {
    /// It is there now.
    New,
    /// The same person had made it before.
    Again,
    /// Its id is in use.
    IdTaken,
    /// The person has made and owns as many as they may.
    TooMany,
}

/// An entry as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredEntry {
    /// Its place.
    pub(crate) seq: Seq,
    /// The proposal that it was.
    pub(crate) op: OpId,
    /// Who made it.
    pub(crate) actor: UserId,
    /// All of it as JSON.
    pub(crate) json: Arc<RawValue>,
}

/// A board as it is stored.
#[derive(Debug)]
pub(crate) struct StoredBoard {
    /// The last entry that is in it.
    pub(crate) seq: Seq,
    /// The board.
    pub(crate) board: Board,
    /// The last entries of its log, in order.
    pub(crate) recent: Vec<StoredEntry>,
}

pub(super) fn bytes(id: &Uuid) -> &[u8] {
    id.as_bytes()
}

fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

pub(super) fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    uuid(row, column).map(UserId::from_uuid)
}

/// SQLite counts in `i64`; no log gets that long.
fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map(Seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Member => "member",
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn put_member(connection: &Connection, board: BoardId, member: &Member) -> Result<(), StoreError> {
    connection.prepare_cached("INSERT INTO members (user_id, board_id, role) VALUES (?1, ?2, ?3)")?.execute((
        bytes(member.user.id.as_uuid()),
        bytes(board.as_uuid()),
        role_name(member.role),
    ))?;
    Ok(())
}

fn append(connection: &Connection, append: &Append) -> Result<Appended, StoreError> {
    let Append { board, entry, json: entry_json, summary } = append;
    let id = bytes(board.as_uuid());
    let n_rows = connection
        .prepare_cached("UPDATE boards SET seq = ?2, name = ?3, summary = ?4 WHERE id = ?1 AND seq = ?2 - 1")?
        .execute((id, number(entry.seq), &summary.name, json(summary)?))?;
    if n_rows == 0 {
        return Ok(Appended::Conflict);
    }
    connection
        .prepare_cached("INSERT INTO entries (board_id, seq, op, actor, entry) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((id, number(entry.seq), bytes(entry.op.as_uuid()), bytes(entry.actor.as_uuid()), entry_json.get()))?;
    match &entry.change {
        Change::MemberAdded { member } => put_member(connection, *board, member)?,
        Change::MemberRemoved { user_id } => {
            connection
                .prepare_cached("DELETE FROM members WHERE user_id = ?1 AND board_id = ?2")?
                .execute((bytes(user_id.as_uuid()), id))?;
        }
        Change::BoardRenamed { .. }
        | Change::ListAdded { .. }
        | Change::ListMoved { .. }
        | Change::ListRenamed { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardAdded { .. }
        | Change::CardMoved { .. }
        | Change::CardRetitled { .. }
        | Change::CardDescribed { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::Unknown(_) => {}
    }
    Ok(Appended::Saved)
}

fn create(
    connection: &Connection,
    board: &Board,
    creator: UserId,
    at: Timestamp,
    max: usize,
) -> Result<Created, StoreError> {
    let (id, by) = (board.id(), bytes(creator.as_uuid()));
    // Not those that others made and gave them, or anybody could use up what they may have.
    let n_owned: i64 = connection.query_row(
        "SELECT count(*) FROM members JOIN boards ON boards.id = members.board_id
         WHERE user_id = ?1 AND role = 'owner' AND created_by = ?1",
        [by],
        |row| row.get(0),
    )?;
    let known: Option<UserId> = connection
        .query_row("SELECT created_by FROM boards WHERE id = ?1", [bytes(id.as_uuid())], |row| user_id(row, 0))
        .optional()?;
    match known {
        Some(first) if first == creator => return Ok(Created::Again),
        Some(_) => return Ok(Created::IdTaken),
        None if usize::try_from(n_owned).is_ok_and(|n_owned| n_owned >= max) => return Ok(Created::TooMany),
        None => {}
    }
    connection.execute(
        "INSERT INTO boards (id, seq, name, summary, created_by, created_at) VALUES (?1, 0, ?2, ?3, ?4, ?5)",
        (bytes(id.as_uuid()), board.name(), json(&board.summary())?, by, at.as_millis()),
    )?;
    put_snapshot(connection, id, Seq::ZERO, &json(board)?)?;
    for member in board.members() {
        put_member(connection, id, member)?;
    }
    Ok(Created::New)
}

/// Snapshots only ever move forward.
fn put_snapshot(connection: &Connection, board: BoardId, seq: Seq, json: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO snapshots (board_id, seq, board) VALUES (?1, ?2, ?3)
         ON CONFLICT (board_id) DO UPDATE SET seq = excluded.seq, board = excluded.board WHERE excluded.seq > seq",
        (bytes(board.as_uuid()), number(seq), json),
    )?;
    Ok(())
}

fn read_entries(
    connection: &Connection,
    board: BoardId,
    since: Seq,
    max: usize,
    max_bytes: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, op, actor, entry FROM entries WHERE board_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let limit = i64::try_from(max).unwrap_or(i64::MAX);
    let mut rows = statement.query((bytes(board.as_uuid()), number(since), limit))?;
    let mut entries = Vec::new();
    let mut n_bytes = 0;
    while let Some(row) = rows.next()? {
        let json = RawValue::from_string(row.get(3)?).map_err(|error| corrupt(board, &error))?;
        n_bytes += json.get().len();
        if n_bytes > max_bytes && !entries.is_empty() {
            break;
        }
        entries.push(StoredEntry {
            seq: seq(row, 0)?,
            op: OpId::from_uuid(uuid(row, 1)?),
            actor: user_id(row, 2)?,
            json: json.into(),
        });
    }
    Ok(entries)
}

fn corrupt(board: BoardId, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("board {board}: {error}"))
}

fn load(connection: &Connection, id: BoardId, n_recent: usize) -> Result<Option<StoredBoard>, StoreError> {
    // One transaction, so that the log is read as it was when the snapshot was.
    let transaction = connection.unchecked_transaction()?;
    let found = transaction
        .query_row(
            "SELECT boards.seq, snapshots.seq, board FROM boards JOIN snapshots ON board_id = id WHERE id = ?1",
            [bytes(id.as_uuid())],
            |row| Ok((seq(row, 0)?, seq(row, 1)?, row.get::<_, String>(2)?)),
        )
        .optional()?;
    let Some((last, snapshot_seq, snapshot)) = found else { return Ok(None) };
    let mut board: Board = serde_json::from_str(&snapshot).map_err(|error| corrupt(id, &error))?;
    let recent_since = Seq(last.0.saturating_sub(u64::try_from(n_recent).unwrap_or(u64::MAX)));
    let mut entries = read_entries(&transaction, id, snapshot_seq.min(recent_since), usize::MAX, usize::MAX)?;
    for stored in entries.iter().filter(|stored| stored.seq > snapshot_seq) {
        let entry: Entry = serde_json::from_str(stored.json.get()).map_err(|error| corrupt(id, &error))?;
        board.apply(&entry.context(), &entry.change).map_err(|error| corrupt(id, &error))?;
    }
    if entries.last().map_or(snapshot_seq, |stored| stored.seq) != last {
        return Err(corrupt(id, &"its log has gaps"));
    }
    entries.retain(|stored| stored.seq > recent_since);
    Ok(Some(StoredBoard { seq: last, board, recent: entries }))
}

impl Store {
    /// Stores a new board, unless `creator` has made and owns `max` already.
    pub(crate) async fn create_board(
        &self,
        board: Board,
        creator: UserId,
        at: Timestamp,
        max: usize,
    ) -> Result<Created, StoreError> {
        self.write(move |connection| create(connection, &board, creator, at, max)).on_disk().await
    }

    /// Hands an entry to the writer, on the condition that it follows the board's last one. Entries are stored in the
    /// order of the calls.
    pub(crate) fn append(&self, entry: Append) -> Writing<Appended> {
        self.write(move |connection| append(connection, &entry))
    }

    /// A board, and up to `n_recent` of its last entries.
    pub(crate) async fn load_board(&self, id: BoardId, n_recent: usize) -> Result<Option<StoredBoard>, StoreError> {
        self.read(move |connection| load(connection, id, n_recent)).await
    }

    /// Stores a board as of some entry, so that it opens faster.
    pub(crate) fn save_snapshot(&self, board: BoardId, seq: Seq, json: String) -> Writing<()> {
        self.write(move |connection| put_snapshot(connection, board, seq, &json))
    }

    /// Up to `max` entries after `since`, in order, with `max_bytes` at most unless the first alone has more.
    pub(crate) async fn entries(
        &self,
        board: BoardId,
        since: Seq,
        max: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(move |connection| read_entries(connection, board, since, max, max_bytes)).await
    }

    /// The place of the entry that a proposal became, and who made it.
    pub(crate) async fn find_op(&self, board: BoardId, op: OpId) -> Result<Option<(Seq, UserId)>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT seq, actor FROM entries WHERE board_id = ?1 AND op = ?2")?;
            let ids = (bytes(board.as_uuid()), bytes(op.as_uuid()));
            Ok(statement.query_row(ids, |row| Ok((seq(row, 0)?, user_id(row, 1)?))).optional()?)
        })
        .await
    }

    /// Whether somebody is a member of a board.
    pub(crate) async fn is_member(&self, user: UserId, board: BoardId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT 1 FROM members WHERE user_id = ?1 AND board_id = ?2")?;
            Ok(statement.exists((bytes(user.as_uuid()), bytes(board.as_uuid())))?)
        })
        .await
    }

    /// The boards of which somebody is a member, oldest first, and as what.
    pub(crate) async fn boards_of(&self, user: UserId) -> Result<Vec<(BoardSummary, Role)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT summary, role FROM members JOIN boards ON boards.id = members.board_id
                 WHERE user_id = ?1 ORDER BY created_at, boards.id",
            )?;
            let rows = statement
                .query_map([bytes(user.as_uuid())], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (summary, role) = row?;
                let summary = serde_json::from_str(&summary).map_err(|error| StoreError::Corrupt(error.to_string()))?;
                Ok((summary, if role == role_name(Role::Owner) { Role::Owner } else { Role::Member }))
            })
            .collect()
        })
        .await
    }
}
