//! What the tests have on their desks: servers that can be stopped and started again, and cores.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use roost::core::{Core, Error, Patience, UiEvent, UiEvents};
use roost::profile::Profile;
use roost::secret::{SecretError, SecretStore};
use roost_board::{BoardId, Change, Doing, ListId, NewList, OpId, Position, Proposal, Timestamp, User};
use roost_bridge::{
    AttentionItem, BoardCopy, BoardMessage, BoardNews, CommandError, ConnectionPhase, ConnectionState, Notice, Place,
    Session,
};
use roost_channels::Backoff;
use roost_protocol::rest::{Credentials, NewUser};
use roost_server::{Config, Server};
use tempfile::TempDir;
use uuid::Uuid;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A server whose data and port outlive it.
pub(crate) struct Host {
    data: TempDir,
    listen: SocketAddr,
    server: Option<Server>,
}

impl Host {
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(Config::new(data.path())).await.unwrap();
        Self { data, listen: server.address(), server: Some(server) }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.listen)
    }

    pub(crate) const fn listens_at(&self) -> SocketAddr {
        self.listen
    }

    /// The folder with everything that the server has.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Stops it and starts it as a new one, which knows nobody.
    pub(crate) async fn wipe(&mut self) {
        self.stop().await;
        self.data = tempfile::tempdir().unwrap();
        self.start_again().await;
    }

    pub(crate) async fn stop(&mut self) {
        self.server.take().unwrap().shutdown().await;
    }

    /// Copies what it has; it is stopped.
    pub(crate) fn back_up(&self) -> TempDir {
        let backup = tempfile::tempdir().unwrap();
        for file in fs::read_dir(self.data()).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), backup.path().join(file.file_name())).unwrap();
            }
        }
        backup
    }

    /// Starts it with what it had when it was backed up; it is stopped.
    pub(crate) async fn put_back(&mut self, backup: TempDir) {
        self.data = backup;
        self.start_again().await;
    }

    pub(crate) async fn start_again(&mut self) {
        let mut config = Config::new(self.data.path());
        config.listen = self.listen;
        self.server = Some(Server::start(config).await.unwrap());
    }
}

/// A keyring that is a map, or none at all.
#[derive(Clone)]
pub(crate) struct Secrets {
    map: Option<Arc<Mutex<BTreeMap<String, String>>>>,
    /// Whether the keyring asks the person to unlock it, and answers nobody meanwhile.
    is_locked: Arc<(Mutex<bool>, Condvar)>,
}

impl Secrets {
    pub(crate) fn in_reach() -> Self {
        Self { map: Some(Arc::default()), is_locked: Arc::default() }
    }

    pub(crate) fn out_of_reach() -> Self {
        Self { map: None, is_locked: Arc::default() }
    }

    /// The keyring answers nobody until it is unlocked.
    pub(crate) fn set_locked(&self, is_locked: bool) {
        *self.is_locked.0.lock().unwrap() = is_locked;
        self.is_locked.1.notify_all();
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.map.as_ref().unwrap().lock().unwrap().values().cloned().collect()
    }

    fn map(&self) -> Result<&Mutex<BTreeMap<String, String>>, SecretError> {
        let is_locked = self.is_locked.0.lock().unwrap();
        drop(self.is_locked.1.wait_while(is_locked, |is_locked| *is_locked).unwrap());
        self.map.as_deref().ok_or_else(|| SecretError::new("there is none"))
    }
}

impl SecretStore for Secrets {
    fn get(&mut self, name: &str) -> Result<Option<String>, SecretError> {
        Ok(self.map()?.lock().unwrap().get(name).cloned())
    }

