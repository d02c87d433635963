//! The file of an account, on a disk that takes what it is given when it is told to.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use roost_board::durable::Stored;
use roost_board::{BoardId, Change, OpId, Seq};
use roost_bridge::Wanted;
use roost_sim::OnDisk;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::core::store::held::{Disk, Glance, Held};
use crate::core::store::{AccountState, AccountStore};

const ACCOUNT: &str = "sim";

/// The folder that the file is in, and what is in the file.
#[derive(Debug)]
pub(super) struct Folder {
    folder: TempDir,
    /// How often the app was killed: what was on disk then is in a folder of its own.
    n_lives: usize,
    board: BoardId,
    glance: Glance,
    pub(super) state: AccountState,
}

/// The file, open, and the disk that is held.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) store: Arc<AccountStore>,
    held: Option<Held>,
}

impl Folder {
    pub(super) fn new(board: BoardId) -> Self {
        // In memory where there is such a folder: what matters is the order of things, not the disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let state = AccountState::default();
        Self { folder, n_lives: 0, board, glance: Glance::default(), state }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.n_lives.to_string())
    }

    /// The app starts.
    pub(super) fn open(&mut self, runtime: &Runtime) -> Open {
        fs::create_dir_all(self.path()).unwrap();
        let store = AccountStore::open(&self.path(), ACCOUNT, |notice| panic!("{}", notice.message)).unwrap();
        let mut open = Open { store: Arc::new(store), held: None };
        self.read(&mut open, runtime);
        open
    }

    /// The app is killed: what is in the files now is what is there at the next start.
    pub(super) fn crash(&mut self, mut open: Open) {
        let before = self.path();
        self.n_lives += 1;
        fs::create_dir_all(self.path()).unwrap();
        for file in fs::read_dir(&before).unwrap() {
            let file = file.unwrap();
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                fs::copy(file.path(), self.path().join(file.file_name())).unwrap();
            }
        }
        open.go_on(Disk::Full);
        drop(open);
        fs::remove_dir_all(before).unwrap();
    }

    /// Reads what is there, while nothing is on its way, and holds the disk from there on.
    pub(super) fn read(&mut self, open: &mut Open, runtime: &Runtime) {
        open.go_on(Disk::Fine);
        self.glance = runtime.block_on(open.store.glance(self.board)).unwrap();
        self.state = runtime.block_on(open.store.state()).unwrap();
        open.held = Some(open.store.hold());
    }

    /// Reads the board as a whole, while nothing is on its way.
    pub(super) fn read_board(&self, open: &mut Open, runtime: &Runtime) -> Stored {
        open.go_on(Disk::Fine);
        let stored = runtime.block_on(open.store.board(self.board)).unwrap();
        open.held = Some(open.store.hold());
        stored
    }

    /// Makes room on the disk again, and reads what is there.
    pub(super) fn make_room(&mut self, open: &mut Open, runtime: &Runtime) {
        runtime.block_on(open.store.make_room());
        self.read(open, runtime);
    }

    pub(super) fn on_disk(&self) -> OnDisk {
        // Entries behind one that is missing do not count.
        let next = |seq: Seq, entry: &Seq| if *entry == seq.next() { *entry } else { seq };
        let Glance { snapshot, entries, outbox } = &self.glance;
        OnDisk {
            seq: snapshot.map(|snapshot| entries.iter().fold(snapshot, next)),
            outbox: outbox.iter().copied().collect(),
            attention: self.attention().collect(),
        }
    }

    pub(super) fn is_kept(&self, op: OpId) -> bool {
        self.glance.outbox.contains(&op)
    }

    fn attention(&self) -> impl Iterator<Item = (OpId, Change)> {
        self.state.attention.iter().filter_map(|item| match &item.wanted {
            Wanted::Change { change } => Some((item.id, change.clone())),
            Wanted::NewBoard { .. } | Wanted::Draft { .. } => None,
        })
    }
}

impl Open {
    /// The disk takes what is on its way, or takes nothing.
    pub(super) fn go_on(&mut self, disk: Disk) {
        if let Some(held) = self.held.take() {
            held.go_on(disk);
        }
    }
}
