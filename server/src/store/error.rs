//! What can go wrong with the database.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a data directory cannot be used. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be made, read or written.
    #[error("cannot use the data directory {}: {source}; make it writable, or choose another with --data-dir", dir.display())]
    Dir {
        /// Which directory.
        dir: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// Another server has it.
    #[error("another roost-server is using the data directory {}; stop it first, or choose another with --data-dir", .0.display())]
    InUse(PathBuf),
    /// The database was made by a newer version.
    #[error(
        "the database {} has the format {found}, and this version of Roost knows formats up to {known}; \
         nothing was changed; use the newer version that made it",
        file.display()
    )]
    Newer {
        /// Which file.
        file: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// A file of that name is there, and it is something else.
    #[error("{} is not a database of Roost; move it away, or choose another directory with --data-dir", .0.display())]
    NotOurs(PathBuf),
    /// The copy that a migration begins with could not be made.
    #[error(
        "the database must be brought up to date, but no sound copy of it could be made first: {reason}; nothing was changed"
    )]
    Copy {
        /// What failed.
        reason: String,
    },
    /// A migration failed, and the data was put back.
    #[error(
        "bringing the database up to format {to} failed: {reason}; everything was put back as it was, and a copy is kept in {}; \
         use the version of Roost that you had before and report this",
        copy.display()
    )]
    Migration {
        /// The format that could not be reached.
        to: i64,
        /// What failed.
        reason: String,
        /// Where the copy is.
        copy: PathBuf,
    },
    /// A migration failed, and the data could not be put back.
    #[error(
        "bringing the database up to format {to} failed: {reason}; putting it back failed as well: {restore}; \
         the data as it was before is in {}",
        copy.display()
    )]
    NotPutBack {
        /// The format that could not be reached.
        to: i64,
        /// What failed first.
        reason: String,
        /// What failed then.
        restore: String,
        /// Where the copy is.
        copy: PathBuf,
    },
    /// SQLite refuses the file.
    #[error(
        "cannot open the database {}: {source}; make sure that the disk has room and that this user may write the \
         file, and put a damaged one back from a backup",
        file.display()
    )]
    Sqlite {
        /// Which file.
        file: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
}

impl OpenError {
    pub(super) fn dir(dir: &Path, source: io::Error) -> Self {
        Self::Dir { dir: dir.to_owned(), source }
    }

    pub(super) fn sqlite(file: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { file: file.to_owned(), source }
    }
}

/// Why the database did not do what was asked. One transaction fails for everyone in it, hence the shared causes.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    /// SQLite refused.
    #[error("the database refused: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// What is stored is not what was once stored.
    #[error("the database contains something unexpected: {0}")]
    Corrupt(String),
    /// Something else in the same transaction went so wrong that all of it was undone.
    #[error("the database took the whole transaction back")]
    Undone,
    /// The server is stopping, or its writer has ended.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}
