//! Going on where the last run ended: with what is on disk at once, and with the server when the keyring has answered
//! or the bundled server is there.

use std::sync::Arc;
use std::time::Duration;

use roost_board::User;
use roost_bridge::{Account, ConnectionPhase, Notice, Place, ServerInfo, Session, SignedOutReason, TokenKeeping};
use tokio::time::sleep;

use super::{PLACE, Remembered, address_of, key_of};
use crate::bundled::LocalSession;
use crate::core::Core;
use crate::core::error::Error;
use crate::core::link::Link;
use crate::core::rest::Token;
use crate::core::workspace::Workspace;

/// Between two tries to start the bundled server.
const BUNDLED_PAUSE: Duration = Duration::from_secs(10);

impl Core {
    /// Goes on where the last run ended.
    ///
    /// # Errors
    /// When what is kept of the account cannot be used.
    pub(in crate::core) async fn restore(&self) -> Result<(), Error> {
        match self.0.store.setting(PLACE).await? {
            None => {}
            Some(Remembered::ThisComputer { user: Some(user) }) => {
                let account = Account { user, place: Place::ThisComputer, token: TokenKeeping::NotNeeded };
                self.go_on(account, |core, account, workspace| async move {
                    core.start_bundled(&account, &workspace).await;
                })
                .await?;
            }
            Some(Remembered::ThisComputer { user: None }) => self.spawn(|core| async move {
                if let Err(error) = core.connect_local().await {
                    tracing::error!(%error, "cannot go on where the last run ended");
                }
            }),
            Some(Remembered::Server { server, user: Some(user) }) => self.restore_server(server, user).await?,
            Some(Remembered::Server { server, user: None }) => {
                self.tell_session(Session::SignedOut { server, reason: None });
            }
        }
        Ok(())
    }

    async fn restore_server(&self, server: ServerInfo, user: User) -> Result<(), Error> {
        let account = Account { user, place: Place::Server { server }, token: TokenKeeping::Keyring };
        self.go_on(account, |core, account, workspace| async move {
            if let Err(error) = core.read_token(&account, &workspace).await {
                tracing::error!(%error, "cannot go on where the last run ended");
            }
        })
        .await
    }

    /// Shows what is on disk of an account, and then looks for the way to its server until the account is left.
    async fn go_on<F: Future<Output = ()> + Send + 'static>(
        &self,
        account: Account,
        connect: impl FnOnce(Self, Account, Arc<Workspace>) -> F + Send + 'static,
    ) -> Result<(), Error> {
        let workspace = self.open_workspace(&account).await?;
        self.enter(account.clone(), &workspace);
        let stopped = workspace.stopped();
        self.spawn(|core| async move {
            tokio::select! {
                () = connect(core, account, workspace) => {}
                () = stopped.cancelled() => {}
            }
        });
        Ok(())
    }

    /// Connects with the token in the keyring, which may take its time. Without it a sign-in is asked for.
    async fn read_token(&self, account: &Account, workspace: &Arc<Workspace>) -> Result<(), Error> {
        let token = self.0.tokens.get(key_of(account)).await;
        let reason = match token {
            Ok(Some(token)) => {
                let rest = self.rest(address_of(account).unwrap_or_default())?;
                workspace.connect(Link::open(&rest, &token)?);
                return Ok(());
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "the token cannot be read");
                Some(SignedOutReason::NoKeyring)
            }
        };
        // Of its own, since it ends the workspace and with it whatever goes on for it.
        let (account, workspace) = (account.clone(), Arc::downgrade(workspace));
        self.spawn(|core| async move {
            let _turn = core.0.turn.lock().await;
            if core.is_current(&workspace) {
                core.step_out(&account, reason).await;
            }
        });
        Ok(())
    }

    /// Starts the bundled server, again and again until it does start, and connects.
    async fn start_bundled(&self, account: &Account, workspace: &Arc<Workspace>) {
        let mut is_told = false;
        let LocalSession { address, answer } = loop {
            match self.bundled_session().await {
                Ok(session) => break session,
                Err(error) => {
                    self.0.status.set_phase(ConnectionPhase::Offline);
                    if !std::mem::replace(&mut is_told, true) {
                        let message = format!("{error}. What you do meanwhile waits until they can be.");
                        self.0.notices.tell(Notice { code: "bundled".to_owned(), message });
                    }
                    sleep(BUNDLED_PAUSE).await;
                }
            }
        };
        if answer.user == account.user {
            let link = self.rest(&address).and_then(|rest| Link::open(&rest, &Token::new(&answer.jwt)));
            match link {
                Ok(link) => workspace.connect(link),
                Err(error) => tracing::error!(%error, "no way to the bundled server"),
            }
            return;
        }
        // The data of the bundled server is not what it was.
        let (account, workspace) = (account.clone(), Arc::downgrade(workspace));
        self.spawn(|core| async move {
            let _turn = core.0.turn.lock().await;
            if core.is_current(&workspace) {
                core.step_out(&account, None).await;
                if let Err(error) = core.enter_local().await {
                    tracing::error!(%error, "the boards on this computer cannot be opened");
                }
            }
        });
    }
}
