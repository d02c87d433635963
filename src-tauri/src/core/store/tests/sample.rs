//! Things to write, and files to write them to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use roost_board::durable::Write;
use roost_board::{
    Board, BoardId, CardId, Change, Doing, Entry, OpId, Proposal, Seq, Snapshot, Timestamp, User, UserId,
};
use roost_bridge::{AttentionItem, Notice, Refusal, Wanted};
use tempfile::TempDir;

use crate::core::store::{AccountStore, AccountWrite, StoreError};

pub(super) const ACCOUNT: &str = "https://roost.example.org ada";

/// An id, made of what it is of and a number.
pub(super) fn uuid(kind: u8, n: usize) -> String {
    format!("0190f6a4-7c1e-7b52-9d{kind:02x}-{n:012x}")
}

pub(super) fn board_id(n: usize) -> BoardId {
    uuid(1, n).parse().unwrap()
}

pub(super) fn op(n: usize) -> OpId {
    uuid(2, n).parse().unwrap()
}

pub(super) fn ada() -> UserId {
    uuid(3, 1).parse().unwrap()
}

/// A card's new title, so long that a few hundred of them are many pages.
pub(super) fn change(n: usize) -> Change {
    let card_id: CardId = uuid(4, n % 5).parse().unwrap();
    Change::CardRetitled { card_id, title: format!("{n} {}", "x".repeat(n % 200)) }
}

pub(super) fn proposal(n: usize) -> Proposal {
    Proposal { op: op(n), at: Timestamp::from_millis(0), change: change(n) }
}

pub(super) fn queued(board: usize, n: usize) -> AccountWrite {
    let write = Write::Queued { proposal: proposal(n), doing: Doing::Anew, inverse: Some(change(n + 1)) };
    AccountWrite::Board(board_id(board), write)
}

pub(super) fn entry(seq: u64, n: usize) -> Entry {
    Entry { seq: Seq(seq), op: op(n), actor: ada(), at: Timestamp::from_millis(0), change: change(n) }
}

pub(super) fn snapshot(board: usize, seq: u64, name: &str) -> Snapshot {
    let owner = User { id: ada(), first_name: "Ada".into(), last_name: "Berg".into(), email: "ada@example.org".into() };
    Snapshot { seq: Seq(seq), board: Board::new(board_id(board), name, owner).unwrap(), last: None }
}

pub(super) fn attention(n: usize, reason: &str) -> AttentionItem {
    AttentionItem {
        id: op(n),
        board_id: board_id(1),
        board_name: "Spring release".to_owned(),
        subject: None,
        wanted: Wanted::Change { change: change(n) },
        refusal: Refusal { code: "no_such_card".to_owned(), message: reason.to_owned() },
        at: Timestamp::from_millis(0),
    }
}

/// A folder of accounts, and what was told about it.
pub(super) struct Place {
    pub(super) dir: TempDir,
    pub(super) told: Arc<Mutex<Vec<Notice>>>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), told: Arc::default() }
    }

    pub(super) fn open(&self) -> AccountStore {
        self.try_open().unwrap()
    }

    pub(super) fn try_open(&self) -> Result<AccountStore, StoreError> {
        let told = self.told.clone();
        AccountStore::open(self.dir.path(), ACCOUNT, move |notice| told.lock().unwrap().push(notice))
    }

    /// The account's file.
    pub(super) fn file(&self) -> PathBuf {
        self.dir.path().join(format!("{}.db", crate::core::store::account::file_stem(ACCOUNT)))
    }

    /// What was told since the last time.
    pub(super) fn told(&self) -> Vec<String> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        assert!(told.iter().all(|notice| notice.code == "set_aside"));
        told.into_iter().map(|notice| notice.message).collect()
    }

    /// The names in the folder, in order.
    pub(super) fn names(&self) -> Vec<String> {
        names(self.dir.path())
    }

    /// The one file, without its log, that was put aside.
    pub(super) fn aside(&self) -> PathBuf {
        let mut aside = self.names().into_iter().filter(|name| name.contains(".corrupt-") && name.ends_with(".db"));
        let name = aside.next().expect("a file was put aside");
        assert_eq!(aside.next(), None);
        self.dir.path().join(name)
    }
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Closes a file as a run that ends in order does.
pub(super) async fn close(store: AccountStore) {
    store.settle().await;
    drop(store);
}

/// The titles that wait on a board.
pub(super) async fn waiting(store: &AccountStore, board: usize) -> Vec<OpId> {
    store.board(board_id(board)).await.unwrap().outbox.into_iter().map(|proposal| proposal.op).collect()
}
