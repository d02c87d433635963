//! Opening connections, each with what it needs to be safe.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;

/// The database's file in the data directory.
pub(super) const DATABASE: &str = "roost.db";

/// Only a backup program can be in the way, and not for long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the log of changes in front of the database shrinks to after a burst, in bytes.
const WAL_BYTES: i64 = 64 * 1024 * 1024;

/// From how many pages on the connection that writes copies the log into the database itself: 64 MiB.
const CHECKPOINT_PAGES: i64 = 16 * 1024;

/// The connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    make_private(path).map_err(|source| OpenError::dir(path, source))?;
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode this is what makes a commit survive a power cut; NORMAL would not.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        Ok(connection)
    };
    open().map_err(OpenError::sqlite(path))
}

/// The connection that copies the log into the database while the other one writes.
pub(super) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Makes the file if it is not there, for this user alone; SQLite gives its other files the same rights.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
