//! Passwords: kept as Argon2id hashes, and checked in the same time whether there is one or not.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long somebody waits for their turn before they are told that the server is busy.
const WAIT: Duration = Duration::from_secs(10);

/// Stands in for the hash of an account that is not there. No password is known to match it.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// More people wait for a hash than the server can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooBusy;

/// Computes hashes, a few at a time, off the async threads.
#[derive(Debug)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// At most `max` at a time, and half of the cores: whoever signs in must not hold up those who are at work.
    pub(super) fn new(max: usize) -> Self {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(max.min(n_cores / 2).max(1))) }
    }

    /// A password's hash in PHC form, with a salt of its own.
    pub(super) async fn hash(&self, password: String) -> Result<String, TooBusy> {
        self.run(move || {
            let hash: PasswordHash = Argon2::default()
                .hash_password(password.as_bytes())
                .expect("the default parameters are valid and the system has randomness");
            hash.to_string()
        })
        .await
    }

    /// Whether a password is the one that was hashed; without a hash false, after as much work.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, TooBusy> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| DECOY.to_owned());
            match PasswordHash::new(&hash) {
                Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known,
                Err(error) => {
                    tracing::error!(%error, "a stored password hash cannot be read");
                    false
                }
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, TooBusy> {
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        let turn: OwnedSemaphorePermit = turn.map_err(|_| TooBusy)?.map_err(|_| TooBusy)?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        task.await.map_err(|_| TooBusy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert_ne!(hash, passwords.hash("correct horse".to_owned()).await.unwrap(), "salted");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("Correct horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), Some("nonsense".to_owned())).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn the_decoy_costs_what_a_real_hash_costs() {
        let hash = Passwords::new(1).hash("correct horse".to_owned()).await.unwrap();
        let parameters = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&hash), parameters(DECOY));
        PasswordHash::new(DECOY).unwrap();
    }
}
