//! Signing out, and being signed out.

use std::sync::{Arc, Weak};

use roost_bridge::{Account, Attention, BoardsPage, Place, Session, SignedOutReason, TokenKeeping};

use super::{PLACE, Remembered, key_of};
use crate::core::error::Error;
use crate::core::outlet::UiEvent;
use crate::core::workspace::Workspace;
use crate::core::{Core, lock};

impl Core {
    /// Signs out, whether or not the server can be told. From "This computer" it leads back to the choice of a server.
    ///
    /// # Errors
    /// When the app's own database cannot be written.
    pub async fn sign_out(&self) -> Result<Session, Error> {
        let _turn = self.0.turn.lock().await;
        let Session::SignedIn { account } = self.session() else { return Ok(self.session()) };
        let link = lock(&self.0.current).workspace.as_ref().and_then(|workspace| workspace.link());
        let rest = link.map(|link| link.rest);
        let revoked = async {
            if let Some(rest) = rest
                && let Err(error) = rest.sign_out().await
            {
                tracing::info!(%error, "the server could not be told of the sign-out");
            }
        };
        tokio::join!(revoked, self.forget_token(&account));
        self.leave(&account, None).await
    }

    pub(super) async fn token_was_refused(&self, account: &Account, workspace: &Weak<Workspace>) {
        let _turn = self.0.turn.lock().await;
        if !self.is_current(workspace) {
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

    /// Whether a workspace is that of whoever is signed in now.
    pub(super) fn is_current(&self, workspace: &Weak<Workspace>) -> bool {
        let current = lock(&self.0.current);
        current.workspace.as_ref().is_some_and(|current| std::ptr::eq(Arc::as_ptr(current), workspace.as_ptr()))
    }

    /// Ends what goes on for the account that is signed in. What still waits is on disk for when it is back.
    pub(in crate::core) async fn disconnect(&self) {
        let workspace = lock(&self.0.current).workspace.take();
        if let Some(workspace) = workspace {
            workspace.shutdown().await;
        }
    }

    /// Nobody is signed in any more: ends everything, tells so, and remembers the server.
    async fn leave(&self, account: &Account, reason: Option<SignedOutReason>) -> Result<Session, Error> {
        let session = self.step_out(account, reason).await;
        match &account.place {
            Place::ThisComputer => self.0.store.remove_setting(PLACE).await?,
            Place::Server { server } => {
                self.remember(&Remembered::Server { server: server.clone(), user: None }).await?;
            }
        }
        Ok(session)
    }

    /// As [`leave`](Self::leave), though the next start tries to go on with this account.
    pub(super) async fn step_out(&self, account: &Account, reason: Option<SignedOutReason>) -> Session {
        self.disconnect().await;
        self.0.status.close();
        self.0.outlet.tell(UiEvent::Boards(BoardsPage::default()));
        self.0.outlet.tell(UiEvent::Attention(Attention::default()));
        self.tell_session(match &account.place {
            Place::ThisComputer => Session::Unconnected,
            Place::Server { server } => Session::SignedOut { server: server.clone(), reason },
        })
    }

    async fn forget_token(&self, account: &Account) {
        match account.token {
            TokenKeeping::NotNeeded => {}
            // A slow keyring may have taken the token after all.
            TokenKeeping::Keyring | TokenKeeping::ThisRun => self.0.tokens.remove(key_of(account)).await,
        }
    }
}
