//! Files that are not what was written to them.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use roost_board::OpId;
use roost_board::durable::Write;
use roost_bridge::{Draft, DraftKey, Theme};

use super::sample::{Place, attention, board_id, close, entry, names, op, queued, snapshot, waiting};
use crate::core::store::{AccountStore, AccountWrite, Store};

const PAGE: usize = 4_096;
const WAITING: usize = 400;

/// An account with everything in it, closed.
async fn filled() -> Place {
    let place = Place::new();
    let store = place.open();
    let whole = Write::Snapshot { snapshot: snapshot(1, 0, "Spring release"), has_unknown: false };
    let later = Write::Entries((1..200).map(|n| entry(n, n as usize)).collect());
    let mut writes = vec![AccountWrite::Board(board_id(1), whole), AccountWrite::Board(board_id(1), later)];
    writes.extend((0..WAITING).map(|n| queued(1, n)));
    writes.push(AccountWrite::Attention(attention(9_999, "The card is gone")));
    let new = Write::Snapshot { snapshot: snapshot(2, 0, "Autumn release"), has_unknown: false };
    writes.push(AccountWrite::NewBoard { id: board_id(2), name: "Autumn release".to_owned() });
    writes.push(AccountWrite::Board(board_id(2), new));
    store.write(writes).await.unwrap();
    close(store).await;
    place
}

/// Whether everything is there that is nowhere else.
async fn assert_all_saved(store: &AccountStore) {
    assert_eq!(waiting(store, 1).await, (0..WAITING).map(op).collect::<Vec<_>>());
    let state = store.state().await.unwrap();
    assert_eq!(state.attention, [attention(9_999, "The card is gone")]);
    assert_eq!(state.new_boards, [(board_id(2), "Autumn release".to_owned())]);
    let new = store.board(board_id(2)).await.unwrap();
    assert_eq!(new.snapshot, Some(snapshot(2, 0, "Autumn release")));
}

/// Whether a file can be used as any other.
async fn assert_usable(store: AccountStore, place: &Place) {
    store.write(vec![queued(7, 70_000)]).await.unwrap();
    close(store).await;
    assert_eq!(waiting(&place.open(), 7).await, [op(70_000)]);
    assert_eq!(place.told(), [""; 0]);
}

/// What waits, in the order in which it was made.
fn assert_in_order(saved: &[OpId]) {
    assert!(saved.is_sorted(), "ids are made in order");
    assert!(saved.iter().all(|saved| (0..WAITING).any(|n| op(n) == *saved)));
}

fn overwrite(path: &Path, at: usize, with: &[u8]) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(with).unwrap();
}

/// Bytes that look like nothing, the same for the same seed.
fn garbage(seed: u64, n: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    (0..n).map(|_| next()).collect()
}

/// Writes over the beginning of a text, wherever it is: pages have copies of what was in them before.
fn spoil(path: &Path, text: &str) {
    let bytes = fs::read(path).unwrap();
    let places = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text.as_bytes());
    places.for_each(|(at, _)| overwrite(path, at, b"["));
}

/// The page that has a text.
fn page_of(path: &Path, text: &str) -> usize {
    let bytes = fs::read(path).unwrap();
    bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap() / PAGE
}

#[tokio::test]
async fn a_file_without_its_beginning_is_put_aside_and_everything_saved() {
    for n in [16, 100, PAGE] {
        let place = filled().await;
        overwrite(&place.file(), 0, &garbage(7, n));
        let damaged = fs::read(place.file()).unwrap();

        let store = place.open();
        let [told] = place.told().try_into().unwrap();
        let name = place.aside().display().to_string();
        assert_eq!(
            told,
            format!(
                "A file in which Roost keeps its data was damaged. It was put aside as {name}. \
                 Your boards are fetched again. 402 changes that waited were saved."
            )
        );
        assert_eq!(fs::read(place.aside()).unwrap(), damaged);
        assert_all_saved(&store).await;
        assert_eq!(store.board(board_id(1)).await.unwrap().snapshot, None);
        assert_usable(store, &place).await;
    }
}

