//! What somebody does with boards.

use std::time::Instant;

use anyhow::Result;
use fantoccini::key::Key;
use serde_json::json;

use super::{Person, hook};

impl Person {
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
            json!(self.card_css(title).await?),
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
}
