//! Why something could not be kept or read.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::DRAFT_MAX;
use crate::core::worker::JobFailed;

/// Why something could not be kept or read. The texts are for people: they say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room for it.
    #[error("the disk is full. Nothing of it was saved: make room, then do it again")]
    Full,
    /// SQLite says no.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// What is in the file is not what was written to it.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file was written by a later version of the app.
    #[error(
        "{} was written by a newer version of Roost (its version is {found}, this one knows {known}). It was left as it is: update Roost",
        file.display()
    )]
    TooNew {
        /// Which file.
        file: PathBuf,
        /// The version of the data.
        found: i64,
        /// The latest version that this app knows.
        known: i64,
    },
    /// The file cannot be opened or made.
    #[error("{} cannot be used: {reason}. Make sure that the disk has room, and that you may write there", file.display())]
    Unusable {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A draft beyond [`DRAFT_MAX`].
    #[error("a draft can have {DRAFT_MAX} bytes at most, not {0}")]
    DraftTooLong(usize),
    /// A thread cannot be started.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// See there.
    #[error(transparent)]
    JobFailed(#[from] JobFailed),
}

impl StoreError {
    /// The file cannot be used, whatever it is that failed.
    pub(super) fn unusable(file: &Path, reason: impl Display) -> Self {
        Self::Unusable { file: file.to_owned(), reason: reason.to_string() }
    }

    /// Whether the file has to be put aside.
    pub(super) const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}
