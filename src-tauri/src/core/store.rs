//! What the app itself remembers: settings, the texts that are being typed, and the changes that wait for the server.
//! One SQLite file for each profile.

mod migrations;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

use roost_bridge::{Draft, DraftKey};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::followed::Following;
use super::worker::{JobFailed, Worker};

/// The longest draft, in bytes. The longest text of a board is far below.
pub const DRAFT_MAX: usize = 512 * 1024;

/// Why something could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The database was written by a later version of the app.
    #[error("the data was written by a newer version of Roost (its version is {found}, this one knows {known})")]
    TooNew {
        /// The version of the data.
        found: i64,
        /// The latest version that this app knows.
        known: i64,
    },
    /// A draft beyond [`DRAFT_MAX`].
    #[error("a draft can have {DRAFT_MAX} bytes at most, not {0}")]
    DraftTooLong(usize),
    /// The file cannot be made, or the thread of the database cannot be started.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// See there.
    #[error(transparent)]
    JobFailed(#[from] JobFailed),
}

/// The database; every write is on disk when it is answered.
#[derive(Debug)]
pub(crate) struct Store {
    worker: Worker<Connection>,
}

impl Store {
    /// Opens the database, made or brought up to date as need be.
    ///
    /// # Errors
    /// When it cannot be, or a later version of the app has written it.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)?;
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migrations::run(&mut connection)?;
        Ok(Self { worker: Worker::spawn("store", connection)? })
    }

    /// A setting. One that cannot be read is as good as none, and logged.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn setting<T: DeserializeOwned>(&self, key: &'static str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self
            .worker
            .call(move |db| {
                db.query_row("SELECT value FROM settings WHERE key = ?1", [key], |row| row.get(0)).optional()
            })
            .await??;
        Ok(text.and_then(|text| {
            serde_json::from_str(&text)
                .inspect_err(|error| tracing::warn!(key, %error, "a setting cannot be read"))
                .ok()
        }))
    }

    /// Keeps a setting.
    ///
    /// # Errors
    /// When the database cannot be written.
    ///
    /// # Panics
    /// When the value cannot be written as JSON; settings are plain structs.
    pub(crate) async fn set_setting(&self, key: &'static str, value: &impl Serialize) -> Result<(), StoreError> {
        let text = serde_json::to_string(value).expect("settings are plain structs");
        self.worker
            .call(move |db| {
                db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", params![key, text])
            })
            .await??;
        Ok(())
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(crate) async fn remove_setting(&self, key: &'static str) -> Result<(), StoreError> {
        self.worker.call(move |db| db.execute("DELETE FROM settings WHERE key = ?1", [key])).await??;
        Ok(())
    }

    /// All that waits for the server's answer, by account. What cannot be read stays, and is logged.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn waiting(&self) -> Result<HashMap<String, Vec<Following>>, StoreError> {
        let rows = self.worker.call(|db| {
            db.prepare("SELECT account, board_id, proposals FROM waiting")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<Vec<(String, String, String)>, _>>()
        });
        let mut waiting: HashMap<String, Vec<Following>> = HashMap::new();
        for (account, board_id, proposals) in rows.await?? {
            match (board_id.parse(), serde_json::from_str(&proposals)) {
                (Ok(board_id), Ok(pending)) => {
                    waiting.entry(account).or_default().push(Following { board_id, pending });
                }
                _ => tracing::error!(board_id, "changes that wait cannot be read"),
            }
        }
        Ok(waiting)
    }

    /// Keeps the proposals that wait on a board, as JSON, or forgets the board; done in the order of the calls.
    pub(crate) fn keep_waiting(&self, account: String, board_id: String, proposals: Option<String>) {
        drop(self.worker.call(move |db| {
            let outcome = match &proposals {
                Some(proposals) => db
                    .prepare_cached("INSERT OR REPLACE INTO waiting (account, board_id, proposals) VALUES (?1, ?2, ?3)")
                    .and_then(|mut statement| statement.execute(params![account, board_id, proposals])),
                None => db
                    .prepare_cached("DELETE FROM waiting WHERE account = ?1 AND board_id = ?2")
                    .and_then(|mut statement| statement.execute(params![account, board_id])),
            };
            if let Err(error) = outcome {
                tracing::error!(board_id, %error, "changes that wait are not kept");
            }
        }));
    }

    /// Waits until everything that was asked for is done.
    pub(crate) async fn settle(&self) {
        // A thread that has ended has nothing left to do.
        self.worker.call(|_| ()).await.ok();
    }

    /// All drafts of an account.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn drafts(&self, account: String) -> Result<Vec<Draft>, StoreError> {
        let drafts = self.worker.call(move |db| {
            db.prepare_cached("SELECT key, text FROM drafts WHERE account = ?1 ORDER BY key")?
                .query_map([account], |row| {
                    Ok(Draft { key: DraftKey::from(row.get::<_, String>(0)?), text: row.get(1)? })
                })?
                .collect::<Result<_, _>>()
        });
        Ok(drafts.await??)
    }

    /// Keeps a draft of an account; an empty text forgets it. Drafts of one key are kept in the order of the calls,
    /// whenever their answers are awaited.
    ///
    /// # Errors
    /// When it is too long, or the database cannot be written.
    pub(crate) fn save_draft(
        &self,
        account: String,
        key: &DraftKey,
        text: String,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static + use<> {
        let length = key.as_str().len() + text.len();
        let key = key.to_string();
        let written = (length <= DRAFT_MAX).then(|| {
            self.worker.call(move |db| match text.as_str() {
                "" => db
                    .prepare_cached("DELETE FROM drafts WHERE account = ?1 AND key = ?2")?
                    .execute(params![account, key]),
                text => db
                    .prepare_cached("INSERT OR REPLACE INTO drafts (account, key, text) VALUES (?1, ?2, ?3)")?
                    .execute(params![account, key, text]),
            })
        });
        async move {
            written.ok_or(StoreError::DraftTooLong(length))?.await??;
            Ok(())
        }
    }
}

