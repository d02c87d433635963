//! From an empty or older database to the one that this version of the app writes.

use rusqlite::Connection;

use super::StoreError;

/// One step for each version: the first makes version 1 of nothing.
const STEPS: &[&str] = &[
    // 1: settings and drafts.
    "CREATE TABLE settings (
         key TEXT PRIMARY KEY,
         value TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE drafts (
         account TEXT NOT NULL,
         key TEXT NOT NULL,
         text TEXT NOT NULL,
         PRIMARY KEY (account, key)
     ) STRICT, WITHOUT ROWID;",
    // 2: the proposals that wait for the server's answer, in order, as JSON.
    "CREATE TABLE waiting (
         account TEXT NOT NULL,
         board_id TEXT NOT NULL,
         proposals TEXT NOT NULL,
         PRIMARY KEY (account, board_id)
     ) STRICT, WITHOUT ROWID;",
];

/// Takes the steps that are still to be taken, each in a transaction with the version that it leads to.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).expect("there are few steps");
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (version, step) in (1..).zip(STEPS) {
        if version > found {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(run(&mut connection), Err(StoreError::TooNew { found: 99, .. })));
    }
}
