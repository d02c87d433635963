//! From an empty or older file to the one that this version of the app writes: one step for each version, of which the
//! first makes version 1 of nothing.

use rusqlite::Connection;

use super::StoreError;

/// The version that the steps lead to.
pub(super) fn version_of(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).expect("there are few steps")
}

/// The version of a file, 0 for one that is empty.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Takes the steps that are still to be taken, each in a transaction with the version that it leads to.
pub(super) fn run(connection: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found <= 0 {
        let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if n_tables > 0 {
            return Err(StoreError::Damaged("it has tables and no version".to_owned()));
        }
    }
    for (version, step) in (1..).zip(steps) {
        if version > found {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
    }
    Ok(())
}
