//! What the app keeps of one account, so that it works without the server: boards, what waits for the server, and what
//! needs attention. One SQLite file for each account.

mod layout;
mod read;
mod write;

use std::path::Path;

use roost_board::durable::{Stored, Write};
use roost_board::{BoardId, OpId};
use roost_bridge::{AttentionItem, BoardsPage, Notice};
use sha2::{Digest, Sha256};

use super::StoreError;
use super::database::Database;

/// Something to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountWrite {
    /// Something about a board. [`Write::Gone`] forgets that the board is to be made, too.
    Board(BoardId, Write),
    /// Something that needs attention, after what needs it already; in the place of the one with the same id, if there
    /// is one.
    Attention(AttentionItem),
    /// It needs no attention any more.
    Attended(OpId),
    /// The page of boards, as last known.
    Page(BoardsPage),
    /// A board that is to be made on the server, after those that are to be made already; once for each id.
    NewBoard {
        /// Its id.
        id: BoardId,
        /// Its name.
        name: String,
    },
    /// The board is there.
    Made(BoardId),
    /// The board that is open.
    LastBoard(Option<BoardId>),
}

/// What the app knows of an account, besides its boards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AccountState {
    /// The page of boards, as last known.
    pub(crate) page: BoardsPage,
    /// What needs attention, oldest first.
    pub(crate) attention: Vec<AttentionItem>,
    /// The boards that are to be made on the server, and their names, in order.
    pub(crate) new_boards: Vec<(BoardId, String)>,
    /// The board that was open last.
    pub(crate) last_board: Option<BoardId>,
    /// The boards with proposals that the server has not answered for, and how many.
    pub(crate) waiting: Vec<(BoardId, usize)>,
}

/// What the app keeps of one account; every write is on disk when it is answered.
#[derive(Debug)]
pub(crate) struct AccountStore {
    pub(super) database: Database,
    app_version: &'static str,
}

impl AccountStore {
    /// Opens the file of an account in a folder, made or brought up to date as need be. One that is damaged is put
    /// aside, now or when it is found to be, and `tell` is told; what can be read of what is nowhere else goes over to a
    /// new one. From then on boards are to be written as a whole again. Blocks.
    ///
    /// # Errors
    /// When it cannot be, or a later version of the app has written it.
    pub(crate) fn open(
        dir: &Path,
        account_key: &str,
        tell: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, StoreError> {
        Self::open_as(env!("CARGO_PKG_VERSION"), dir, account_key, tell)
    }

    /// As [`open`](Self::open), for a version of the app.
    pub(super) fn open_as(
        app_version: &'static str,
        dir: &Path,
        account_key: &str,
        tell: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let path = dir.join(format!("{}.db", file_stem(account_key)));
        let database = Database::open(path, &layout::LAYOUT, Box::new(tell))?;
        let account_key = account_key.to_owned();
        drop(database.call(move |db| write::owner(db, &account_key, app_version)));
        Ok(Self { database, app_version })
    }

    /// What is known besides the boards.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn state(&self) -> Result<AccountState, StoreError> {
        self.database.call(read::state).await
    }

    /// What is known of a board; nothing when it was never there. A snapshot that cannot be read, or that lacks what
    /// this version of the app may know, is as none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn board(&self, id: BoardId) -> Result<Stored, StoreError> {
        let app_version = self.app_version;
        self.database.call(move |db| read::board(db, id, app_version)).await
    }

    /// Writes all of it or nothing; its place in the order is that of the call, whenever the answer is awaited.
    ///
    /// # Errors
    /// When it cannot be written: then nothing of it is there.
    pub(crate) fn write(
        &self,
        writes: Vec<AccountWrite>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static + use<> {
        let app_version = self.app_version;
        self.database.call(move |db| writes.iter().try_for_each(|one| write::write(db, one, app_version)))
    }

    /// Waits until everything that was asked for is done, and leaves the file as it is to be found at the next start:
    /// to be called before the account is left.
    pub(crate) async fn settle(&self) {
        self.database.settle().await;
    }
}

/// The name of the file of an account, which says nothing about it and is good for every file system.
pub(super) fn file_stem(account_key: &str) -> String {
    Sha256::digest(account_key).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
