//! Putting a damaged file aside, and saving what can be read of it.
//!
//! The file that takes its place is made first, with everything that was saved in it; then the damaged one gets another
//! name, then the new one gets its name. Whoever dies in between has lost nothing: the next start goes on from there.
//! What was put aside is as it was found, for somebody who knows how to get more out of it.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Row};

use super::StoreError;
use super::file::{Layout, beside, make_private};
use super::migrations;

/// A database is up to three files.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

/// How often a row may be looked for behind a damaged one without any being found.
const TRIES: i64 = 4_000;

/// What could be saved of a damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Saved {
    /// How much of what is nowhere else.
    pub(super) n: usize,
    /// Whether that is all there was.
    pub(super) is_all: bool,
}

/// Finishes what the last run may have begun.
pub(super) fn finish(path: &Path) -> io::Result<()> {
    let new = new_path(path);
    if !new.try_exists()? {
        return Ok(());
    }
    if path.try_exists()? {
        // It was still being made.
        return remove(&new);
    }
    set_aside(path)?;
    put_in_place(&new, path)
}

/// Puts a damaged file aside, and another with what could be saved in its place. Answers the new name of the old one.
pub(super) fn replace(path: &Path, layout: &Layout) -> Result<(Saved, PathBuf), StoreError> {
    let unusable = |error| StoreError::unusable(path, error);
    let (new, copy) = (new_path(path), path.with_extension("rescue.db"));
    remove(&new).and_then(|()| remove(&copy)).map_err(unusable)?;

    make_private(&new).map_err(unusable)?;
    let mut to = Connection::open(&new)?;
    // Nobody needs it before it is whole, and on disk.
    to.pragma_update(None, "synchronous", "OFF")?;
    migrations::run(&mut to, layout.steps)?;
    // SQLite may write to what it reads, so it reads a copy.
    for suffix in ["", "-wal"] {
        copy_if_there(&beside(path, suffix), &beside(&copy, suffix)).map_err(unusable)?;
    }
    let from = open_damaged(&copy, &new)?;
    let transaction = to.transaction()?;
    let saved = (layout.rescue)(&from, &transaction)?;
    transaction.commit()?;
    drop(from);
    to.close().map_err(|(_, error)| error)?;
    File::options().write(true).open(&new).and_then(|new| new.sync_all()).map_err(unusable)?;
    remove(&copy).map_err(unusable)?;

    let aside = set_aside(path).map_err(unusable)?;
    put_in_place(&new, path).map_err(unusable)?;
    Ok((saved, aside))
}

/// The rows of a table that can be read, in the order of their numbers, and whether that is all of them. `read` has the
/// columns in the order in which they are named here, and answers `None` to what cannot have been written there.
pub(super) fn rows<T>(
    from: &Connection,
    table: &str,
    columns: &str,
    mut read: impl FnMut(&Row<'_>) -> Option<T>,
) -> (Vec<T>, bool) {
    let (mut found, mut is_all) = (Vec::new(), true);
    // Through the table alone: an index may be damaged while the table is not.
    let sql = format!("SELECT {columns}, rowid FROM {table} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid");
    let Ok(mut statement) = from.prepare(&sql) else { return (found, false) };
    let number = statement.column_count() - 1;
    let last = from.query_row(&format!("SELECT max(rowid) FROM {table} NOT INDEXED"), [], |row| row.get(0));
    let last: Option<i64> = last.unwrap_or(Some(i64::MAX));
    let (mut after, mut n_tries) = (0, 0);
    while after < last.unwrap_or(0) && n_tries < TRIES {
        let Ok(mut rows) = statement.query([after]) else { return (found, false) };
        let damaged = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    n_tries = 0;
                    after = row.get(number).unwrap_or(after + 1);
                    match read(row) {
                        Some(row) => found.push(row),
                        None => is_all = false,
                    }
                }
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        if !damaged {
            return (found, is_all);
        }
        // The next row is behind the damage, which may be one row or many pages of them.
        is_all = false;
        n_tries += 1;
        after += 1 + n_tries / 64;
    }
    (found, is_all)
}

fn new_path(path: &Path) -> PathBuf {
    path.with_extension("new.db")
}

/// Opens a copy of a damaged file as far as that goes. If nothing can be found in it, its first page, where everything
/// else is listed, is taken from a new file: the list is the same in all files of one version.
fn open_damaged(copy: &Path, new: &Path) -> Result<Connection, StoreError> {
    const PAGE: usize = 4_096;
    const VALID_FOR: std::ops::Range<usize> = 92..96;

    let from = open_leniently(copy)?;
    let list = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY rowid)";
    let list = |connection: &Connection| connection.query_row(list, [], |row| row.get::<_, Option<String>>(0));
    if matches!((list(&from), list(&Connection::open(new)?)), (Ok(from), Ok(new)) if from == new) {
        return Ok(from);
    }
    drop(from);
    let repair = || {
        let mut page = vec![0; PAGE];
        File::open(new)?.read_exact(&mut page)?;
        // So that SQLite counts the pages itself.
        page[VALID_FOR].fill(0);
        File::options().create(true).truncate(false).write(true).open(copy)?.write_all(&page)
    };
    repair().map_err(|error: io::Error| StoreError::unusable(copy, error))?;
    open_leniently(copy)
}

fn open_leniently(copy: &Path) -> Result<Connection, StoreError> {
    let from = Connection::open(copy)?;
    // With this a file that is too short is read as far as it goes. It reads nothing by itself.
    from.pragma_update(None, "writable_schema", true)?;
    Ok(from)
}

/// Gives what belongs to a file another name, which nothing has yet.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let aside = (now..)
        .map(|at| path.with_file_name(format!("{stem}.corrupt-{at}.db")))
        .find(|aside| FILES.iter().all(|suffix| !beside(aside, suffix).exists()))
        .expect("there are more seconds than files");
    for suffix in FILES {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    sync_folder(path)?;
    Ok(aside)
}

fn put_in_place(new: &Path, path: &Path) -> io::Result<()> {
    fs::rename(new, path)?;
    sync_folder(path)
}

fn copy_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::copy(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Removes a file that was only needed for a while, and all that belongs to it.
fn remove(path: &Path) -> io::Result<()> {
    for suffix in FILES.into_iter().chain(["-journal"]) {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Makes new names survive a power cut; on Windows folders cannot be opened, and need not be.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
