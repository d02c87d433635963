//! Somebody with a machine of their own: a profile, an app that may be open, and what they do with it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fantoccini::key::Key;
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

/// A list as it is on the screen: its name and the titles of its cards, from the top.
pub(crate) type ShownList = (String, Vec<String>);

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

    /// Makes a board and is on its page then.
    pub(crate) async fn make_board(&self, name: &str) -> Result<()> {
        let app = self.app();
        app.click(&hook("new-board")).await?;
        app.write(&hook("new-board-name"), name).await?;
        app.click(&hook("new-board-create")).await?;
        app.read(&hook("board-name"), name).await?;
        Ok(())
    }

    /// Goes to a board from the page of boards.
    pub(crate) async fn open_board(&self, name: &str) -> Result<()> {
        let tile = self.css_by_text("board", ".tile__name", "data-board-id", name).await?;
        self.app().click(&tile).await?;
        self.is_on_board(name).await
    }

    /// Waits until they are on a board.
    pub(crate) async fn is_on_board(&self, name: &str) -> Result<()> {
        self.app().read(&hook("board-name"), name).await?;
        Ok(())
    }

    /// Goes back to the page of boards.
    pub(crate) async fn leave_board(&self) -> Result<()> {
        self.app().click(&hook("back-to-boards")).await?;
        self.app().see(&hook("new-board")).await
    }

    /// Adds lists at the end of the board.
    pub(crate) async fn add_lists(&self, names: &[&str]) -> Result<()> {
        let app = self.app();
        app.click(&hook("add-list")).await?;
        for name in names {
            app.write(&hook("new-list-name"), &format!("{name}\n")).await?;
        }
        app.press(&[Key::Escape.into()]).await
    }

    /// Adds cards at the end of a list.
    pub(crate) async fn add_cards(&self, list: &str, titles: &[&str]) -> Result<()> {
        let field = self.open_new_card(list).await?;
        for title in titles {
            self.app().write(&field, &format!("{title}\n")).await?;
        }
        self.app().press(&[Key::Escape.into()]).await
    }

    /// Opens the field for a new card at the end of a list; answers a selector for it.
    pub(crate) async fn open_new_card(&self, list: &str) -> Result<String> {
        let list = self.list_css(list).await?;
        self.app().click(&format!("{list} {}", hook("add-card"))).await?;
        Ok(format!("{list} {}", hook("new-card-title")))
    }

    /// Types a new card and leaves it at that; answers a selector for the field.
    pub(crate) async fn write_new_card(&self, list: &str, text: &str) -> Result<String> {
        let field = self.open_new_card(list).await?;
        self.app().write(&field, text).await?;
        Ok(field)
    }

    /// Puts the focus on a card, as the Tab key and the arrow keys would.
    pub(crate) async fn focus_card(&self, title: &str) -> Result<()> {
        let script = format!(
            "const it = document.querySelector({}); it.focus(); return document.activeElement === it",
            serde_json::json!(self.card_css(title).await?),
        );
        self.app()
            .wait(&format!("the card {title:?} to have the focus"), async || {
                Ok(self.app().ask(&script).await?.as_bool().filter(|&has_focus| has_focus))
            })
            .await?;
        Ok(())
    }

    /// Invites somebody to the board.
    pub(crate) async fn invite(&self, other: &Self) -> Result<()> {
        let app = self.app();
        app.click(&hook("invite")).await?;
        app.write(&hook("invite-email"), &other.email()).await?;
        app.click(&hook("invite-send")).await?;
        app.read(&hook("member"), &other.email()).await?;
        self.picture("invites").await?;
        app.press(&[Key::Escape.into()]).await
    }

    /// Takes somebody off the board.
    pub(crate) async fn remove_member(&self, other: &Self) -> Result<()> {
        let app = self.app();
        app.click(&hook("invite")).await?;
        let row = self.css_by_text("member", ".member__email", "data-user-id", &other.email()).await?;
        app.click_button(&row, "Remove").await?;
        self.picture("is-asked-before-removing").await?;
        app.click_button(&format!("{row} [role=\"alert\"]"), "Remove").await?;
        app.miss(&row).await?;
        app.press(&[Key::Escape.into()]).await
    }

    /// Opens a card.
    pub(crate) async fn open_card(&self, title: &str) -> Result<()> {
        self.app().click(&self.card_css(title).await?).await?;
        self.app().see(&hook("card-dialog")).await?;
        Ok(())
    }

    /// Drags a list with the mouse, by its name, to the place of another one on its left.
    pub(crate) async fn drag_list(&self, name: &str, onto: &str) -> Result<()> {
        let app = self.app();
        let way = async || {
            let (from, to) = (self.list_css(name).await?, self.list_css(onto).await?);
            let (left, top, width, height) = app.place(&format!("{from} {}", hook("list-name"))).await?;
            let (onto_left, ..) = app.place(&to).await?;
            let middle = top + height / 2.0;
            Ok(((left + width / 2.0, middle), (onto_left + 20.0, middle)))
        };
        app.drag(way, async || self.picture("holds-a-list").await).await?;
        Ok(())
    }

    /// Drags a card with the mouse onto another one's upper half, that is, to the place before it.
    /// Gives the moment at which they let go.
    pub(crate) async fn drag_card(&self, title: &str, onto: &str) -> Result<Instant> {
        let app = self.app();
        let way = async || {
            let (left, top, width, height) = app.place(&self.card_css(title).await?).await?;
            let (onto_left, onto_top, onto_width, onto_height) = app.place(&self.card_css(onto).await?).await?;
            let from = (left + width / 2.0, top + height / 2.0);
            Ok((from, (onto_left + onto_width / 2.0, onto_top + onto_height / 4.0)))
        };
        app.drag(way, async || self.picture("holds-a-card").await).await
    }

    /// What is on the board, as this person sees it.
    pub(crate) async fn shown_lists(&self) -> Result<Vec<ShownList>> {
        let script = "return [...document.querySelectorAll('[data-testid=\"list\"]')].map((list) => [
            list.querySelector('[data-testid=\"list-name\"]').innerText,
            [...list.querySelectorAll('[data-testid=\"card\"] .card__title')].map((title) => title.innerText),
        ])";
        Ok(serde_json::from_value(self.app().ask(script).await?)?)
    }

    /// Waits until the board is as expected in this person's window.
    pub(crate) async fn see_lists(&self, expected: &[(&str, &[&str])]) -> Result<()> {
        let expected: Vec<ShownList> = expected
            .iter()
            .map(|(name, titles)| ((*name).to_owned(), titles.iter().map(|&title| title.to_owned()).collect()))
            .collect();
        let mut shown = Vec::new();
        let waited = self
            .app()
            .wait("the board to be as expected", async || {
                shown = self.shown_lists().await?;
                Ok((shown == expected).then_some(()))
            })
            .await;
        waited.with_context(|| format!("{} sees {shown:?} instead of {expected:?}", self.first_name))?;
        Ok(())
    }

    /// Who this person sees on the board now, by name.
    pub(crate) async fn see_present(&self, others: &[&Self]) -> Result<()> {
        for other in others {
            let css = format!("{} [aria-label*=\"{}\"]", hook("presence"), other.first_name);
            self.app().see(&css).await?;
        }
        Ok(())
    }

    /// Archives a list.
    pub(crate) async fn archive_list(&self, name: &str) -> Result<()> {
        let list = self.list_css(name).await?;
        self.app().click(&format!("{list} {}", hook("list-menu"))).await?;
        self.app().click_button("[role=\"menu\"]", "Archive list").await?;
        self.app().miss(&list).await
    }

    /// Takes the last thing back that they did on the board.
    pub(crate) async fn undo(&self) -> Result<()> {
        self.app().press_with(&[Key::Control], 'z').await
    }

    /// Does again what they have taken back.
    pub(crate) async fn redo(&self) -> Result<()> {
        self.app().press_with(&[Key::Control, Key::Shift], 'z').await
    }

    /// Opens the list of what needs their attention.
    pub(crate) async fn attend(&self) -> Result<()> {
        self.app().click(&hook("attention")).await?;
        self.app().see(&hook("attention-panel")).await
    }

    /// Does something about what needs their attention, by a button of the thing that says some words.
    pub(crate) async fn attend_to(&self, words: &str, button: &str) -> Result<()> {
        let item = self.attention_css(words).await?;
        self.app().click_button(&item, button).await
    }

    /// A selector for what needs their attention, by the words that say what was to be done.
    pub(crate) async fn attention_css(&self, words: &str) -> Result<String> {
        self.css_by_text("attention-item", ".attention-item__what", "data-op-id", words).await
    }

    /// Waits until the window says how the connection stands.
    pub(crate) async fn see_connection(&self, words: &str) -> Result<Duration> {
        self.app().read(&hook("connection"), words).await
    }

    async fn list_css(&self, name: &str) -> Result<String> {
        self.css_by_text("list", "[data-testid=\"list-name\"]", "data-list-id", name).await
    }

    async fn card_css(&self, title: &str) -> Result<String> {
        self.css_by_text("card", ".card__title", "data-card-id", title).await
    }

    /// A selector for the one thing of a kind whose text is known: by its id, which stays when it is drawn anew.
    async fn css_by_text(&self, kind: &str, text_css: &str, attribute: &str, text: &str) -> Result<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].find((e) => e.querySelector({})?.innerText === {})?.getAttribute({}) ?? null",
            serde_json::json!(hook(kind)),
            serde_json::json!(text_css),
            serde_json::json!(text),
            serde_json::json!(attribute),
        );
        let (id, _) = self
            .app()
            .wait(&format!("the {kind} {text:?}"), async || {
                Ok(self.app().ask(&script).await?.as_str().map(str::to_owned))
            })
            .await?;
        Ok(format!("{}[{attribute}=\"{id}\"]", hook(kind)))
    }
}
