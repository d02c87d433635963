//! Bringing a database of an older format up to date without ever losing one.
//!
//! Before anything changes the data is copied into `backups/` and the copy is checked. Each step is a transaction that
//! records the format it leads to, so a process that dies half-way leaves a sound database of some format in between,
//! and the next start goes on from there. A step that fails makes everything be put back from the copy.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::OpenError;
use super::lock::make_private_dir;
use super::open::{self, DATABASE};
use crate::auth::SECRET_FILE;
use crate::clock;

/// One step, from one format to the next.
pub(super) type Migration = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// Where the copies are, in the data directory. They are kept until somebody removes them.
const BACKUPS: &str = "backups";

/// Pages copied at a time.
const PAGES: i32 = 4_096;

/// Brings the database of `data_dir` to the last of the formats that `migrations` lead to.
pub(super) fn migrate(data_dir: &Path, migrations: &[Migration]) -> Result<(), OpenError> {
    let file = data_dir.join(DATABASE);
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found = find_format(&file)?;
    if found > known {
        return Err(OpenError::Newer { file, found, known });
    }
    if found == known {
        return Ok(());
    }
    let mut connection = open::writer(&file)?;
    if found == 0 {
        // There is nothing yet that could be lost.
        return steps(&mut connection, migrations, 0).map_err(|(_, source)| OpenError::Sqlite { file, source });
    }
    let copy = copy_aside(data_dir, &connection, found).map_err(|reason| OpenError::Copy { reason })?;
    tracing::info!(from = found, to = known, copy = %copy.display(), "bringing the database up to date");
    let Err((to, error)) = steps(&mut connection, migrations, found) else { return Ok(()) };
    let reason = error.to_string();
    match put_back(&mut connection, &copy, found) {
        Ok(()) => Err(OpenError::Migration { to, reason, copy }),
        Err(restore) => Err(OpenError::NotPutBack { to, reason, restore, copy }),
    }
}

/// The format of a database, 0 when there is none; looks without changing a byte.
fn find_format(file: &Path) -> Result<i64, OpenError> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.len() == 0 && !wal(file).exists() => return Ok(0),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(OpenError::dir(file, source)),
    }
    let look = || {
        let connection = open::reader(file)?;
        let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((format(&connection)?, n_tables))
    };
    match look() {
        Ok((0, 1..)) => Err(OpenError::NotOurs(file.to_owned())),
        Ok((found, _)) => Ok(found),
        Err(error) if error_code(&error) == Some(rusqlite::ErrorCode::NotADatabase) => {
            Err(OpenError::NotOurs(file.to_owned()))
        }
        Err(error) => Err(OpenError::sqlite(file)(error)),
    }
}

fn error_code(error: &rusqlite::Error) -> Option<rusqlite::ErrorCode> {
    error.sqlite_error_code()
}

fn wal(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs what is missing after the format `from`, each in a transaction; an error comes with the format it stood before.
fn steps(connection: &mut Connection, migrations: &[Migration], from: i64) -> Result<(), (i64, rusqlite::Error)> {
    for (to, migration) in (1..).zip(migrations).filter(|(to, _)| *to > from) {
        let mut step = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            migration(&transaction)?;
            transaction.pragma_update(None, "user_version", to)?;
            transaction.commit()
        };
        step().map_err(|error| (to, error))?;
    }
    Ok(())
}

/// Copies the data into a directory of its own, and returns that once the copy is checked and on disk.
fn copy_aside(data_dir: &Path, connection: &Connection, found: i64) -> Result<PathBuf, String> {
    let backups = data_dir.join(BACKUPS);
    let partial = backups.join("partial");
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(in_file(&partial)(error)),
        Ok(()) | Err(_) => {}
    }
    make_private_dir(&partial).map_err(in_file(&partial))?;
    let database = partial.join(DATABASE);
    copy_database(connection, &database, found).map_err(|error| format!("{}: {error}", database.display()))?;
    let secret = data_dir.join(SECRET_FILE);
    if secret.exists() {
        fs::copy(&secret, partial.join(SECRET_FILE)).map_err(in_file(&secret))?;
    }
    sync(&database).map_err(in_file(&database))?;
    sync_dir(&partial).map_err(in_file(&partial))?;
    // Colons are not for file names everywhere.
    let copy = backups.join(format!("format-{found}-{}", clock::now().to_string().replace(':', "-")));
    fs::rename(&partial, &copy).map_err(in_file(&copy))?;
    sync_dir(&backups).map_err(in_file(&backups))?;
    Ok(copy)
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn copy_database(from: &Connection, to: &Path, expected: i64) -> Result<(), String> {
    let copy = || {
        let mut copy = Connection::open(to)?;
        Backup::new(from, &mut copy)?.run_to_completion(PAGES, Duration::ZERO, None)?;
        // One file that holds everything, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(copy)
    };
    let copy: Connection = copy().map_err(|error: rusqlite::Error| error.to_string())?;
    check(&copy, expected)
}

/// Puts the copy's content in the place of the database's, in one transaction.
fn put_back(connection: &mut Connection, copy: &Path, expected: i64) -> Result<(), String> {
    let restore = |connection: &mut Connection| {
        let copy = open::reader(&copy.join(DATABASE))?;
        Backup::new(&copy, connection)?.run_to_completion(PAGES, Duration::ZERO, None)
    };
    restore(connection).map_err(|error| error.to_string())?;
    check(connection, expected)
}

/// Whether a database is whole and of the format that it should have.
fn check(connection: &Connection, expected: i64) -> Result<(), String> {
    let look = || {
        let report: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
        Ok((report, format(connection)?))
    };
    let (report, found) = look().map_err(|error: rusqlite::Error| error.to_string())?;
    if report != "ok" {
        return Err(format!("it is damaged: {report}"));
    }
    if found != expected { Err(format!("it has the format {found} and should have {expected}")) } else { Ok(()) }
}

fn sync(file: &Path) -> io::Result<()> {
    File::options().write(true).open(file)?.sync_all()
}

/// Makes what a directory lists survive a power cut; on Windows directories cannot be opened, and need not be.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
#[path = "migrate_tests.rs"]
mod tests;
