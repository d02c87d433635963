//! The newest entries of all boards, in the order of their commits.
//!
//! The table `entries` keeps a board's log together, so an entry for each of a hundred boards changes some hundred pages
//! of it and of its indexes, and all of them would have to reach the disk with the commit. A commit writes one row to
//! the table `tail` instead, which takes as many bytes as its entries have. Once the tail is long, each commit moves as
//! much of its oldest end into `entries` as it adds, many entries of one board at a time.
//!
//! What is in the tail is kept in memory as well; whoever reads a log looks here first and in the table then. A start
//! moves all of it into the table.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use roost_board::{BoardId, OpId, Seq, UserId};
use rusqlite::types::Type;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::boards::{StoredEntry, put_entry};
use super::error::StoreError;

/// From how many bytes on the tail is moved. That much is read again after a crash.
pub(super) const TAIL_BYTES: usize = 4 * 1024 * 1024;

/// How many times longer it may get when moving fails, before nothing more is taken.
const LONGEST: usize = 8;

/// What a commit moves besides twice what it adds, in bytes: so the tail gets shorter, and nobody waits long for it.
const MOVED_BYTES: usize = 16 * 1024;

/// The newest entries of all boards. The writer alone changes it.
#[derive(Debug)]
pub(super) struct Tail {
    state: Mutex<State>,
    /// From how many bytes on it is moved.
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    /// What is not in the table yet, each in the order of its log and without gaps; none is empty.
    boards: HashMap<BoardId, VecDeque<StoredEntry>>,
    /// The rows on disk, oldest first.
    rows: VecDeque<Row>,
    n_bytes: usize,
    next_id: i64,
}

/// A row of the table `tail`.
#[derive(Debug)]
struct Row {
    id: i64,
    n_bytes: usize,
    /// The boards whose entries it has, and the last one of each. It can go once the table has all of them.
    last: Vec<(BoardId, Seq)>,
}

/// What a transaction writes: it holds for the tail in memory once it is on disk.
#[derive(Debug)]
pub(super) struct Step {
    row: Option<(Row, Vec<(BoardId, StoredEntry)>)>,
    moved: Vec<(BoardId, Seq)>,
    n_rows_gone: usize,
}

impl Tail {
    /// An empty one, which is moved from `max_bytes` on. What a former process left in the table is moved first.
    pub(super) fn open(connection: &mut Connection, max_bytes: usize) -> rusqlite::Result<Self> {
        recover(connection)?;
        Ok(Self { state: Mutex::default(), max_bytes })
    }

    /// Its last entry of a board.
    pub(super) fn head(&self, board: BoardId) -> Option<Seq> {
        self.state().boards.get(&board).and_then(VecDeque::back).map(|entry| entry.seq)
    }

    /// Its last entries of all boards.
    pub(super) fn heads(&self) -> HashMap<BoardId, Seq> {
        let state = self.state();
        state.boards.iter().filter_map(|(board, entries)| Some((*board, entries.back()?.seq))).collect()
    }

    /// Its entries of a board after `since`, in order, `max` at most.
    pub(super) fn entries(&self, board: BoardId, since: Seq, max: usize) -> Vec<StoredEntry> {
        let state = self.state();
        let Some(entries) = state.boards.get(&board) else { return Vec::new() };
        let n_before = entries.partition_point(|entry| entry.seq <= since);
        entries.range(n_before..).take(max).cloned().collect()
    }

    /// The place of the entry that a proposal became if it is here, and who made it.
    pub(super) fn find_op(&self, board: BoardId, op: OpId) -> Option<(Seq, UserId)> {
        let state = self.state();
        state.boards.get(&board)?.iter().find(|entry| entry.op == op).map(|entry| (entry.seq, entry.actor))
    }

