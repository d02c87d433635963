//! Who is who: accounts, passwords, tokens.

use roost_board::{Timestamp, User};

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
    #[error("sign in again: this sign-in is not valid any more")]
    InvalidToken,
    /// The accounts cannot be read just now; what failed is in the log.
    #[error("the server cannot check who you are just now; try again in a moment")]
    Unavailable,
}

/// Accounts and tokens; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Auth {}

impl Auth {
    /// Whom a token belongs to.
    ///
    /// # Errors
    /// [`AuthError`]
    pub(crate) async fn authenticate(&self, _token: &str) -> Result<Authenticated, AuthError> {
        Err(AuthError::InvalidToken)
    }
}
