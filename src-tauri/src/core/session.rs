//! Who is signed in, and where: choosing a server, signing in.

mod leaving;
mod restore;

use std::sync::Arc;

use roost_board::User;
use roost_bridge::{Account, Place, ServerInfo, Session, TokenKeeping};
use roost_protocol::rest::{Credentials, NewUser, SessionAnswer};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::address::normalise;
use super::drafts::Drafts;
use super::error::Error;
use super::link::Link;
use super::outlet::UiEvent;
use super::rest::{Rest, Token};
use super::store::AccountStore;
use super::tokens::PATIENCE;
use super::workspace::{Materials, Workspace};
use super::{Core, Current, lock};
use crate::bundled::LocalSession;

/// The setting of where the boards are.
const PLACE: &str = "place";

/// Where the boards are and who was signed in there. The token is in the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
enum Remembered {
    ThisComputer {
        #[serde(default)]
        user: Option<User>,
    },
    Server {
        server: ServerInfo,
        user: Option<User>,
    },
}

impl Core {
    /// Who is signed in.
    #[must_use]
    pub fn session(&self) -> Session {
        lock(&self.0.current).session.clone()
    }

    /// "This computer": starts the bundled server and signs the local person in.
    ///
    /// # Errors
    /// When somebody is signed in on a server, or the boards on this computer cannot be opened.
    pub async fn connect_local(&self) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        match self.session() {
            Session::SignedIn { account } if account.place == Place::ThisComputer => Ok(self.session()),
            Session::SignedIn { .. } => Err(Error::SignedIn),
            Session::Unconnected | Session::SignedOut { .. } => self.enter_local().await,
        }
    }

    /// Chooses a server, if a Roost server answers at that address.
    ///
    /// # Errors
    /// When somebody is signed in, it is no address, or no Roost server answers.
    pub async fn choose_server(&self, address: &str) -> Result<ServerInfo, Error> {
        let _turn = self.0.turn.lock().await;
        self.nobody_is_signed_in()?;
        let address = normalise(address)?;
        let info = self.rest(&address)?.info().await?;
        let server = ServerInfo { address, version: info.version };
        self.remember(&Remembered::Server { server: server.clone(), user: None }).await?;
        self.tell_session(Session::SignedOut { server: server.clone(), reason: None });
        Ok(server)
    }

    /// Back to the choice of a server.
    ///
    /// # Errors
    /// When somebody is signed in.
    pub async fn leave_server(&self) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        self.nobody_is_signed_in()?;
        self.0.store.remove_setting(PLACE).await?;
        Ok(self.tell_session(Session::Unconnected))
    }

    /// Makes an account on the chosen server and signs in.
    ///
    /// # Errors
    /// What the server says about the fields; when no server is chosen or it is out of reach.
    pub async fn sign_up(&self, user: NewUser) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        let server = self.chosen_server()?;
        let rest = self.rest(&server.address)?;
        let answer = rest.sign_up(user).await?;
        self.enter_server(server, &rest, answer).await
    }

    /// Signs in on the chosen server.
    ///
    /// # Errors
    /// What the server says against it; when no server is chosen or it is out of reach.
    pub async fn sign_in(&self, credentials: Credentials) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        let server = self.chosen_server()?;
        let rest = self.rest(&server.address)?;
        let answer = rest.sign_in(credentials).await?;
        self.enter_server(server, &rest, answer).await
    }

    async fn enter_local(&self) -> Result<Session, Error> {
        let LocalSession { address, answer } = self.bundled_session().await?;
        let link = Link::open(&self.rest(&address)?, &Token::new(&answer.jwt))?;
        let account = Account { user: answer.user, place: Place::ThisComputer, token: TokenKeeping::NotNeeded };
        let workspace = self.open_workspace(&account).await?;
        self.remember(&Remembered::ThisComputer { user: Some(account.user.clone()) }).await?;
        let session = self.enter(account, &workspace);
        workspace.connect(link);
        Ok(session)
    }

    async fn bundled_session(&self) -> Result<LocalSession, Error> {
        self.0.bundled.session().await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "the bundled server does not start");
            Error::Bundled(error.to_string())
        })
    }

    async fn enter_server(&self, server: ServerInfo, rest: &Rest, answer: SessionAnswer) -> Result<Session, Error> {
        let SessionAnswer { jwt, user } = answer;
        let token = Token::new(&jwt);
        let link = Link::open(rest, &token)?;
        let place = Place::Server { server: server.clone() };
        let mut account = Account { user: user.clone(), place, token: TokenKeeping::ThisRun };
        let workspace = self.open_workspace(&account).await?;
        self.remember(&Remembered::Server { server, user: Some(user) }).await?;
        account.token = self.keep_token(&account, token).await;
        let session = self.enter(account, &workspace);
        workspace.connect(link);
        Ok(session)
    }

    /// Opens what is on disk of an account.
    async fn open_workspace(&self, account: &Account) -> Result<Arc<Workspace>, Error> {
        let (dir, key, notices) = (self.0.accounts.clone(), key_of(account), self.0.notices.clone());
        let (replace, mut replaced) = watch::channel(0);
        let tell = move |notice| {
            replace.send_modify(|n| *n += 1);
            notices.tell(notice);
        };
        let opened = tokio::task::spawn_blocking(move || AccountStore::open(&dir, &key, tell)).await;
        let store = opened.map_err(|_| Error::Internal("what is kept of the account cannot be opened"))??;
        let state = store.state().await?;
        // Until here there was nothing but what is in the file.
        replaced.mark_unchanged();
        let materials = Materials {
            me: account.user.clone(),
            patience: self.0.patience,
            drafts: Drafts::new(self.0.store.clone(), key_of(account)),
            status: self.0.status.clone(),
            replaced,
            notices: self.0.notices.clone(),
            outlet: self.0.outlet.clone(),
        };
        Ok(Workspace::new(store, state, materials))
    }

    /// Keeps a token in the keyring, if it takes it soon enough; otherwise the interface is told when it has.
    async fn keep_token(&self, account: &Account, token: Token) -> TokenKeeping {
        let mut kept = Box::pin(self.0.tokens.set(key_of(account), token));
        match tokio::time::timeout(PATIENCE, &mut kept).await {
            Ok(Ok(())) => TokenKeeping::Keyring,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the token is kept for this run only");
                TokenKeeping::ThisRun
            }
            Err(_) => {
                let account = account.clone();
                self.spawn(|core| async move {
                    if kept.await.is_ok() {
                        core.token_was_kept(&account);
                    }
                });
                TokenKeeping::ThisRun
            }
        }
    }

    fn token_was_kept(&self, before: &Account) {
        let mut current = lock(&self.0.current);
        if let Session::SignedIn { account } = &mut current.session
            && account == before
        {
            account.token = TokenKeeping::Keyring;
            self.0.outlet.tell(UiEvent::Session(current.session.clone()));
        }
    }

    /// Somebody is signed in: tells so, and what there is.
    fn enter(&self, account: Account, workspace: &Arc<Workspace>) -> Session {
        let session = Session::SignedIn { account: account.clone() };
        let mut current = lock(&self.0.current);
        self.0.outlet.tell(UiEvent::Session(session.clone()));
        workspace.start();
        *current = Current { session: session.clone(), workspace: Some(workspace.clone()) };
        drop(current);
        let (refused, stopped) = (workspace.refused(), workspace.stopped());
        let workspace = Arc::downgrade(workspace);
        self.spawn(|core| async move {
            tokio::select! {
                () = refused.cancelled() => core.token_was_refused(&account, &workspace).await,
                () = stopped.cancelled() => {}
            }
        });
        session
    }

    fn chosen_server(&self) -> Result<ServerInfo, Error> {
        match self.session() {
            Session::SignedOut { server, .. } => Ok(server),
            Session::Unconnected => Err(Error::NoServer),
            Session::SignedIn { .. } => Err(Error::SignedIn),
        }
    }

    fn nobody_is_signed_in(&self) -> Result<(), Error> {
        match self.session() {
            Session::SignedIn { .. } => Err(Error::SignedIn),
            Session::Unconnected | Session::SignedOut { .. } => Ok(()),
        }
    }

    fn tell_session(&self, session: Session) -> Session {
        let mut current = lock(&self.0.current);
        current.session = session.clone();
        self.0.outlet.tell(UiEvent::Session(session.clone()));
        session
    }

    fn rest(&self, address: &str) -> Result<Rest, Error> {
        Rest::new(address, self.0.patience)
    }

    async fn remember(&self, place: &Remembered) -> Result<(), Error> {
        Ok(self.0.store.set_setting(PLACE, place).await?)
    }
}

/// What keeps an account apart from all others on this machine.
fn key_of(account: &Account) -> String {
    match address_of(account) {
        Some(address) => format!("{}@{address}", account.user.id),
        None => "this computer".to_owned(),
    }
}

fn address_of(account: &Account) -> Option<&str> {
    match &account.place {
        Place::ThisComputer => None,
        Place::Server { server } => Some(&server.address),
    }
}
