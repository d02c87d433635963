//! The open sessions, by their tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::keeper::Handle;
use crate::pubsub::lock;

/// How many random bytes a token is made of; in base64 it contains no dot, by which it is told from sign-in tokens.
const TOKEN_BYTES: usize = 24;

/// The open sessions; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<Arc<str>, Handle>>>);

/// A session is found for as long as this is kept.
pub(super) struct Listed {
    sessions: Sessions,
    token: Arc<str>,
}

impl Sessions {
    /// The open session of a token.
    pub(super) fn find(&self, token: &str) -> Option<Handle> {
        lock(&self.0).get(token).cloned()
    }

    /// Lists a session under a token that nobody can guess.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn add(&self, handle: Handle) -> Result<Listed, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        let token: Arc<str> = BASE64_URL_SAFE_NO_PAD.encode(bytes).into();
        lock(&self.0).insert(Arc::clone(&token), handle);
        Ok(Listed { sessions: self.clone(), token })
    }
}

impl Listed {
    pub(super) const fn token(&self) -> &Arc<str> {
        &self.token
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let removed = lock(&self.sessions.0).remove(&self.token);
        // Outside of the lock.
        drop(removed);
    }
}
