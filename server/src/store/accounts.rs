//! Accounts, signed-out tokens, and the few facts that the server keeps about itself.

use roost_board::{Timestamp, User, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Store;
use super::boards::{bytes, user_id};
use super::error::StoreError;

/// An account as it is made.
#[derive(Debug)]
pub(crate) struct NewAccount {
    /// Whose; the e-mail address in lower case.
    pub(crate) user: User,
    /// The password's hash in PHC form; `None` when nobody is to sign in with a password.
    pub(crate) password_hash: Option<String>,
    /// When.
    pub(crate) at: Timestamp,
}

/// The person who uses the server that is bundled with the app.
const LOCAL_USER: &str = "local_user";

const USER_COLUMNS: &str = "id, first_name, last_name, email";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: user_id(row, 0)?, first_name: row.get(1)?, last_name: row.get(2)?, email: row.get(3)? })
}

/// False when the e-mail address is taken.
fn insert(connection: &Connection, account: &NewAccount) -> Result<bool, StoreError> {
    let User { id, first_name, last_name, email } = &account.user;
    let n_rows = connection
        .prepare_cached(
            "INSERT INTO users (id, email, first_name, last_name, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (email) DO NOTHING",
        )?
        .execute((bytes(id.as_uuid()), email, first_name, last_name, &account.password_hash, account.at.as_millis()))?;
    Ok(n_rows == 1)
}

fn find_user(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {USER_COLUMNS} FROM users WHERE id = ?1"))?;
    Ok(statement.query_row([bytes(id.as_uuid())], user).optional()?)
}

impl Store {
    /// Makes an account; false when the e-mail address is taken.
    pub(crate) async fn create_account(&self, account: NewAccount) -> Result<bool, StoreError> {
        self.write(move |connection| insert(connection, &account)).on_disk().await
    }

    /// A person.
    pub(crate) async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(move |connection| find_user(connection, id)).await
    }

    /// The person with an e-mail address, which is to be in lower case, and their password's hash.
    pub(crate) async fn account(&self, email: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
        let email = email.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {USER_COLUMNS}, password_hash FROM users WHERE email = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row([email], |row| Ok((user(row)?, row.get(4)?))).optional()?)
        })
        .await
    }

    /// The person who uses the bundled server: the one from before if there is one, else `account`.
    pub(crate) async fn local_user(&self, account: NewAccount) -> Result<User, StoreError> {
        self.write(move |connection| {
            let known: Option<String> = connection
                .query_row("SELECT value FROM meta WHERE key = ?1", [LOCAL_USER], |row| row.get(0))
                .optional()?;
            if let Some(known) = known {
                let id = known.parse().map_err(|_| StoreError::Corrupt(format!("the local user {known:?}")))?;
                return find_user(connection, id)?
                    .ok_or_else(|| StoreError::Corrupt(format!("no account of the local user {known}")));
            }
            if !insert(connection, &account)? {
                return Err(StoreError::Corrupt(format!("an account of {} already", account.user.email)));
            }
            connection
                .execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", (LOCAL_USER, account.user.id.to_string()))?;
            Ok(account.user)
        })
        .on_disk()
        .await
    }

    /// Records that a token is signed out, and forgets those that have ended by `now`.
    pub(crate) async fn revoke(&self, jti: &str, expires_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let jti = jti.to_owned();
        self.write(move |connection| {
            connection.execute("DELETE FROM revoked_tokens WHERE expires_at <= ?1", [now.as_millis()])?;
            connection.execute(
                "INSERT INTO revoked_tokens (jti, expires_at) VALUES (?1, ?2) ON CONFLICT (jti) DO NOTHING",
                (jti, expires_at.as_millis()),
            )?;
            Ok(())
        })
        .on_disk()
        .await
    }

    /// The tokens that are signed out, and when each would end by itself.
    pub(crate) async fn revoked(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT jti, expires_at FROM revoked_tokens")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, Timestamp::from_millis(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
