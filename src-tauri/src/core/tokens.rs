//! The tokens in the keyring. The keyring has a thread of its own, since it may wait for the person, and does one thing
//! after the other, so that what is removed stays removed.

use std::time::Duration;

use super::error::Error;
use super::rest::Token;
use super::store::StoreError;
use super::worker::Worker;
use crate::secret::{SecretError, SecretStore};

/// How long somebody who signs in or out waits for the keyring.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The tokens in the keyring, by account.
#[derive(Debug)]
pub(crate) struct Tokens {
    worker: Worker<Box<dyn SecretStore>>,
}

impl Tokens {
    /// Starts the keyring's thread.
    pub(crate) fn new(secrets: impl SecretStore) -> Result<Self, Error> {
        let secrets: Box<dyn SecretStore> = Box::new(secrets);
        Ok(Self { worker: Worker::spawn("keyring", secrets).map_err(StoreError::from)? })
    }

    /// The token of an account, if there is one; waits as long as the keyring does.
    pub(crate) async fn get(&self, account: String) -> Result<Option<Token>, SecretError> {
        let secret = self.worker.call(move |secrets| secrets.get(&account));
        Ok(secret.await.unwrap_or_else(|failed| Err(SecretError::new(failed)))?.as_deref().map(Token::new))
    }

    /// Keeps the token of an account.
    pub(crate) fn set(
        &self,
        account: String,
        token: Token,
    ) -> impl Future<Output = Result<(), SecretError>> + Send + 'static + use<> {
        let kept = self.worker.call(move |secrets| secrets.set(&account, token.reveal()));
        async move { kept.await.unwrap_or_else(|failed| Err(SecretError::new(failed))) }
    }

    /// Forgets the token of an account. A keyring that takes too long does it later.
    pub(crate) async fn remove(&self, account: String) {
        let removed = self.worker.call(move |secrets| secrets.remove(&account));
        match tokio::time::timeout(PATIENCE, removed).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the token could not be removed"),
            Ok(Err(error)) => tracing::error!(%error, "the token could not be removed"),
            Err(_) => tracing::warn!("the keyring takes long to remove the token"),
        }
    }
}
