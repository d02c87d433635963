//! Opening connections, each with what it needs to be safe.

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

/// The connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode this is what makes a commit survive a power cut; NORMAL would not.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
        Ok(connection)
    };
    open().map_err(OpenError::sqlite(path))
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