    /// Writes new entries, which are in the order of their logs, and moves old ones where there are many.
    pub(super) fn write(&self, connection: &Connection, new: Vec<(BoardId, StoredEntry)>) -> Result<Step, StoreError> {
        let id = self.state().next_id;
        let mut row = Row { id, n_bytes: 0, last: Vec::new() };
        if !new.is_empty() {
            let text = text(&new);
            row.n_bytes = text.len();
            let last: HashMap<BoardId, Seq> = new.iter().map(|(board, entry)| (*board, entry.seq)).collect();
            row.last = last.into_iter().collect();
            connection.prepare_cached("INSERT INTO tail (id, entries) VALUES (?1, ?2)")?.execute((id, text))?;
        }
        let mut step = Step { row: None, moved: Vec::new(), n_rows_gone: 0 };
        let old = self.oldest(2 * row.n_bytes + MOVED_BYTES, row.n_bytes);
        if !old.is_empty() {
            connection.execute_batch("SAVEPOINT moving")?;
            match self.move_to_table(connection, &old) {
                Ok(n_rows_gone) => {
                    step.n_rows_gone = n_rows_gone;
                    step.moved =
                        old.iter().filter_map(|(board, entries)| Some((*board, entries.last()?.seq))).collect();
                }
                // They are safe where they are, and the new ones need not fail with them, for a while.
                Err(error) if self.state().n_bytes > LONGEST * self.max_bytes => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "cannot move entries into their table");
                    connection.execute_batch("ROLLBACK TO moving")?;
                }
            }
            connection.execute_batch("RELEASE moving")?;
        }
        step.row = (!new.is_empty()).then_some((row, new));
        Ok(step)
    }

    /// A transaction is on disk.
    pub(super) fn committed(&self, step: Step) {
        let mut state = self.state();
        for (board, last) in step.moved {
            if let Some(entries) = state.boards.get_mut(&board) {
                let n_moved = entries.partition_point(|entry| entry.seq <= last);
                entries.drain(..n_moved);
                if entries.is_empty() {
                    state.boards.remove(&board);
                }
            }
        }
        for _ in 0..step.n_rows_gone {
            let gone = state.rows.pop_front();
            state.n_bytes -= gone.map_or(0, |row| row.n_bytes);
        }
        let Some((row, new)) = step.row else { return };
        state.next_id = row.id + 1;
        state.n_bytes += row.n_bytes;
        state.rows.push_back(row);
        for (board, entry) in new {
            state.boards.entry(board).or_default().push_back(entry);
        }
    }

    /// Moves all that there is, so that the next start has nothing to do.
    pub(super) fn move_all(&self, connection: &Connection) -> Result<(), StoreError> {
        let all: Vec<_> = self
            .state()
            .boards
            .iter()
            .map(|(board, entries)| (*board, entries.iter().cloned().collect::<Vec<_>>()))
            .collect();
        if all.is_empty() {
            return Ok(());
        }
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let moved = self.move_to_table(connection, &all).and_then(|_| Ok(connection.execute_batch("COMMIT")?));
        if moved.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        moved?;
        let mut state = self.state();
        *state = State { next_id: state.next_id, ..State::default() };
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be moved so that the oldest rows can go: about `budget` bytes, none while the tail is short.
    fn oldest(&self, budget: usize, n_new_bytes: usize) -> Vec<(BoardId, Vec<StoredEntry>)> {
        let state = self.state();
        let mut n_surplus = (state.n_bytes + n_new_bytes).saturating_sub(self.max_bytes);
        let mut chosen: Vec<(BoardId, Vec<StoredEntry>)> = Vec::new();
        let mut n_bytes = 0;
        for row in &state.rows {
            if n_surplus == 0 {
                break;
            }
            n_surplus = n_surplus.saturating_sub(row.n_bytes);
            for (board, last) in &row.last {
                let is_chosen = chosen.iter().any(|(known, _)| known == board);
                let Some(entries) = state.boards.get(board).filter(|_| !is_chosen) else { continue };
                if entries.front().is_none_or(|entry| entry.seq > *last) {
                    continue;
                }
                // All that fits of this board, from later rows as well: together they cost little more than one.
                let fits = |entry: &&StoredEntry| {
                    let fits = n_bytes < budget;
                    n_bytes += entry.json.get().len();
                    fits
                };
                chosen.push((*board, entries.iter().take_while(fits).cloned().collect()));
                if n_bytes >= budget {
                    chosen.retain(|(_, entries)| !entries.is_empty());
                    return chosen;
                }
            }
        }
        chosen
    }

    /// Writes entries to their table and takes away the rows that are not needed then; returns how many these are.
    fn move_to_table(&self, connection: &Connection, old: &[(BoardId, Vec<StoredEntry>)]) -> Result<usize, StoreError> {
        let mut moved = HashMap::new();
        for (board, entries) in old {
            for entry in entries {
                put_entry(connection, *board, entry)?;
                moved.insert(*board, entry.seq);
            }
        }
        let state = self.state();
        let is_in_table = |(board, last): &(BoardId, Seq)| {
            moved.get(board).is_some_and(|moved| moved >= last)
                || state.boards.get(board).and_then(VecDeque::front).is_none_or(|first| first.seq > *last)
        };
        let gone = state.rows.iter().take_while(|row| row.last.iter().all(is_in_table));
        let (n_rows_gone, last) = gone.fold((0, None), |(n_rows, _), row| (n_rows + 1, Some(row.id)));
        drop(state);
        if let Some(last) = last {
            connection.prepare_cached("DELETE FROM tail WHERE id <= ?1")?.execute([last])?;
        }
        Ok(n_rows_gone)
    }
}

