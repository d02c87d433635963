//! Who is who: accounts, passwords, tokens.

mod known;
mod password;
mod profile;
mod secret;
mod throttle;
mod token;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roost_board::limits::EMAIL_MAX;
use roost_board::{Timestamp, User, UserId};
use roost_protocol::rest::{Credentials, NewUser, SessionAnswer};
use uuid::Uuid;

pub(crate) use profile::{in_a_form, normal_email};
pub use secret::SecretError;
pub(crate) use secret::{SECRET_FILE, secret};

use known::Known;
use password::{Passwords, TooBusy};
use throttle::Throttles;
use token::Tokens;

use crate::clock;
use crate::config::Config;
use crate::limits::Limit;
use crate::pubsub::PubSub;
use crate::store::{NewAccount, Store, StoreError};

/// Whom a token belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    /// Who.
    pub(crate) user: User,
    /// The token's own id (`jti`).
    pub(crate) token_id: String,
    /// When the token ends.
    pub(crate) expires_at: Timestamp,
}

/// Why nobody is let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    /// The token is none of ours, expired or revoked, or its owner is gone.
    #[error("this sign-in is not valid any more; sign in again")]
    InvalidToken,
    /// The accounts cannot be read just now; what failed is in the log.
    #[error("the server cannot check who you are just now; try again in a moment")]
    Unavailable,
}

/// What is wrong with each field, by the field's name.
pub type FieldErrors = BTreeMap<String, Vec<String>>;

/// Why an account is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignUpError {
    /// Nobody signs up on this server.
    #[error("nobody can sign up on this server")]
    Closed,
    /// Some of what was typed cannot be used.
    #[error("please check what you typed")]
    Invalid(FieldErrors),
    /// Too many people are signing up and in at this moment.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The accounts cannot be written just now; what failed is in the log.
    #[error("the server cannot make accounts just now; try again in a moment")]
    Unavailable,
}

/// Why somebody is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    /// No such account, or another password: nobody learns which.
    #[error("the e-mail address or the password is not right")]
    Wrong,
    /// Too many failed attempts, by this limit.
    #[error("too many failed attempts; try again in {} seconds", .1.as_secs())]
    Throttled(Limit, Duration),
    /// Too many people are signing up and in at this moment.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The accounts cannot be read just now; what failed is in the log.
    #[error("the server cannot check who you are just now; try again in a moment")]
    Unavailable,
}

impl From<TooBusy> for SignUpError {
    fn from(_: TooBusy) -> Self {
        Self::Busy
    }
}

impl From<TooBusy> for SignInError {
    fn from(_: TooBusy) -> Self {
        Self::Busy
    }
}

/// Accounts and tokens; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    pubsub: PubSub,
    registrations: bool,
    tokens: Tokens,
    passwords: Passwords,
    throttles: Throttles,
    known: Known,
    /// The tokens that are signed out, and when each ends by itself.
    revoked: Mutex<HashMap<String, Timestamp>>,
}

