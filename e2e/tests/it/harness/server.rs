//! A server with a data directory of its own.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::group::Group;
use super::story::program;

/// A running server, or one that was killed and may come back.
#[derive(Debug)]
pub(crate) struct Server {
    group: Group,
    data: TempDir,
    /// Where it listens, such as `127.0.0.1:40123`; the same after it has come back.
    address: String,
}

impl Server {
    /// Starts one with nothing in it, on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let data = tempfile::Builder::new().prefix("roost-e2e-server-").tempdir()?;
        let (group, address) = spawn("127.0.0.1:0", &data).await?;
        Ok(Self { group, data, address })
    }

    /// Where it listens, as one types it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Kills it, as a power cut would.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.group.kill().await
    }

    /// Starts it again, where it was and with what it had.
    pub(crate) async fn come_back(&mut self) -> Result<()> {
        (self.group, _) = spawn(&self.address, &self.data).await?;
        Ok(())
    }

    /// Signs a token out, as its owner does from another machine.
    pub(crate) async fn revoke(&self, token: &str) -> Result<()> {
        let url = format!("http://{}/api/v1/sessions", self.address);
        reqwest::Client::new().delete(url).bearer_auth(token).send().await?.error_for_status()?;
        Ok(())
    }

    /// What the server answers to a question that only somebody signed in may ask: the status of the answer.
    pub(crate) async fn status_for(&self, token: &str) -> Result<u16> {
        let url = format!("http://{}/api/v1/current_user", self.address);
        Ok(reqwest::Client::new().get(url).bearer_auth(token).send().await?.status().as_u16())
    }
}

async fn spawn(listen: &str, data: &TempDir) -> Result<(Group, String)> {
    let mut command = Command::new(program("ROOST_SERVER_BIN")?);
    command.args(["serve", "--listen", listen, "--data-dir"]).arg(data.path()).stdout(Stdio::piped());
    let mut group = Group::spawn(&mut command)?;
    let stdout = group.child.stdout.take().context("the server's output is not ours")?;
    let mut lines = BufReader::new(stdout).lines();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line())
        .await
        .context("the server did not say where it listens")??
        .context("the server ended before it listened")?;
    let address = line.strip_prefix("listening on http://").with_context(|| format!("the server said {line:?}"))?;
    // Reads on, so that the server never writes into a closed pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((group, address.to_owned()))
}
