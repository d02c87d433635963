//! The keyring of the session, seen with the system's own tool.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use tokio::process::Command;

use super::wait::{PATIENCE, until};

/// The keyring of the session, and what was in it at first.
#[derive(Debug)]
pub(crate) struct Keyring {
    before: BTreeSet<String>,
}

impl Keyring {
    /// Remembers what is in it now.
    pub(crate) async fn new() -> Result<Self> {
        Ok(Self { before: secrets().await? })
    }

    /// Waits for a secret that was not there at first, and gives it.
    pub(crate) async fn new_secret(&self) -> Result<String> {
        let (secret, _) = until("a new secret in the keyring", PATIENCE, async || {
            Ok(secrets().await?.difference(&self.before).next().cloned())
        })
        .await?;
        Ok(secret)
    }

    /// Whether a secret is in it.
    pub(crate) async fn holds(&self, secret: &str) -> Result<bool> {
        Ok(secrets().await?.contains(secret))
    }
}

/// Every secret of every application; gnome-keyring gives each the schema when the application did not.
async fn secrets() -> Result<BTreeSet<String>> {
    let output = Command::new("secret-tool")
        .args(["search", "--all", "--unlock", "xdg:schema", "org.freedesktop.Secret.Generic"])
        .output()
        .await
        .context("could not ask the keyring; `secret-tool` is in the package libsecret-tools")?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().filter_map(|line| line.strip_prefix("secret = ")).map(str::to_owned).collect())
}
