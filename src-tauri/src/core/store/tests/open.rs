//! Opening what is there.

use std::fs;

use roost_bridge::{Draft, DraftKey, Theme};
use rusqlite::Connection;

use super::sample::{ACCOUNT, Place, close, names, op, queued, waiting};
use crate::core::store::{AccountStore, Store, StoreError};

fn error_of(place: &Place) -> StoreError {
    let error = place.try_open().unwrap_err();
    assert!(error.to_string().contains(&place.file().display().to_string()), "{error}");
    assert_eq!(place.told(), [""; 0]);
    error
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_as_it_is() {
    let place = Place::new();
    let store = place.open();
    store.write(vec![queued(1, 0)]).await.unwrap();
    close(store).await;
    let db = Connection::open(place.file()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    db.close().unwrap();
    let before = (place.names(), fs::read(place.file()).unwrap());

    let error = error_of(&place);
    assert!(matches!(error, StoreError::TooNew { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("update Roost"), "{error}");
    assert_eq!((place.names(), fs::read(place.file()).unwrap()), before);
}

#[tokio::test]
async fn a_newer_version_that_is_still_in_the_log_is_seen() {
    let place = Place::new();
    close(place.open()).await;
    let db = Connection::open(place.file()).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let crashed = Place::new();
    let log = crashed.file().with_extension("db-wal");
    fs::copy(place.file(), crashed.file()).unwrap();
    fs::copy(place.file().with_extension("db-wal"), &log).unwrap();
    let read = || (fs::read(crashed.file()).unwrap(), fs::read(&log).unwrap());
    let before = read();
    assert!(matches!(error_of(&crashed), StoreError::TooNew { found: 99, .. }));
    assert_eq!(read(), before);
}

#[test]
fn what_cannot_be_opened_is_named() {
    let place = Place::new();
    fs::create_dir(place.file()).unwrap();
    assert!(matches!(error_of(&place), StoreError::Unusable { .. }));

    // A folder where nothing can be made.
    let place = Place::new();
    fs::write(place.dir.path().join("file"), "").unwrap();
    let dir = place.dir.path().join("file");
    let error = AccountStore::open(&dir, ACCOUNT, |_| ()).unwrap_err();
    assert!(error.to_string().contains("you may write there"), "{error}");
}

#[tokio::test]
async fn each_account_has_a_file_of_its_own() {
    let place = Place::new();
    let ada = place.open();
    let bob = AccountStore::open(place.dir.path(), "https://roost.example.org bob", |_| ()).unwrap();
    ada.write(vec![queued(1, 0)]).await.unwrap();
    assert_eq!(waiting(&ada, 1).await, [op(0)]);
    assert_eq!(waiting(&bob, 1).await, []);
}

#[tokio::test]
#[cfg(unix)]
async fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    fs::write(place.file(), "damaged").unwrap();
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o600)).unwrap();
    let store = place.open();
    store.write(vec![queued(1, 0)]).await.unwrap();
    assert!(place.names().len() > 2);
    for file in fs::read_dir(place.dir.path()).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn settled_there_is_no_log() {
    let place = Place::new();
    let store = place.open();
    drop(store.write(vec![queued(1, 0)]));
    store.settle().await;
    assert_eq!(fs::metadata(place.file().with_extension("db-wal")).unwrap().len(), 0);
    drop(store);
    assert_eq!(place.names().len(), 1);
}

#[tokio::test]
async fn an_older_profile_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roost.db");
    let db = Connection::open(&path).unwrap();
    for step in &crate::core::store::profile::LAYOUT.steps[..2] {
        db.execute_batch(step).unwrap();
    }
    db.execute_batch(
        r#"INSERT INTO settings VALUES ('theme', '"dark"');
           INSERT INTO drafts VALUES ('ada', 'board:new', 'Spring');
           PRAGMA user_version = 2"#,
    )
    .unwrap();
    db.close().unwrap();
    let store = Store::open(&path, |notice| panic!("{notice:?}")).unwrap();
    assert_eq!(store.setting("theme").await.unwrap(), Some(Theme::Dark));
    let draft = Draft { key: DraftKey::new_board(), text: "Spring".to_owned() };
    assert_eq!(store.drafts("ada".to_owned()).await.unwrap(), [draft]);
    drop(store);
    assert_eq!(names(dir.path()), ["roost.db"]);
}
