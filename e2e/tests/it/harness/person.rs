//! Somebody with a machine of their own: a profile, an app that may be open, and what they do with it.

mod boards;
mod eyes;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use super::app::App;
use super::group::Group;
use super::story::{Album, Story, program};
use super::wait::PATIENCE;

/// The hooks that the interface has for tests.
pub(crate) fn hook(name: &str) -> String {
    format!("[data-testid=\"{name}\"]")
}

/// Somebody with a machine of their own.
#[derive(Debug)]
pub(crate) struct Person {
    first_name: &'static str,
    profile: TempDir,
    album: Album,
    app: Option<App>,
}

impl Person {
    /// Somebody new, whose app is open for the first time.
    pub(crate) async fn arrive(story: &Story, first_name: &'static str) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("roost-e2e-profile-").tempdir()?;
        let mut person = Self { first_name, profile, album: story.album(), app: None };
        person.open_app().await?;
        Ok(person)
    }

    /// Their e-mail address.
    pub(crate) fn email(&self) -> String {
        format!("{}@example.org", self.first_name.to_lowercase())
    }

    /// Their password.
    pub(crate) fn password(&self) -> String {
        format!("{} likes long passwords", self.first_name)
    }

    /// Their app, which is open.
    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("the app is open")
    }

    /// Opens the app.
    pub(crate) async fn open_app(&mut self) -> Result<()> {
        let app = App::start(self.first_name, self.profile.path(), self.album.clone()).await;
        self.app = Some(app.with_context(|| format!("{}'s app", self.first_name))?);
        Ok(())
    }

    /// Ends the app and opens it again at once, while the last run may be on its way out.
    pub(crate) async fn restart_app(&mut self) -> Result<()> {
        let last = self.app.take().context("the app is not open")?;
        last.ask_to_end()?;
        self.open_app().await?;
        last.ended().await
    }

    /// Waits until something that was typed is on the disk of their machine: a key that was pressed while the disk was
    /// still busy with the one before it may be lost to a crash.
    pub(crate) async fn has_kept(&self, text: &str) -> Result<()> {
        // SQLite writes a short text in one piece, into its log first.
        let files = ["roost.db-wal", "roost.db"].map(|name| self.profile.path().join(name));
        let holds = |file: &PathBuf| {
            let bytes = fs::read(file).unwrap_or_default();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        };
        self.app().wait(&format!("{text:?} to be on disk"), async || Ok(files.iter().any(holds).then_some(()))).await?;
        Ok(())
    }

    /// Kills the app, as a power cut would, and opens it again.
    pub(crate) async fn crash_app(&mut self) -> Result<()> {
        if let Some(app) = self.app.take() {
            app.kill().await?;
        }
        self.open_app().await
    }

    /// Starts the app while it is open, as somebody does who has lost sight of its window; the second one has to end.
    pub(crate) async fn start_app_again(&self) -> Result<()> {
        let mut command = Command::new(program("ROOST_APP_BIN")?);
        let mut second = Group::spawn(command.arg("--profile").arg(self.profile.path()))?;
        let ended = tokio::time::timeout(PATIENCE, second.child.wait()).await;
        let status = ended.context("the second app goes on beside the first")??;
        ensure!(status.success(), "the second app has ended with {status}");
        Ok(())
    }

    /// Takes a picture of their window.
    pub(crate) async fn picture(&self, what: &str) -> Result<()> {
        self.app().picture(what).await
    }

    /// Chooses a server on the first screen, by its address.
    pub(crate) async fn choose_server(&self, address: &str) -> Result<()> {
        let app = self.app();
        app.write(&hook("server-address"), address).await?;
        app.click(&hook("server-connect")).await?;
        app.see(&hook("submit")).await?;
        Ok(())
    }

    /// Makes an account on a server, from the first screen on.
    pub(crate) async fn sign_up(&self, address: &str) -> Result<()> {
        self.choose_server(address).await?;
        self.fill_sign_up(self.first_name, "Berg", &self.email(), &self.password()).await?;
        self.picture("signs-up").await?;
        self.app().click(&hook("submit")).await?;
        // It is not a skeleton any more.
        self.app().see(&hook("new-board")).await?;
        Ok(())
    }

    /// Fills the form of a sign-up.
    pub(crate) async fn fill_sign_up(
        &self,
        first_name: &str,
        last_name: &str,
        email: &str,
        password: &str,
    ) -> Result<()> {
        let app = self.app();
        app.click(&hook("switch")).await?;
        app.write(&hook("first_name"), first_name).await?;
        app.write(&hook("last_name"), last_name).await?;
        app.write(&hook("email"), email).await?;
        app.write(&hook("password"), password).await
    }

    /// Signs in where they are asked to.
    pub(crate) async fn sign_in(&self) -> Result<()> {
        let app = self.app();
        app.write(&hook("email"), &self.email()).await?;
        app.write(&hook("password"), &self.password()).await?;
        app.click(&hook("submit")).await?;
        app.see(&hook("account")).await
    }

    /// Signs out, and is asked to sign in again.
    pub(crate) async fn sign_out(&self) -> Result<()> {
        self.app().click(&hook("account")).await?;
        self.app().click(&hook("sign-out")).await?;
        self.app().see(&hook("submit")).await?;
        Ok(())
    }
}