impl Auth {
    /// The accounts of a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn new(store: Store, pubsub: PubSub, secret: &str, config: &Config) -> Result<Self, StoreError> {
        let revoked = Mutex::new(store.revoked().await?.into_iter().collect());
        let inner = Inner {
            store,
            pubsub,
            registrations: config.registrations,
            tokens: Tokens::new(secret),
            passwords: Passwords::new(config.limits.password_hashes),
            throttles: Throttles::new(&config.limits),
            known: Known::new(),
            revoked,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether people may sign up by themselves.
    pub(crate) fn registrations(&self) -> bool {
        self.inner.registrations
    }

    /// Whom a token belongs to.
    ///
    /// # Errors
    /// [`AuthError`]
    pub(crate) async fn authenticate(&self, token: &str) -> Result<Authenticated, AuthError> {
        let claims = self.inner.tokens.read(token, clock::now()).ok_or(AuthError::InvalidToken)?;
        if self.is_revoked(&claims.jti) {
            return Err(AuthError::InvalidToken);
        }
        let user = match self.inner.known.get(claims.sub) {
            Some(user) => user,
            None => match self.inner.store.user(claims.sub).await {
                Ok(Some(user)) => {
                    self.inner.known.insert(user.clone());
                    user
                }
                Ok(None) => return Err(AuthError::InvalidToken),
                Err(error) => {
                    tracing::error!(%error, "cannot read an account");
                    return Err(AuthError::Unavailable);
                }
            },
        };
        Ok(Authenticated { user, expires_at: claims.expires_at(), token_id: claims.jti })
    }

    /// Whether a token was signed out. A socket that has registered itself with its token asks once more, in case that
    /// happened while it was being opened.
    pub(crate) fn is_revoked(&self, token_id: &str) -> bool {
        self.revoked().contains_key(token_id)
    }

    /// Makes an account, and signs it in.
    ///
    /// # Errors
    /// [`SignUpError`]
    pub(crate) async fn sign_up(&self, new: NewUser) -> Result<SessionAnswer, SignUpError> {
        if !self.inner.registrations {
            return Err(SignUpError::Closed);
        }
        self.make_account(new).await
    }

    /// The same, also where nobody signs up by themselves.
    ///
    /// # Errors
    /// [`SignUpError`], save `Closed`
    pub(crate) async fn make_account(&self, new: NewUser) -> Result<SessionAnswer, SignUpError> {
        let (user, password) =
            profile::check(new, || UserId::from_uuid(Uuid::now_v7())).map_err(SignUpError::Invalid)?;
        let password_hash = Some(self.inner.passwords.hash(password).await?);
        let account = NewAccount { user: user.clone(), password_hash, at: clock::now() };
        match self.inner.store.create_account(account).await {
            Ok(true) => Ok(self.session(user)),
            Ok(false) => {
                let taken = "is already registered here; sign in instead";
                Err(SignUpError::Invalid(BTreeMap::from([("email".to_owned(), vec![taken.to_owned()])])))
            }
            Err(error) => {
                tracing::error!(%error, "cannot make an account");
                Err(SignUpError::Unavailable)
            }
        }
    }

    /// Signs somebody in, who asks from `address`.
    ///
    /// # Errors
    /// [`SignInError`]; a wrong address and a wrong password look and last the same.
    pub(crate) async fn sign_in(
        &self,
        credentials: Credentials,
        address: IpAddr,
    ) -> Result<SessionAnswer, SignInError> {
        let email = normal_email(&credentials.email);
        if email.chars().count() > EMAIL_MAX {
            // Nobody's, and too long to be remembered as one that was tried.
            return Err(SignInError::Wrong);
        }
        let throttles = &self.inner.throttles;
        throttles
            .attempt(&email, address, clock::now())
            .map_err(|(limit, wait)| SignInError::Throttled(limit, wait))?;
        let account = self.inner.store.account(&email).await.map_err(|error| {
            tracing::error!(%error, "cannot read an account");
            SignInError::Unavailable
        })?;
        let (user, hash) = account.map_or((None, None), |(user, hash)| (Some(user), hash));
        let matches = self.inner.passwords.verify(credentials.password, hash).await?;
        match user {
            Some(user) if matches => {
                throttles.succeeded(&email, address);
                Ok(self.session(user))
            }
            Some(_) | None => Err(SignInError::Wrong),
        }
    }

    /// Signs a token out, for good, and closes its sockets.
    ///
    /// # Errors
    /// When that cannot be recorded; the token is then still good.
    pub(crate) async fn sign_out(&self, session: &Authenticated) -> Result<(), AuthError> {
        let (id, expires_at, now) = (&session.token_id, session.expires_at, clock::now());
        self.inner.store.revoke(id, expires_at, now).await.map_err(|error| {
            tracing::error!(%error, "cannot record that a token is signed out");
            AuthError::Unavailable
        })?;
        {
            let mut revoked = self.revoked();
            revoked.retain(|_, expires_at| *expires_at > now);
            revoked.insert(id.clone(), expires_at);
        }
        self.inner.pubsub.disconnect_token(id);
        Ok(())
    }

    /// A session for the one person who uses the server that is bundled with the app; their account is made when it is
    /// first asked for, and has no password.
    ///
    /// # Errors
    /// [`SignUpError`] for names that cannot be had, or when the store fails.
    pub(crate) async fn local_session(&self, first_name: &str, last_name: &str) -> Result<SessionAnswer, SignUpError> {
        let id = UserId::from_uuid(Uuid::now_v7());
        let user = profile::local_user(id, first_name, last_name).map_err(SignUpError::Invalid)?;
        let account = NewAccount { user, password_hash: None, at: clock::now() };
        match self.inner.store.local_user(account).await {
            Ok(user) => Ok(self.session(user)),
            Err(error) => {
                tracing::error!(%error, "cannot make the local account");
                Err(SignUpError::Unavailable)
            }
        }
    }

    fn session(&self, user: User) -> SessionAnswer {
        SessionAnswer { jwt: self.inner.tokens.issue(user.id, clock::now()), user }
    }

    fn revoked(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.inner.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
