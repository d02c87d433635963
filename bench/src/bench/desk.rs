//! The desktop core without a window, as the person has it whose app is measured.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use roost::core::{Core, Patience, UiEvent, UiEvents};
use roost::profile::Profile;
use roost::secret::Keyring;
use roost_bridge::ConnectionPhase;
use roost_protocol::rest::Credentials;

use super::world::{ADA, PASSWORD};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A core, and the end of the line where the interface would be.
pub(crate) struct Desk {
    pub(crate) core: Core,
    events: UiEvents,
}

impl Desk {
    /// Opens a profile, with the keyring that the app itself has.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let profile = Profile::open(Some(folder))?;
        let keyring = Keyring::new(profile.identifier());
        let (core, events) = Core::open(&profile, keyring, Patience::default()).await?;
        Ok(Self { core, events })
    }

    /// Signs in for the first time.
    pub(crate) async fn sign_in(&mut self, address: &str) -> Result<()> {
        self.core.choose_server(address).await?;
        self.core.sign_in(Credentials { email: ADA.to_owned(), password: PASSWORD.to_owned() }).await?;
        self.phase(ConnectionPhase::Live).await
    }

    /// Waits until the connection stands so.
    pub(crate) async fn phase(&mut self, phase: ConnectionPhase) -> Result<()> {
        let is_it = |event: &UiEvent| matches!(event, UiEvent::Connection(state) if state.phase == phase).then_some(());
        self.wait(&format!("connection that is {phase:?}"), is_it).await
    }

    /// Waits for the first event that `pick` takes; those before are gone.
    pub(crate) async fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&UiEvent) -> Option<T>) -> Result<T> {
        let found = async {
            loop {
                let event = self.events.recv().await.context("the core has ended")?;
                if let Some(found) = pick(&event) {
                    return anyhow::Ok(found);
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.with_context(|| format!("there was no {what}"))?
    }
}
