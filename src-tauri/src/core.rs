//! The desktop core: who is signed in, the connection, the boards. It knows no window and no Tauri.
//!
//! What the interface asks for are the functions of [`Core`]; what it is told comes out of [`UiEvents`] in one order.

pub mod address;
mod attention;
mod boards;
mod drafts;
mod error;
mod followed;
mod link;
mod network;
mod notices;
mod outlet;
mod patience;
mod proxy;
mod rest;
mod session;
mod status;
mod store;
mod tokens;
mod worker;
mod workspace;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roost_board::{BoardId, BoardSummary, Change, Doing, OpId, Proposal};
use roost_bridge::{AppState, Attention, BoardCopy, BoardsPage, ConnectionState, DraftKey, Session, Theme};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bundled::Bundled;
use crate::profile::Profile;
use crate::secret::SecretStore;
use followed::Doings;
use notices::Notices;
use outlet::Outlet;
use status::Status;
use store::Store;
use tokens::Tokens;
use workspace::Workspace;

pub use error::Error;
pub use outlet::UiEvent;
pub use patience::Patience;
pub use store::{DRAFT_MAX, StoreError};
pub use worker::JobFailed;

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
    /// The folder with a file for each account.
    accounts: PathBuf,
    tokens: Tokens,
    bundled: Bundled,
    outlet: Outlet,
    status: Arc<Status>,
    notices: Arc<Notices>,
    theme: Mutex<Theme>,
    current: Mutex<Current>,
    /// Held by whoever changes who is signed in: one at a time.
    turn: tokio::sync::Mutex<()>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Who is signed in, and what they have here.
#[derive(Debug)]
struct Current {
    session: Session,
    workspace: Option<Arc<Workspace>>,
}

impl Core {
    /// Opens a profile, and goes on where the last run ended: whoever was signed in is signed in, with everything that
    /// is on disk of them.
    ///
    /// # Errors
    /// When the profile's database, or that of the account, cannot be used.
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
        let (outlet, events) = Outlet::new();
        let notices = Arc::new(Notices::new(outlet.clone()));
        let told = notices.clone();
        let store = Arc::new(Store::open(&profile.database(), move |notice| told.tell(notice))?);
        let theme = store.setting(THEME).await?.unwrap_or_default();
        let core = Self(Arc::new(Inner {
            patience,
            store,
            accounts: profile.accounts()?,
            tokens: Tokens::new(secrets)?,
            bundled: Bundled::new(profile.server()),
            status: Arc::new(Status::new(outlet.clone())),
            outlet,
            notices,
            theme: Mutex::new(theme),
            current: Mutex::new(Current { session: Session::Unconnected, workspace: None }),
            turn: tokio::sync::Mutex::new(()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }));
        core.restore().await?;
        core.spawn(|core| network::watch(move || core.reconnect()));
        Ok((core, events))
    }

    /// Everything for the first picture.
    ///
    /// # Errors
    /// When the drafts cannot be read.
    pub async fn state(&self) -> Result<AppState, Error> {
        let (session, workspace) = {
            let current = lock(&self.0.current);
            (current.session.clone(), current.workspace.clone())
        };
        let mut state = match workspace {
            Some(workspace) => workspace.state(session, self.theme()).await?,
            None => nobody(session, self.theme()),
        };
        state.notices = self.0.notices.take();
        Ok(state)
    }

    /// Tries to connect at once, or makes sure that the connection is alive.
    pub fn reconnect(&self) {
        if let Some(workspace) = &lock(&self.0.current).workspace {
            workspace.reconnect();
        }
    }

    /// Makes a board. It is there at once, and made on the server as soon as there is a way.
    ///
    /// # Errors
    /// What is wrong with the name; when it cannot be kept.
    pub async fn create_board(&self, id: BoardId, name: String) -> Result<BoardSummary, Error> {
        self.workspace()?.create_board(id, name).await
    }

    /// A copy of a board, asked for when this returns. The interface is told what happens on it from there on.
    ///
    /// # Errors
    /// When there is no such board, or it is not known here and the server is out of reach.
    pub fn open_board(
        &self,
        board_id: BoardId,
    ) -> impl Future<Output = Result<BoardCopy, Error>> + Send + 'static + use<> {
        let copy = self.workspace().map(|workspace| workspace.open_board(board_id));
        async move { copy?.await }
    }

    /// Stops following a board. What waits for the server's answer is not lost by it.
    pub fn close_board(&self, board_id: BoardId) {
        if let Some(workspace) = &lock(&self.0.current).workspace {
            workspace.close_board(board_id);
        }
    }

    /// Makes a change of a board that is open. The order of changes is that of the calls, whenever their answers are
    /// awaited. The answer says that the change is on disk.
    ///
    /// # Errors
    /// What the board says against it; when it cannot be kept.
    pub fn propose(
        &self,
        board_id: BoardId,
        proposal: Proposal,
        doing: Doing,
        inverse: Option<Change>,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let doings = Doings { proposal, doing, inverse };
        let proposed = self.workspace().map(|workspace| workspace.propose(board_id, doings));
        async move { proposed?.await }
    }

    /// Asks somebody onto a board that is open.
    ///
    /// # Errors
    /// What the server says against it; when it is out of reach.
    pub async fn invite(&self, board_id: BoardId, email: String) -> Result<(), Error> {
        self.workspace()?.invite(board_id, email).await
    }

    /// Tries again what needs attention: then it waits for the server, and needs attention no longer.
    ///
    /// # Errors
    /// When it cannot be done now either, or there is no such item.
    pub async fn retry_attention(&self, id: OpId) -> Result<(), Error> {
        self.workspace()?.retry(id).await
    }

    /// Lets go of what needs attention.
    ///
    /// # Errors
    /// When there is no such item, or the disk does not take it.
    pub async fn discard_attention(&self, id: OpId) -> Result<(), Error> {
        self.workspace()?.discard(id).await
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
        let saved = self.workspace().map(|workspace| workspace.drafts().save(key, text));
        async move { Ok(saved?.await?) }
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
        self.disconnect().await;
        self.0.bundled.shutdown().await;
        // What was typed or changed last may still be on its way to the disk.
        self.0.store.settle().await;
    }

    fn workspace(&self) -> Result<Arc<Workspace>, Error> {
        lock(&self.0.current).workspace.clone().ok_or(Error::SignedOut)
    }

    /// Runs something until it is done or the core is shut down.
    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(Self) -> F) {
        let (task, stop) = (task(self.clone()), self.0.stop.clone());
        self.0.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }
}

/// The first picture for nobody.
fn nobody(session: Session, theme: Theme) -> AppState {
    AppState {
        session,
        connection: ConnectionState::default(),
        boards: BoardsPage::default(),
        theme,
        drafts: Vec::new(),
        attention: Attention::default(),
        notices: Vec::new(),
        last_board: None,
    }
}

/// Locks a mutex. What panicked while it held it is in the log; the data behind our mutexes is whole at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
