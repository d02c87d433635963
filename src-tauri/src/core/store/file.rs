//! Opening a file, so that it is safe to use.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use roost_bridge::Notice;
use rusqlite::{Connection, OpenFlags};

use super::StoreError;
use super::database::Tell;
use super::migrations;
use super::rescue::{self, Saved};

/// Only somebody who looks into the file can be in the way, and not for long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the log in front of the file shrinks to after a burst, in bytes.
const LOG_BYTES: i64 = 16 * 1024 * 1024;

/// How many statements stay prepared: all that there are.
const STATEMENTS: usize = 64;

/// What is in a kind of file.
pub(super) struct Layout {
    /// The steps to its latest version; see [`migrations`].
    pub(super) steps: &'static [&'static str],
    /// Copies what can be read of a damaged file to a new one, and says what it was.
    pub(super) rescue: fn(from: &Connection, to: &Connection) -> rusqlite::Result<Saved>,
    /// What a person is told when a file of this kind was put aside: what it means for them.
    pub(super) means: fn(&Saved) -> String,
}

/// Opens a file, made or brought up to date as need be. One that is damaged is replaced.
///
/// How a damaged file is found: SQLite notices most at the first look (what is no database, what is too short) or when
/// it reads the page in question, now or later. Pages that are not what was last written are to be expected only if the
/// last run did not end in order; then everything is looked at.
pub(super) fn open(path: &Path, layout: &'static Layout, tell: &Tell) -> Result<Connection, StoreError> {
    rescue::finish(path).map_err(|error| StoreError::unusable(path, error))?;
    match connect(path, layout) {
        Err(error) if error.is_damage() => replace(path, layout, tell, &error),
        outcome => outcome,
    }
    .map_err(|error| match error {
        StoreError::Sqlite(error) => StoreError::unusable(path, error),
        error => error,
    })
}

/// Puts a damaged file aside, and opens a new one with what could be read of it.
pub(super) fn replace(
    path: &Path,
    layout: &'static Layout,
    tell: &Tell,
    damage: &StoreError,
) -> Result<Connection, StoreError> {
    tracing::error!(file = %path.display(), error = %damage, "a file is damaged");
    let (saved, aside) = rescue::replace(path, layout)?;
    tell(Notice {
        code: "set_aside".to_owned(),
        message: format!(
            "A file in which Roost keeps its data was damaged. It was put aside as {}. {}",
            aside.display(),
            (layout.means)(&saved)
        ),
    });
    connect(path, layout)
}

fn connect(path: &Path, layout: &Layout) -> Result<Connection, StoreError> {
    let ended_in_order = look_at_log(path)?;
    make_private(path).map_err(|error| StoreError::unusable(path, error))?;
    let known = migrations::version_of(layout.steps);
    let found = version(path, ended_in_order)?;
    if found > known {
        return Err(StoreError::TooNew { file: path.to_owned(), found, known });
    }
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode this is what makes a commit survive a power cut; NORMAL would not.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if !ended_in_order {
        check(&connection)?;
    }
    migrations::run(&mut connection, layout.steps)?;
    Ok(connection)
}

/// Makes the file if it is not there, for this person alone; SQLite gives its other files the same rights.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// One of the files that belong to a database: `-wal`, `-shm`, or the file itself.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether the last run ended in order: then it has emptied the log.
fn look_at_log(path: &Path) -> Result<bool, StoreError> {
    let mut header = [0; LOG_HEADER];
    let mut log = match File::open(beside(path, "-wal")) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(StoreError::unusable(path, error)),
    };
    let is_empty = log.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if is_empty {
        return Ok(true);
    }
    let has_header = log.read_exact(&mut header).is_ok();
    let is_file_empty = fs::metadata(path).map_or(true, |metadata| metadata.len() == 0);
    // Before the first commit there may be anything up to a whole header, for which nobody has waited.
    if has_header && header != [0; LOG_HEADER] && (is_file_empty || !is_log(&header)) {
        return Err(StoreError::Damaged("the log in front of it is not its own".to_owned()));
    }
    Ok(false)
}

/// The first bytes of a log: what it is, and their own checksum.
const LOG_HEADER: usize = 32;

/// Whether a log begins as SQLite's do. It takes one that does not for empty, and would write over it.
fn is_log(header: &[u8; LOG_HEADER]) -> bool {
    let word = |index: usize| -> [u8; 4] {
        let at = index * 4;
        header[at..at + 4].try_into().expect("a word has four bytes")
    };
    let magic = u32::from_be_bytes(word(0));
    let read = match magic {
        0x377f_0682 => u32::from_le_bytes,
        0x377f_0683 => u32::from_be_bytes,
        _ => return false,
    };
    let (mut one, mut other) = (0u32, 0u32);
    for index in [0, 2, 4] {
        one = one.wrapping_add(read(word(index))).wrapping_add(other);
        other = other.wrapping_add(read(word(index + 1))).wrapping_add(one);
    }
    (one, other) == (u32::from_be_bytes(word(6)), u32::from_be_bytes(word(7)))
}

/// The version of a file, 0 for one that is empty; looks without changing a byte of it.
fn version(path: &Path, ended_in_order: bool) -> Result<i64, StoreError> {
    if ended_in_order {
        return header_version(path).map_err(|error| StoreError::unusable(path, error));
    }
    // The version may be in the log. To read it alone leaves both as they are.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(migrations::version(&Connection::open_with_flags(path, flags)?)?)
}

/// The version in the first bytes of a file. What is no database has none; SQLite says so when it opens it.
fn header_version(path: &Path) -> io::Result<i64> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const VERSION: usize = 60;
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    let version = header.get(VERSION..VERSION + 4).filter(|_| header.starts_with(MAGIC));
    Ok(version.map_or(0, |bytes| i64::from(i32::from_be_bytes(bytes.try_into().expect("it has four bytes")))))
}

/// Looks at every page.
fn check(connection: &Connection) -> Result<(), StoreError> {
    let report: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if report == "ok" { Ok(()) } else { Err(StoreError::Damaged(report)) }
}