#[tokio::test]
async fn of_a_file_that_ends_too_early_the_rest_is_saved() {
    let place = filled().await;
    let whole = fs::metadata(place.file()).unwrap().len();
    File::options().write(true).open(place.file()).unwrap().set_len(whole / 2 + 100).unwrap();

    let store = place.open();
    let [told] = place.told().try_into().unwrap();
    assert!(told.ends_with("others may be missing."), "{told}");
    let saved = waiting(&store, 1).await;
    assert_in_order(&saved);
    assert!(saved.len() > WAITING / 10, "{}", saved.len());
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn a_damaged_page_takes_only_its_own_rows_along() {
    let place = filled().await;
    let damaged = op(WAITING / 2);
    overwrite(&place.file(), page_of(&place.file(), &format!("{{\"op\":\"{damaged}\"")) * PAGE, &garbage(3, PAGE));

    // The last run has ended in order: the page is found when it is read.
    let store = place.open();
    assert_eq!(place.told(), [""; 0]);
    let saved = waiting(&store, 1).await;
    let [told] = place.told().try_into().unwrap();
    assert!(told.contains("others may be missing"), "{told}");
    assert_in_order(&saved);
    assert!(!saved.contains(&damaged));
    assert!(saved.len() > WAITING - 40, "{}", saved.len());
    assert_eq!(store.state().await.unwrap().attention.len(), 1);
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn whichever_pages_are_damaged_the_file_can_be_used_again() {
    let place = filled().await;
    let bytes = fs::read(place.file()).unwrap();
    let n_pages = bytes.len() / PAGE;
    for seed in 0..10 {
        let place = Place::new();
        fs::write(place.file(), &bytes).unwrap();
        for n in 0..=seed % 3 {
            let page = garbage(seed * 3 + n + 1, 8).iter().fold(0, |page, byte| page * 7 + usize::from(*byte));
            overwrite(&place.file(), page % n_pages * PAGE, &garbage(seed + 1, PAGE));
        }
        let store = place.open();
        assert_in_order(&waiting(&store, 1).await);
        store.state().await.unwrap();
        store.board(board_id(2)).await.unwrap();
        store.write((0..20).map(|n| queued(3, 80_000 + n)).collect()).await.unwrap();
        assert_eq!(waiting(&store, 3).await.len(), 20, "seed {seed}");
        place.told();
        assert_usable(store, &place).await;
    }
}

#[tokio::test]
async fn damage_found_while_writing_loses_nothing_of_what_is_written() {
    let place = filled().await;
    let store = place.open();
    // The page that every new row of the outbox goes to.
    let last = page_of(&place.file(), &format!("{{\"op\":\"{}\"", op(WAITING - 1)));
    overwrite(&place.file(), last * PAGE, &garbage(5, PAGE));
    let writes: Vec<_> = (0..3).map(|n| store.write(vec![queued(4, 90_000 + n)])).collect();
    for write in writes {
        write.await.unwrap();
    }
    assert_eq!(place.told().len(), 1);
    assert_eq!(waiting(&store, 4).await, [op(90_000), op(90_001), op(90_002)]);
    assert!(waiting(&store, 1).await.len() > WAITING - 40);
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn a_proposal_that_cannot_be_read_does_not_vanish_silently() {
    let place = filled().await;
    spoil(&place.file(), &format!("{{\"op\":\"{}\"", op(3)));
    let store = place.open();
    assert_eq!(waiting(&store, 1).await.len(), WAITING - 1);
    let [told] = place.told().try_into().unwrap();
    assert!(told.contains("others may be missing"), "{told}");
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_as_none() {
    let place = filled().await;
    spoil(&place.file(), "\"name\":\"Spring release\"");
    let store = place.open();
    let stored = store.board(board_id(1)).await.unwrap();
    assert_eq!((stored.snapshot, stored.entries.len()), (None, 0));
    assert_eq!(stored.outbox.len(), WAITING);
    assert_eq!(place.told(), [""; 0]);
}

/// The files as they are after a crash, with this much in the log.
async fn crashed(n_in_log: usize) -> Place {
    let place = filled().await;
    let store = place.open();
    for n in 0..n_in_log {
        store.write(vec![queued(5, 60_000 + n)]).await.unwrap();
    }
    let crashed = Place::new();
    for suffix in ["", "-wal"] {
        let name = format!("{}{suffix}", place.file().file_name().unwrap().to_str().unwrap());
        fs::copy(place.dir.path().join(&name), crashed.dir.path().join(&name)).unwrap();
    }
    crashed
}

#[tokio::test]
async fn a_log_that_is_none_is_put_aside_too() {
    let place = crashed(3).await;
    let log = place.file().with_extension("db-wal");
    overwrite(&log, 0, &garbage(9, 500));
    let store = place.open();
    assert_eq!(place.told().len(), 1);
    let aside = place.aside().with_extension("db-wal");
    let mut start = [0; 500];
    File::open(aside).unwrap().read_exact(&mut start).unwrap();
    assert_eq!(start.as_slice(), garbage(9, 500));
    assert_all_saved(&store).await;
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn of_a_damaged_log_the_sound_beginning_counts() {
    let place = crashed(3).await;
    let log = place.file().with_extension("db-wal");
    let length = fs::metadata(&log).unwrap().len() as usize;
    overwrite(&log, length - PAGE, &garbage(9, PAGE));
    let store = place.open();
    assert_eq!(place.told(), [""; 0]);
    assert_eq!(waiting(&store, 5).await, [op(60_000), op(60_001)]);
    assert_all_saved(&store).await;
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn after_a_crash_every_page_is_looked_at() {
    let place = crashed(1).await;
    overwrite(&place.file(), page_of(&place.file(), "Spring release") * PAGE, &garbage(3, PAGE));
    let store = place.open();
    assert_eq!(place.told().len(), 1);
    assert_eq!(waiting(&store, 5).await, [op(60_000)]);
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn an_empty_file_is_a_new_one_unless_it_has_a_log() {
    let place = Place::new();
    File::create(place.file()).unwrap();
    assert_usable(place.open(), &place).await;

    let place = crashed(1).await;
    File::options().write(true).open(place.file()).unwrap().set_len(0).unwrap();
    let store = place.open();
    assert_eq!(place.told().len(), 1);
    assert!(place.aside().with_extension("db-wal").exists());
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn what_was_put_aside_is_never_written_over() {
    let place = Place::new();
    for n in 1..4 {
        fs::write(place.file(), garbage(n, 100)).unwrap();
        drop(place.open());
        let aside = place.names().into_iter().filter(|name| name.contains(".corrupt-"));
        assert_eq!(aside.count() as u64, n);
    }
}

#[tokio::test]
async fn a_replacement_that_was_interrupted_is_finished() {
    // While the new file was being made, …
    let place = filled().await;
    fs::write(place.file().with_extension("new.db"), b"half of it").unwrap();
    assert_all_saved(&place.open()).await;
    assert_eq!(place.told(), [""; 0]);
    assert!(!place.names().iter().any(|name| name.contains("new")));

    // … and after the damaged one got its new name, with its log still in place.
    let place = filled().await;
    fs::rename(place.file(), place.file().with_extension("new.db")).unwrap();
    fs::write(place.file().with_extension("db-wal"), garbage(1, 5_000)).unwrap();
    let store = place.open();
    assert_all_saved(&store).await;
    assert_usable(store, &place).await;
}

#[tokio::test]
async fn settings_and_drafts_are_saved_from_a_damaged_profile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("roost.db");
    let store = Store::open(&path, |notice| panic!("{notice:?}")).unwrap();
    let key = DraftKey::new_board();
    store.set_setting("theme", &Theme::Dark).await.unwrap();
    store.save_draft("ada".to_owned(), &key, "Spring".to_owned()).await.unwrap();
    store.settle().await;
    drop(store);
    overwrite(&path, 0, &garbage(1, 100));

    let (tell, told) = std::sync::mpsc::channel();
    let store = Store::open(&path, move |notice| tell.send(notice).unwrap()).unwrap();
    let told = told.try_recv().unwrap().message;
    assert!(told.contains(".corrupt-") && told.contains("The text that you were typing was saved."), "{told}");
    assert_eq!(store.setting("theme").await.unwrap(), Some(Theme::Dark));
    assert_eq!(store.drafts("ada".to_owned()).await.unwrap(), [Draft { key, text: "Spring".to_owned() }]);
    assert_eq!(names(dir.path()).iter().filter(|name| name.contains(".corrupt-")).count(), 1);
}