    fn set(&mut self, name: &str, secret: &str) -> Result<(), SecretError> {
        self.map()?.lock().unwrap().insert(name.to_owned(), secret.to_owned());
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), SecretError> {
        self.map()?.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A core, and the end of the line where the interface would be.
pub(crate) struct Desk {
    pub(crate) core: Core,
    events: UiEvents,
}

impl Desk {
    pub(crate) async fn open(profile: &Path, secrets: &Secrets) -> Self {
        Self::open_with(profile, secrets, hasty()).await
    }

    pub(crate) async fn open_with(profile: &Path, secrets: &Secrets, patience: Patience) -> Self {
        let profile = Profile::open(Some(profile)).unwrap();
        let (core, events) = Core::open(&profile, secrets.clone(), patience).await.unwrap();
        Self { core, events }
    }

    /// What the core says when it cannot be opened.
    pub(crate) async fn open_in_vain(profile: &Path, secrets: &Secrets) -> CommandError {
        let profile = Profile::open(Some(profile)).unwrap();
        CommandError::from(Core::open(&profile, secrets.clone(), hasty()).await.unwrap_err())
    }

    /// Waits for the first event that `pick` takes; those before are gone.
    pub(crate) async fn wait_for<T>(&mut self, what: &str, mut pick: impl FnMut(&UiEvent) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the core is there");
                if let Some(found) = pick(&event) {
                    return found;
                }
                seen.push(event);
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("no {what}; instead: {seen:#?}"),
        }
    }

    pub(crate) async fn wait_for_phase(&mut self, phase: ConnectionPhase) {
        self.wait_for(&format!("{phase:?}"), |event| {
            matches!(event, UiEvent::Connection(state) if state.phase == phase).then_some(())
        })
        .await;
    }

    pub(crate) async fn wait_for_connection(&mut self, phase: ConnectionPhase, n_waiting: usize) {
        let state = ConnectionState { phase, n_waiting };
        self.wait_for(&format!("{state:?}"), |event| (*event == UiEvent::Connection(state)).then_some(())).await;
    }

    pub(crate) async fn wait_for_news(&mut self) -> BoardMessage {
        self.wait_for("news of a board", |event| match event {
            UiEvent::Board(message) if !matches!(message.news, BoardNews::Present { .. }) => Some(message.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn wait_for_session(&mut self, expect: impl Fn(&Session) -> bool) -> Session {
        self.wait_for("session", |event| match event {
            UiEvent::Session(session) if expect(session) => Some(session.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until so many things need attention.
    pub(crate) async fn wait_for_attention(&mut self, n_items: usize) -> Vec<AttentionItem> {
        self.wait_for(&format!("{n_items} items that need attention"), |event| match event {
            UiEvent::Attention(attention) if attention.items.len() == n_items => Some(attention.items.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn wait_for_notice(&mut self) -> Notice {
        self.wait_for("notice", |event| match event {
            UiEvent::Notice(notice) => Some(notice.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn sign_up(&mut self, host: &Host, first_name: &str) -> User {
        self.sign_up_at(&host.address(), first_name).await
    }

    pub(crate) async fn sign_up_at(&mut self, address: &str, first_name: &str) -> User {
        self.core.choose_server(address).await.unwrap();
        let session = self.core.sign_up(person(first_name)).await.unwrap();
        self.wait_for_phase(ConnectionPhase::Live).await;
        user_of(&session)
    }

    /// Makes a board, waits until the server has it, and opens it.
    pub(crate) async fn make_board(&mut self, name: &str) -> BoardId {
        let id = new_board();
        self.core.create_board(id, name.to_owned()).await.unwrap();
        self.wait_for("a board to be made", |event| {
            matches!(event, UiEvent::Connection(state) if state.n_waiting > 0).then_some(())
        })
        .await;
        self.wait_for_connection(ConnectionPhase::Live, 0).await;
        self.open_board(id).await;
        id
    }

    /// Makes a change that cannot be taken back.
    pub(crate) async fn propose(&self, board: BoardId, proposal: Proposal) -> Result<(), Error> {
        self.core.propose(board, proposal, Doing::Anew, None).await
    }

    /// Proposes a list; answers its id.
    pub(crate) async fn add_list(&self, board: BoardId, name: &str) -> ListId {
        let id = ListId::from_uuid(Uuid::now_v7());
        self.propose(board, new_list(id, name)).await.unwrap();
        id
    }

    pub(crate) async fn open_board(&self, board: BoardId) -> BoardCopy {
        self.core.open_board(board).await.unwrap()
    }
}

/// For servers that are near, and networks that fail on purpose.
pub(crate) fn hasty() -> Patience {
    Patience {
        backoff: Backoff { first: Duration::from_millis(20), max: Duration::from_millis(100) },
        retry_after: Duration::from_millis(100),
        goodbye_time: Duration::from_millis(500),
        ..Patience::default()
    }
}

pub(crate) fn person(first_name: &str) -> NewUser {
    NewUser {
        first_name: first_name.to_owned(),
        last_name: "Berg".to_owned(),
        email: email(first_name),
        password: PASSWORD.to_owned(),
    }
}

pub(crate) fn email(first_name: &str) -> String {
    format!("{}@example.org", first_name.to_lowercase())
}

pub(crate) fn credentials(first_name: &str) -> Credentials {
    Credentials { email: email(first_name), password: PASSWORD.to_owned() }
}

pub(crate) fn user_of(session: &Session) -> User {
    match session {
        Session::SignedIn { account } => account.user.clone(),
        Session::Unconnected | Session::SignedOut { .. } => panic!("nobody is signed in: {session:?}"),
    }
}

pub(crate) fn is_local(session: &Session) -> bool {
    matches!(session, Session::SignedIn { account } if account.place == Place::ThisComputer)
}

pub(crate) fn new_board() -> BoardId {
    BoardId::from_uuid(Uuid::now_v7())
}

pub(crate) fn new_list(id: ListId, name: &str) -> Proposal {
    proposal(Change::ListAdded { list: NewList { id, name: name.to_owned(), position: Position::first() } })
}

pub(crate) fn proposal(change: Change) -> Proposal {
    Proposal { op: OpId::from_uuid(Uuid::now_v7()), at: Timestamp::from_millis(0), change }
}
