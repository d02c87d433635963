//! Who is signed in, and where: choosing a server, signing in and out, and going on where the last run ended.

use std::sync::{Arc, Weak};

use roost_board::User;
use roost_bridge::{Account, BoardsPage, Place, ServerInfo, Session, SignedOutReason, TokenKeeping};
use roost_protocol::rest::{Credentials, NewUser, SessionAnswer};
use serde::{Deserialize, Serialize};

use super::address::normalise;
use super::connection::Connection;
use super::error::Error;
use super::outlet::UiEvent;
use super::rest::{Rest, Token};
use super::tokens::PATIENCE;
use super::waiting::Waiting;
use super::{Core, Current, lock};
use crate::bundled::LocalSession;

/// The setting of where the boards are.
const PLACE: &str = "place";

/// Where the boards are and who was signed in there. The token is in the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
enum Remembered {
    ThisComputer,
    Server { server: ServerInfo, user: Option<User> },
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

    /// Signs out, whether or not the server can be told. From "This computer" it leads back to the choice of a server.
    ///
    /// # Errors
    /// When the app's own database cannot be written.
    pub async fn sign_out(&self) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        let Session::SignedIn { account } = self.session() else { return Ok(self.session()) };
        let connection = lock(&self.0.current).connection.clone();
        let revoked = async {
            if let Some(connection) = &connection
                && let Err(error) = connection.rest().sign_out().await
            {
                tracing::info!(%error, "the server could not be told of the sign-out");
            }
        };
        tokio::join!(revoked, self.forget_token(&account));
        drop(connection);
        self.leave(&account, None).await
    }

    /// The key of the account that is signed in: drafts and tokens are kept under it.
    pub(super) fn account_key(&self) -> Option<String> {
        match &lock(&self.0.current).session {
            Session::SignedIn { account } => Some(key_of(account)),
            Session::Unconnected | Session::SignedOut { .. } => None,
        }
    }

    /// Goes on where the last run ended.
    pub(super) async fn restore(&self) {
        let outcome = match self.0.store.setting(PLACE).await {
            Ok(None) => Ok(()),
            Ok(Some(Remembered::ThisComputer)) => self.connect_local().await.map(drop),
            Ok(Some(Remembered::Server { server, user })) => self.restore_server(server, user).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "cannot go on where the last run ended");
        }
    }

    async fn restore_server(&self, server: ServerInfo, user: Option<User>) -> Result<(), Error> {
        let signed_out = Session::SignedOut { server: server.clone(), reason: None };
        self.tell_session(signed_out.clone());
        let Some(user) = user else { return Ok(()) };
        let account = Account { user, place: Place::Server { server: server.clone() }, token: TokenKeeping::Keyring };
        let token = match self.0.tokens.get(key_of(&account)).await {
            Ok(token) => Ok(token),
            Err(error) => {
                tracing::warn!(%error, "the token cannot be read");
                Err(SignedOutReason::NoKeyring)
            }
        };
        let _turn = self.0.turn.lock().await;
        // The keyring may have taken its time: whoever has signed in meanwhile, or turned to another server, stays there.
        if self.session() != signed_out {
            return Ok(());
        }
        match token {
            Ok(Some(token)) => {
                let rest = self.rest(address_of(&account).unwrap_or_default())?;
                self.enter(account, &rest, &token)?;
            }
            Ok(None) => {}
            Err(reason) => {
                self.tell_session(Session::SignedOut { server, reason: Some(reason) });
            }
        }
        Ok(())
    }

    async fn enter_local(&self) -> Result<Session, Error> {
        let LocalSession { address, answer } = self.0.bundled.session().await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "the bundled server does not start");
            Error::Bundled(error.to_string())
        })?;
        self.remember(&Remembered::ThisComputer).await?;
        let account = Account { user: answer.user, place: Place::ThisComputer, token: TokenKeeping::NotNeeded };
        self.enter(account, &self.rest(&address)?, &Token::new(&answer.jwt))
    }

    async fn enter_server(&self, server: ServerInfo, rest: &Rest, answer: SessionAnswer) -> Result<Session, Error> {
        let SessionAnswer { jwt, user } = answer;
        let token = Token::new(&jwt);
        self.remember(&Remembered::Server { server: server.clone(), user: Some(user.clone()) }).await?;
        let mut account = Account { user, place: Place::Server { server }, token: TokenKeeping::ThisRun };
        account.token = self.keep_token(&account, token.clone()).await;
        self.enter(account, rest, &token)
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

    async fn forget_token(&self, account: &Account) {
        match account.token {
            TokenKeeping::NotNeeded => {}
            // A slow keyring may have taken the token after all.
            TokenKeeping::Keyring | TokenKeeping::ThisRun => self.0.tokens.remove(key_of(account)).await,
        }
    }

    /// Somebody is signed in: tells so, and connects.
    fn enter(&self, account: Account, rest: &Rest, token: &Token) -> Result<Session, Error> {
        let config = Connection::config(rest.address(), token, &self.0.patience)?;
        let session = Session::SignedIn { account: account.clone() };
        let unfinished = lock(&self.0.unfinished).remove(&key_of(&account)).unwrap_or_default();
        let mut current = lock(&self.0.current);
        self.0.outlet.tell(UiEvent::Session(session.clone()));
        let connection = Connection::start(
            account.user.clone(),
            rest.with_token(token.clone()),
            config,
            self.waiting(&account),
            self.0.status.clone(),
            self.0.outlet.clone(),
            unfinished,
        );
        *current = Current { session: session.clone(), connection: Some(connection.clone()) };
        drop(current);
        let (refused, stopped) = (connection.refused(), connection.stopped());
        let connection = Arc::downgrade(&connection);
        self.spawn(|core| async move {
            tokio::select! {
                () = refused.cancelled() => core.token_was_refused(&account, &connection).await,
                () = stopped.cancelled() => {}
            }
        });
        Ok(session)
    }

    async fn token_was_refused(&self, account: &Account, connection: &Weak<Connection>) {
        let _turn = self.0.turn.lock().await;
        let is_current = lock(&self.0.current)
            .connection
            .as_ref()
            .is_some_and(|current| std::ptr::eq(Arc::as_ptr(current), connection.as_ptr()));
        if !is_current {
            return;
        }
        tracing::info!("the server refuses the token");
        self.forget_token(account).await;
        let left = self.leave(account, Some(SignedOutReason::Refused)).await;
        let outcome = match account.place {
            // Nobody has to sign in on their own computer: there is a new token for the asking.
            Place::ThisComputer => self.enter_local().await,
            Place::Server { .. } => left,
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "after a refused token");
        }
    }

    /// Ends the connection. What still waits is kept for when the account is back.
    pub(super) async fn disconnect(&self, account: &Account) {
        let connection = lock(&self.0.current).connection.take();
        if let Some(connection) = connection {
            let unfinished = connection.shutdown().await;
            let waiting = self.waiting(account);
            unfinished.iter().for_each(|following| waiting.keep(following));
            if !unfinished.is_empty() {
                lock(&self.0.unfinished).insert(key_of(account), unfinished);
            }
        }
    }

    /// Nobody is signed in any more: ends the connection, tells so, and remembers the server.
    async fn leave(&self, account: &Account, reason: Option<SignedOutReason>) -> Result<Session, Error> {
        self.disconnect(account).await;
        self.0.status.close();
        self.0.outlet.tell(UiEvent::Boards(BoardsPage::default()));
        let session = match &account.place {
            Place::ThisComputer => Session::Unconnected,
            Place::Server { server } => Session::SignedOut { server: server.clone(), reason },
        };
        let session = self.tell_session(session);
        match &account.place {
            Place::ThisComputer => self.0.store.remove_setting(PLACE).await?,
            Place::Server { server } => {
                self.remember(&Remembered::Server { server: server.clone(), user: None }).await?;
            }
        }
        Ok(session)
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

    fn waiting(&self, account: &Account) -> Waiting {
        Waiting::new(self.0.store.clone(), key_of(account))
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
