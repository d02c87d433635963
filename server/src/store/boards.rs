//! Boards, their logs, and who is on them.

use std::sync::Arc;

use roost_board::{Board, BoardId, BoardSummary, Change, Entry, Member, OpId, Role, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::StoreError;
use super::tail::Tail;
use super::{Store, Writing};

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
    /// No proposal in its log has a greater id than this.
    pub(crate) max_op: Option<OpId>,
    /// As of which entry the page of boards shows it.
    pub(crate) listed_seq: Seq,
    /// How long its snapshot is, in bytes.
    pub(crate) snapshot_bytes: usize,
    /// How long the entries after its snapshot are.
    pub(crate) replayed_bytes: usize,
}

/// A board as the page of boards shows it.
#[derive(Debug)]
pub(crate) struct ListedBoard {
    /// The board in a line.
    pub(crate) summary: BoardSummary,
    /// What the one who asked is on it.
    pub(crate) role: Role,
    /// Whether the line is that of the board with all of its entries.
    pub(crate) is_current: bool,
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

/// The largest `seq` of some rows; `None` when there are none.
fn last_seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Seq>> {
    let is_none = matches!(row.get_ref(column)?, rusqlite::types::ValueRef::Null);
    if is_none { Ok(None) } else { seq(row, column).map(Some) }
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

/// Writes an entry to the table of entries.
pub(super) fn put_entry(connection: &Connection, board: BoardId, entry: &StoredEntry) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO entries (board_id, seq, op, actor, entry) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((
            bytes(board.as_uuid()),
            number(entry.seq),
            bytes(entry.op.as_uuid()),
            bytes(entry.actor.as_uuid()),
            entry.json.get(),
        ))?;
    Ok(())
}

/// The last entry of a board in the table of entries.
pub(super) fn last_in_table(connection: &Connection, board: BoardId) -> rusqlite::Result<Option<Seq>> {
    let mut statement = connection.prepare_cached("SELECT max(seq) FROM entries WHERE board_id = ?1")?;
    statement.query_row([bytes(board.as_uuid())], |row| last_seq(row, 0))
}

/// The last entry of a board that nothing of is in the tail.
pub(super) fn head(connection: &Connection, board: BoardId) -> Result<Seq, StoreError> {
    let is_there = connection.prepare_cached("SELECT 1 FROM boards WHERE id = ?1")?.exists([bytes(board.as_uuid())])?;
    if !is_there {
        return Err(StoreError::Corrupt(format!("no board {board} to append to")));
    }
    Ok(last_in_table(connection, board)?.unwrap_or(Seq::ZERO))
}

/// Notes who is on a board, as an entry says.
pub(super) fn put_membership(connection: &Connection, board: BoardId, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::MemberAdded { member } => put_member(connection, board, member),
        Change::MemberRemoved { user_id } => {
            connection
                .prepare_cached("DELETE FROM members WHERE user_id = ?1 AND board_id = ?2")?
                .execute((bytes(user_id.as_uuid()), bytes(board.as_uuid())))?;
            Ok(())
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
        | Change::Unknown(_) => Ok(()),
    }
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

/// Lines only ever move forward, too.
fn put_summary(connection: &Connection, seq: Seq, summary: &BoardSummary) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE boards SET seq = ?2, name = ?3, summary = ?4 WHERE id = ?1 AND seq < ?2")?
        .execute((bytes(summary.id.as_uuid()), number(seq), &summary.name, json(summary)?))?;
    Ok(())
}

/// Entries after `since`: those in the table, then the `newest`, which were taken from the tail before the table is
/// looked at, since what leaves the tail is in the table by then.
fn read_entries(
    connection: &Connection,
    newest: Vec<StoredEntry>,
    board: BoardId,
    since: Seq,
    max: usize,
    max_bytes: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let first = newest.first().map_or(Seq(u64::MAX), |entry| entry.seq);
    let mut entries = Vec::new();
    let mut n_bytes = 0;
    let mut fits = |n_entries: usize, entry: &StoredEntry| {
        n_bytes += entry.json.get().len();
        n_entries < max && (n_bytes <= max_bytes || n_entries == 0)
    };
    if since.0 < first.0 - 1 {
        let mut statement = connection.prepare_cached(
            "SELECT seq, op, actor, entry FROM entries WHERE board_id = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq",
        )?;
        let mut rows = statement.query((bytes(board.as_uuid()), number(since), number(first)))?;
        while let Some(row) = rows.next()? {
            let json = RawValue::from_string(row.get(3)?).map_err(|error| corrupt(board, &error))?;
            let entry = StoredEntry {
                seq: seq(row, 0)?,
                op: OpId::from_uuid(uuid(row, 1)?),
                actor: user_id(row, 2)?,
                json: json.into(),
            };
            if !fits(entries.len(), &entry) {
                return Ok(entries);
            }
            entries.push(entry);
        }
    }
    for entry in newest {
        if !fits(entries.len(), &entry) {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn corrupt(board: BoardId, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("board {board}: {error}"))
}

fn load(connection: &Connection, tail: &Tail, id: BoardId, n_recent: usize) -> Result<Option<StoredBoard>, StoreError> {
    // What a former look has found: the log has as much at the next one.
    let mut known = Seq::ZERO;
    loop {
        let mut newest = tail.entries(id, Seq::ZERO, usize::MAX);
        // One transaction, so that the log is read as it was when the snapshot was.
        let transaction = connection.unchecked_transaction()?;
        let found = transaction
            .prepare_cached(
                "SELECT snapshots.seq, board, boards.seq FROM boards JOIN snapshots ON board_id = id WHERE id = ?1",
            )?
            .query_row([bytes(id.as_uuid())], |row| Ok((seq(row, 0)?, row.get::<_, String>(1)?, seq(row, 2)?)))
            .optional()?;
        let Some((snapshot_seq, snapshot, listed_seq)) = found else { return Ok(None) };
        let (last_in_tail, in_table) = (newest.last().map(|entry| entry.seq), last_in_table(&transaction, id)?);
        let last = last_in_tail.max(in_table).unwrap_or(Seq::ZERO);
        if last < known {
            return Err(corrupt(id, &format!("its log ends with {last}, before {known}")));
        }
        if last < snapshot_seq || last_in_tail.is_some_and(|last_in_tail| last > last_in_tail) {
            // Somebody has appended between the look at the tail and the one at the table.
            known = snapshot_seq.max(last);
            continue;
        }
        let recent_since = Seq(last.0.saturating_sub(u64::try_from(n_recent).unwrap_or(u64::MAX)));
        let mut board: Board = serde_json::from_str(&snapshot).map_err(|error| corrupt(id, &error))?;
        let since = snapshot_seq.min(recent_since);
        let newest_op = newest.iter().map(|entry| entry.op).max();
        newest.retain(|entry| entry.seq > since);
        let mut recent = read_entries(&transaction, newest, id, since, usize::MAX, usize::MAX)?;
        let (mut reached, mut replayed_bytes) = (since, 0);
        for stored in &recent {
            if stored.seq != reached.next() {
                return Err(corrupt(id, &format!("its log has a gap after {reached}")));
            }
            reached = stored.seq;
            if stored.seq > snapshot_seq {
                let entry: Entry = serde_json::from_str(stored.json.get()).map_err(|error| corrupt(id, &error))?;
                board.apply(&entry.context(), &entry.change).map_err(|error| corrupt(id, &error))?;
                replayed_bytes += stored.json.get().len();
            }
        }
        if reached < last {
            return Err(corrupt(id, &format!("its log ends with {reached} instead of {last}")));
        }
        let max_op = transaction
            .prepare_cached("SELECT max(op) FROM entries WHERE board_id = ?1")?
            .query_row([bytes(id.as_uuid())], |row| row.get::<_, Option<[u8; 16]>>(0))?
            .map(|op| OpId::from_uuid(Uuid::from_bytes(op)))
            .max(newest_op);
        recent.retain(|stored| stored.seq > recent_since);
        let snapshot_bytes = snapshot.len();
        let seq = reached;
        return Ok(Some(StoredBoard { seq, board, recent, max_op, listed_seq, snapshot_bytes, replayed_bytes }));
    }
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

    /// A board, and up to `n_recent` of its last entries.
    pub(crate) async fn load_board(&self, id: BoardId, n_recent: usize) -> Result<Option<StoredBoard>, StoreError> {
        let tail = self.tail();
        self.read(move |connection| load(connection, &tail, id, n_recent)).await
    }

    /// Stores a board as of some entry, so that it opens faster, and as the page of boards shows it then.
    pub(crate) fn save_snapshot(&self, seq: Seq, summary: BoardSummary, json: String) -> Writing<()> {
        self.write(move |connection| {
            put_snapshot(connection, summary.id, seq, &json)?;
            put_summary(connection, seq, &summary)
        })
    }

    /// Stores boards as the page of boards shows them, each as of some entry.
    pub(crate) fn save_summaries(&self, summaries: Vec<(Seq, BoardSummary)>) -> Writing<()> {
        self.write(move |connection| {
            summaries.iter().try_for_each(|(seq, summary)| put_summary(connection, *seq, summary))
        })
    }

    /// Up to `max` entries after `since`, in order, with `max_bytes` at most unless the first alone has more.
    pub(crate) async fn entries(
        &self,
        board: BoardId,
        since: Seq,
        max: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let tail = self.tail();
        self.read(move |connection| {
            read_entries(connection, tail.entries(board, since, max), board, since, max, max_bytes)
        })
        .await
    }

    /// The place of the entry that a proposal became, and who made it.
    pub(crate) async fn find_op(&self, board: BoardId, op: OpId) -> Result<Option<(Seq, UserId)>, StoreError> {
        if let Some(found) = self.inner.tail.find_op(board, op) {
            return Ok(Some(found));
        }
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

    /// The boards of which somebody is a member, oldest first.
    pub(crate) async fn boards_of(&self, user: UserId) -> Result<Vec<ListedBoard>, StoreError> {
        let heads = self.inner.tail.heads();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT summary, role, boards.seq, (SELECT max(seq) FROM entries WHERE entries.board_id = boards.id)
                 FROM members JOIN boards ON boards.id = members.board_id
                 WHERE user_id = ?1 ORDER BY created_at, boards.id",
            )?;
            let mut rows = statement.query([bytes(user.as_uuid())])?;
            let mut boards = Vec::new();
            while let Some(row) = rows.next()? {
                let summary: BoardSummary =
                    serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)
                        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
                let is_owner = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? == role_name(Role::Owner);
                let role = if is_owner { Role::Owner } else { Role::Member };
                let last = heads.get(&summary.id).copied().max(last_seq(row, 3)?).unwrap_or(Seq::ZERO);
                let is_current = seq(row, 2)? >= last;
                boards.push(ListedBoard { summary, role, is_current });
            }
            Ok(boards)
        })
        .await
    }
}
