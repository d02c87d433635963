//! The desktop core: who is signed in, the connection, the boards. It knows no window and no Tauri.
//!
//! What the interface asks for are the functions of [`Core`]; what it is told comes out of [`UiEvents`] in one order.

pub mod address;
mod boards;
mod connection;
mod error;
mod followed;
mod network;
mod outlet;
mod patience;
mod rest;
mod session;
mod status;
mod store;
mod tokens;
mod waiting;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roost_board::{BoardId, BoardSummary, OpId, Proposal};
use roost_bridge::{AppState, Attention, BoardCopy, BoardsPage, DraftKey, Session, Theme};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bundled::Bundled;
use crate::profile::Profile;
use crate::secret::SecretStore;
use connection::Connection;
use followed::Following;
use outlet::Outlet;
use status::Status;
use store::Store;
use tokens::Tokens;

pub use error::Error;
pub use outlet::UiEvent;
pub use patience::Patience;
pub use store::{DRAFT_MAX, StoreError};
pub use worker::JobFailed;

/// How long the first picture waits for the keyring, which may be asking the person to unlock it.
const RESTORE_PATIENCE: Duration = Duration::from_secs(5);
/// The setting of the theme.
const THEME: &str = "theme";

/// What the interface is told, in order.
pub type UiEvents = mpsc::UnboundedReceiver<UiEvent>;