/// Makes the file if it is not there, for this person alone; SQLite gives its other files the same rights.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use roost_bridge::Theme;

    use super::*;

    fn key(text: &str) -> DraftKey {
        DraftKey::from(text.to_owned())
    }

    #[tokio::test]
    async fn drafts_are_apart_by_account_and_kept_in_order() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("roost.db");
        let store = Store::open(&path).unwrap();
        let first = store.save_draft("ada".into(), &key("card:1"), "He".into());
        let second = store.save_draft("ada".into(), &key("card:1"), "Hello".into());
        let other = store.save_draft("bob".into(), &key("card:1"), "Hi".into());
        // The later one is awaited first: the order is that of the calls.
        second.await.unwrap();
        first.await.unwrap();
        other.await.unwrap();
        drop(store);

        let store = Store::open(&path).unwrap();
        let drafts = store.drafts("ada".into()).await.unwrap();
        assert_eq!(drafts, [Draft { key: key("card:1"), text: "Hello".into() }]);
        store.save_draft("ada".into(), &key("card:1"), String::new()).await.unwrap();
        assert_eq!(store.drafts("ada".into()).await.unwrap(), []);
        assert_eq!(store.drafts("bob".into()).await.unwrap().len(), 1);
        let too_long = store.save_draft("ada".into(), &key("card:1"), "x".repeat(DRAFT_MAX));
        assert!(matches!(too_long.await, Err(StoreError::DraftTooLong(_))));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_kept_before_the_end() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("roost.db");
        let store = Store::open(&path).unwrap();
        for n in 0..20 {
            drop(store.save_draft("ada".into(), &key(&format!("card:{n}")), "Hello".into()));
        }
        store.settle().await;
        let count = "SELECT count(*) FROM drafts";
        let db = Connection::open(&path).unwrap();
        assert_eq!(db.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 20);
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let _store = Store::open(&temp.path().join("roost.db")).unwrap();
        for file in std::fs::read_dir(temp.path()).unwrap().map(Result::unwrap) {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
        }
    }

    #[tokio::test]
    async fn a_setting_that_cannot_be_read_is_none() {
        let temp = tempfile::tempdir().unwrap();
        let store = Store::open(&temp.path().join("roost.db")).unwrap();
        assert_eq!(store.setting::<Theme>("theme").await.unwrap(), None);
        store.set_setting("theme", &Theme::Dark).await.unwrap();
        assert_eq!(store.setting("theme").await.unwrap(), Some(Theme::Dark));
        store.set_setting("theme", &"sepia").await.unwrap();
        assert_eq!(store.setting::<Theme>("theme").await.unwrap(), None);
        store.remove_setting("theme").await.unwrap();
        assert_eq!(store.setting::<String>("theme").await.unwrap(), None);
    }
}
