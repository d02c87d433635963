//! What somebody sees.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::{Person, hook};

/// A list as it is on the screen: its name and the titles of its cards, from the top.
type ShownList = (String, Vec<String>);

impl Person {
    /// Waits until they are on a board.
    pub(crate) async fn is_on_board(&self, name: &str) -> Result<()> {
        self.app().read(&hook("board-name"), name).await?;
        Ok(())
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

    /// A selector for what needs their attention, by the words that say what was to be done.
    pub(crate) async fn attention_css(&self, words: &str) -> Result<String> {
        self.css_by_text("attention-item", ".attention-item__what", "data-op-id", words).await
    }

    /// Waits until the window says how the connection stands.
    pub(crate) async fn see_connection(&self, words: &str) -> Result<Duration> {
        self.app().read(&hook("connection"), words).await
    }

    pub(super) async fn list_css(&self, name: &str) -> Result<String> {
        self.css_by_text("list", "[data-testid=\"list-name\"]", "data-list-id", name).await
    }

    pub(super) async fn card_css(&self, title: &str) -> Result<String> {
        self.css_by_text("card", ".card__title", "data-card-id", title).await
    }

    /// A selector for the one thing of a kind whose text is known: by its id, which stays when it is drawn anew.
    pub(super) async fn css_by_text(&self, kind: &str, text_css: &str, attribute: &str, text: &str) -> Result<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].find((e) => e.querySelector({})?.innerText === {})?.getAttribute({}) ?? null",
            json!(hook(kind)),
            json!(text_css),
            json!(text),
            json!(attribute),
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