/// The desktop core; cheap to clone.
#[derive(Debug, Clone)]
pub struct Core(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    patience: Patience,
    store: Arc<Store>,
    tokens: Tokens,
    bundled: Bundled,
    outlet: Outlet,
    status: Arc<Status>,
    theme: Mutex<Theme>,
    current: Mutex<Current>,
    /// Held by whoever changes who is signed in: one at a time.
    turn: tokio::sync::Mutex<()>,
    /// The changes that still waited when an account was left, by the account's key.
    unfinished: Mutex<HashMap<String, Vec<Following>>>,
    /// Cancelled when it is known who was signed in at the last run.
    restored: CancellationToken,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Who is signed in, and their connection.
#[derive(Debug)]
struct Current {
    session: Session,
    connection: Option<Arc<Connection>>,
}

impl Core {
    /// Opens a profile, and goes on where the last run ended: whoever was signed in is signed in, as soon as the
    /// keyring has given their token.
    ///
    /// # Errors
    /// When the profile's database cannot be used.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn open(
        profile: &Profile,
        secrets: impl SecretStore,
        patience: Patience,
    ) -> Result<(Self, UiEvents), Error> {
        // The app's TLS, for REST and the socket alike; it may have been chosen before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let store = Arc::new(Store::open(&profile.database(), |_| ())?);
        let theme = store.setting(THEME).await?.unwrap_or_default();
        let unfinished = store.waiting().await?;
        let (outlet, events) = Outlet::new();
        let core = Self(Arc::new(Inner {
            patience,
            store,
            tokens: Tokens::new(secrets)?,
            bundled: Bundled::new(profile.server()),
            status: Arc::new(Status::new(outlet.clone())),
            outlet,
            theme: Mutex::new(theme),
            current: Mutex::new(Current { session: Session::Unconnected, connection: None }),
            turn: tokio::sync::Mutex::new(()),
            unfinished: Mutex::new(unfinished),
            restored: CancellationToken::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        core.spawn(|core| async move {
            core.restore().await;
            core.0.restored.cancel();
        });
        core.spawn(|core| network::watch(move || core.reconnect()));
        Ok((core, events))
    }

    /// Everything for the first picture.
    ///
    /// # Errors
    /// When the drafts cannot be read.
    pub async fn state(&self) -> Result<AppState, Error> {
        // Late is not lost: the interface is told when somebody is signed in after all.
        drop(tokio::time::timeout(RESTORE_PATIENCE, self.0.restored.cancelled()).await);
        let session = self.session();
        let drafts = match self.account_key() {
            Some(key) => self.0.store.drafts(key).await?,
            None => Vec::new(),
        };
        let boards = lock(&self.0.current).connection.as_ref().map_or_else(BoardsPage::default, |it| it.boards());
        Ok(AppState {
            session,
            connection: self.0.status.get(),
            boards,
            theme: self.theme(),
            drafts,
            attention: Attention::default(),
            notices: Vec::new(),
            last_board: None,
        })
    }

    /// Tries to connect at once, or makes sure that the connection is alive.
    pub fn reconnect(&self) {
        if let Some(connection) = &lock(&self.0.current).connection {
            connection.reconnect();
        }
    }

    /// Makes a board.
    ///
    /// # Errors
    /// What the server says about the name; when it is out of reach.
    pub async fn create_board(&self, id: BoardId, name: String) -> Result<BoardSummary, Error> {
        self.connection()?.create_board(id, name).await
    }

    /// A copy of a board, asked for when this returns. The interface is told what happens on it from there on.
    ///
    /// # Errors
    /// When there is no such board, or it is not known here and the server is out of reach.
    pub fn open_board(
        &self,
        board_id: BoardId,
    ) -> impl Future<Output = Result<BoardCopy, Error>> + Send + 'static + use<> {
        let copy = self.connection().map(|connection| connection.open_board(board_id));
        async move { copy?.await }
    }

    /// Stops following a board. What waits for the server's answer is not lost by it.
    pub fn close_board(&self, board_id: BoardId) {
        if let Some(connection) = &lock(&self.0.current).connection {
            connection.close_board(board_id);
        }
    }

    /// Makes a change of a board that is open. The order of changes is that of the calls, whenever their answers are
    /// awaited.
    ///
    /// # Errors
    /// What the board says against it.
    pub fn propose(
        &self,
        board_id: BoardId,
        proposal: Proposal,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let proposed = self.connection().map(|connection| connection.propose(board_id, proposal));
        async move { proposed?.await }
    }

    /// Asks somebody onto a board that is open.
    ///
    /// # Errors
    /// What the server says against it; when it is out of reach.
    pub async fn invite(&self, board_id: BoardId, email: String) -> Result<(), Error> {
        self.connection()?.invite(board_id, email).await
    }

    /// Tries again what needs attention.
    ///
    /// # Errors
    /// When there is no such item.
    pub fn retry_attention(&self, _id: OpId) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        std::future::ready(Err(Error::NoSuchItem))
    }

    /// Lets go of what needs attention.
    ///
    /// # Errors
    /// When there is no such item.
    pub fn discard_attention(&self, _id: OpId) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        std::future::ready(Err(Error::NoSuchItem))
    }

    /// Keeps what the person is typing; an empty text forgets it. Drafts of one key are kept in the order of the calls.
    ///
    /// # Errors
    /// When nobody is signed in, or it cannot be kept.
    pub fn save_draft(
        &self,
        key: &DraftKey,
        text: String,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let saved = self.account_key().map(|account| self.0.store.save_draft(account, key, text));
        async move { Ok(saved.ok_or(Error::SignedOut)?.await?) }
    }

    /// The chosen theme.
    #[must_use]
    pub fn theme(&self) -> Theme {
        *lock(&self.0.theme)
    }

    /// Chooses a theme.
    ///
    /// # Errors
    /// When it cannot be kept; it is chosen for this run all the same.
    pub async fn set_theme(&self, theme: Theme) -> Result<(), Error> {
        *lock(&self.0.theme) = theme;
        self.0.outlet.tell(UiEvent::Theme(theme));
        Ok(self.0.store.set_setting(THEME, &theme).await?)
    }

    /// Ends everything in order: the connection, then the bundled server.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        if let Session::SignedIn { account } = self.session() {
            self.disconnect(&account).await;
        }
        self.0.bundled.shutdown().await;
        // What was typed or changed last may still be on its way to the disk.
        self.0.store.settle().await;
    }

    fn connection(&self) -> Result<Arc<Connection>, Error> {
        lock(&self.0.current).connection.clone().ok_or(Error::SignedOut)
    }

    /// Runs something until it is done or the core is shut down.
    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(Self) -> F) {
        let (task, stop) = (task(self.clone()), self.0.stop.clone());
        self.0.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }
}

/// Locks a mutex. What panicked while it held it is in the log; the data behind our mutexes is whole at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