/// A row's text: for each entry a line with the board, a space, and the entry as JSON, in which no line ends.
fn text(entries: &[(BoardId, StoredEntry)]) -> String {
    let n_bytes = entries.iter().map(|(_, entry)| entry.json.get().len() + 40).sum();
    let mut text = String::with_capacity(n_bytes);
    for (board, entry) in entries {
        writeln!(text, "{board} {}", entry.json).expect("a text takes what it is given");
    }
    text
}

/// What is read of an entry besides its JSON.
#[derive(Deserialize)]
struct Head {
    seq: Seq,
    op: OpId,
    actor: UserId,
}

fn parse_line(line: &str) -> Result<(BoardId, StoredEntry), Box<dyn std::error::Error + Send + Sync>> {
    let (board, json) = line.split_once(' ').ok_or("a line without an entry")?;
    let json: Box<RawValue> = serde_json::from_str(json)?;
    let Head { seq, op, actor } = serde_json::from_str(json.get())?;
    Ok((board.parse()?, StoredEntry { seq, op, actor, json: json.into() }))
}

/// Moves what is in the tail's table.
fn recover(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let n_entries = recover_rows(&transaction)?;
    transaction.execute("DELETE FROM tail", [])?;
    transaction.commit()?;
    if n_entries > 0 {
        tracing::info!(n_entries, "took over the entries that were written last");
    }
    Ok(())
}

fn recover_rows(transaction: &Transaction<'_>) -> rusqlite::Result<usize> {
    let mut statement = transaction.prepare("SELECT entries FROM tail ORDER BY id")?;
    let mut rows = statement.query([])?;
    // A row whose first entries were moved is there until all of them are.
    let mut heads: HashMap<BoardId, Seq> = HashMap::new();
    let mut n_entries = 0;
    while let Some(row) = rows.next()? {
        for line in row.get_ref(0)?.as_str()?.lines() {
            let (board, entry) =
                parse_line(line).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error))?;
            let head = match heads.get(&board) {
                Some(head) => *head,
                None => super::boards::last_in_table(transaction, board)?.unwrap_or(Seq::ZERO),
            };
            if entry.seq > head {
                put_entry(transaction, board, &entry)?;
                n_entries += 1;
            }
            heads.insert(board, head.max(entry.seq));
        }
    }
    Ok(n_entries)
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
