//! What the app keeps of a person's profile: settings, and the texts that are being typed.

use std::path::Path;

use roost_bridge::{Draft, DraftKey, Notice};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::StoreError;
use super::database::Database;
use super::file::Layout;
use super::rescue::{Saved, rows};

/// The longest draft, in bytes. The longest text of a board is far below.
pub const DRAFT_MAX: usize = 512 * 1024;

pub(super) const LAYOUT: Layout = Layout {
    steps: &[
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
        // 3: numbered rows, of which more can be read when the file is damaged.
        "ALTER TABLE settings RENAME TO old_settings;
         ALTER TABLE drafts RENAME TO old_drafts;
         CREATE TABLE settings (
             key TEXT NOT NULL PRIMARY KEY,
             value TEXT NOT NULL
         ) STRICT;
         CREATE TABLE drafts (
             number INTEGER PRIMARY KEY,
             account TEXT NOT NULL,
             key TEXT NOT NULL,
             text TEXT NOT NULL,
             UNIQUE (account, key)
         ) STRICT;
         INSERT INTO settings (key, value) SELECT key, value FROM old_settings;
         INSERT INTO drafts (account, key, text) SELECT account, key, text FROM old_drafts;
         DROP TABLE old_settings;
         DROP TABLE old_drafts;",
        // 4: what waits is in the file of its account.
        "DROP TABLE waiting;",
    ],
    rescue,
    means,
};

/// The settings and the drafts; every write is on disk when it is answered.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
}

impl Store {
    /// Opens the file, made or brought up to date as need be. One that is damaged is put aside, now or when it is found
    /// to be, and `tell` is told; what can be read of it goes over to a new one.
    ///
    /// # Errors
    /// When it cannot be, or a later version of the app has written it.
    pub(crate) fn open(path: &Path, tell: impl Fn(Notice) + Send + 'static) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(path.to_owned(), &LAYOUT, Box::new(tell))? })
    }

    /// A setting. One that cannot be read is as good as none, and logged.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn setting<T: DeserializeOwned>(&self, key: &'static str) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self
            .database
            .call(move |db| {
                let mut statement = db.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
                Ok(statement.query_row([key], |row| row.get(0)).optional()?)
            })
            .await?;
        Ok(text.and_then(|text| {
            serde_json::from_str(&text)
                .inspect_err(|error| tracing::warn!(key, %error, "a setting cannot be read"))
                .ok()
        }))
    }

    /// Keeps a setting.
    ///
    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Panics
    /// When the value cannot be written as JSON; settings are plain structs.
    pub(crate) async fn set_setting(&self, key: &'static str, value: &impl Serialize) -> Result<(), StoreError> {
        let text = serde_json::to_string(value).expect("settings are plain structs");
        let set = "INSERT INTO settings (key, value) VALUES (?1, ?2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.database.call(move |db| Ok(db.prepare_cached(set)?.execute(params![key, text]).map(drop)?)).await
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) async fn remove_setting(&self, key: &'static str) -> Result<(), StoreError> {
        self.database.call(move |db| Ok(db.execute("DELETE FROM settings WHERE key = ?1", [key]).map(drop)?)).await
    }

    /// Waits until everything that was asked for is done, and leaves the file as it is to be found at the next start.
    pub(crate) async fn settle(&self) {
        self.database.settle().await;
    }

    /// All drafts of an account.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn drafts(&self, account: String) -> Result<Vec<Draft>, StoreError> {
        let drafts = self.database.call(move |db| {
            let mut statement = db.prepare_cached("SELECT key, text FROM drafts WHERE account = ?1 ORDER BY key")?;
            let drafts = statement.query_map([&account], |row| {
                Ok(Draft { key: DraftKey::from(row.get::<_, String>(0)?), text: row.get(1)? })
            })?;
            Ok(drafts.collect::<Result<_, _>>()?)
        });
        drafts.await
    }

    /// Keeps a draft of an account; an empty text forgets it. Drafts of one key are kept in the order of the calls,
    /// whenever their answers are awaited; of those that wait for a slow disk only the last is written.
    ///
    /// # Errors
    /// When it is too long, or the file cannot be written.
    pub(crate) fn save_draft(
        &self,
        account: String,
        key: &DraftKey,
        text: String,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static + use<> {
        let length = key.as_str().len() + text.len();
        let place = format!("{account}\n{key}");
        let key = key.to_string();
        let written = (length <= DRAFT_MAX).then(|| {
            self.database.call_in_place(place, move |db| {
                if text.is_empty() {
                    db.prepare_cached("DELETE FROM drafts WHERE account = ?1 AND key = ?2")?
                        .execute(params![account, key])?;
                } else {
                    db.prepare_cached(PUT_DRAFT)?.execute(params![account, key, text])?;
                }
                Ok(())
            })
        });
        async move { written.ok_or(StoreError::DraftTooLong(length))?.await }
    }
}

const PUT_DRAFT: &str = "INSERT INTO drafts (account, key, text) VALUES (?1, ?2, ?3)
                         ON CONFLICT (account, key) DO UPDATE SET text = excluded.text";

fn rescue(from: &Connection, to: &Connection) -> rusqlite::Result<Saved> {
    let text = |row: &rusqlite::Row<'_>, column| row.get::<_, String>(column).ok();
    let (settings, _) = rows(from, "settings", "key, value", |row| {
        let (key, value) = (text(row, 0)?, text(row, 1)?);
        serde_json::from_str::<IgnoredAny>(&value).is_ok().then_some((key, value))
    });
    for setting in settings {
        to.execute("INSERT OR IGNORE INTO settings (key, value) VALUES (?1, ?2)", setting)?;
    }
    let (drafts, is_all) =
        rows(from, "drafts", "account, key, text", |row| Some((text(row, 0)?, text(row, 1)?, text(row, 2)?)));
    let n = drafts.len();
    for draft in drafts {
        to.execute(PUT_DRAFT, draft)?;
    }
    Ok(Saved { n, is_all })
}

fn means(saved: &Saved) -> String {
    let texts = match (saved.n, saved.is_all) {
        (0, true) => "No text was being typed.".to_owned(),
        (0, false) => "What you were typing could not be saved.".to_owned(),
        (1, true) => "The text that you were typing was saved.".to_owned(),
        (n, true) => format!("The {n} texts that you were typing were saved."),
        (n, false) => format!("{n} of the texts that you were typing could be saved, others may be missing."),
    };
    format!("{texts} You may have to choose the theme and the server again; your boards are not touched by this.")
}

#[cfg(test)]
mod tests {
    use roost_bridge::Theme;

    use super::*;

    fn key(text: &str) -> DraftKey {
        DraftKey::from(text.to_owned())
    }

    fn open(path: &Path) -> Store {
        Store::open(path, |notice| panic!("{notice:?}")).unwrap()
    }

    #[tokio::test]
    async fn drafts_are_apart_by_account_and_kept_in_order() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("roost.db");
        let store = open(&path);
        let first = store.save_draft("ada".into(), &key("card:1"), "He".into());
        let second = store.save_draft("ada".into(), &key("card:1"), "Hello".into());
        let other = store.save_draft("bob".into(), &key("card:1"), "Hi".into());
        // The later one is awaited first: the order is that of the calls.
        second.await.unwrap();
        first.await.unwrap();
        other.await.unwrap();
        drop(store);

        let store = open(&path);
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
        let store = open(&path);
        for n in 0..20 {
            drop(store.save_draft("ada".into(), &key(&format!("card:{n}")), "Hello".into()));
        }
        store.settle().await;
        let count = "SELECT count(*) FROM drafts";
        let db = Connection::open(&path).unwrap();
        assert_eq!(db.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 20);
    }

    #[tokio::test]
    async fn a_setting_that_cannot_be_read_is_none() {
        let temp = tempfile::tempdir().unwrap();
        let store = open(&temp.path().join("roost.db"));
        assert_eq!(store.setting::<Theme>("theme").await.unwrap(), None);
        store.set_setting("theme", &Theme::Dark).await.unwrap();
        assert_eq!(store.setting("theme").await.unwrap(), Some(Theme::Dark));
        store.set_setting("theme", &"sepia").await.unwrap();
        assert_eq!(store.setting::<Theme>("theme").await.unwrap(), None);
        store.remove_setting("theme").await.unwrap();
        assert_eq!(store.setting::<String>("theme").await.unwrap(), None);
    }
}
