//! A board in one person's hands: the mouse, the card's dialog, and taking things back.

use anyhow::Result;
use fantoccini::key::Key;

use crate::harness::{Person, Story, hook};

#[tokio::test]
async fn a_board_is_arranged_and_what_was_done_is_taken_back() -> Result<()> {
    let story = Story::begin(50).await?;
    let kim = Person::arrive(&story, "Kim").await?;
    kim.app().click(&hook("connect-local")).await?;
    kim.make_board("Garden").await?;
    kim.add_lists(&["Spring", "Summer", "Autumn"]).await?;
    kim.add_cards("Spring", &["Prune the roses", "Sow the peas"]).await?;

    kim.drag_list("Autumn", "Spring").await?;
    let arranged: [(&str, &[&str]); 3] =
        [("Autumn", &[]), ("Spring", &["Prune the roses", "Sow the peas"]), ("Summer", &[])];
    kim.see_lists(&arranged).await?;

    kim.open_card("Sow the peas").await?;
    kim.app().click(&hook("card-description-text")).await?;
    kim.app().write(&hook("card-description"), "Not before the last frost.").await?;
    kim.app().click_button(&hook("card-dialog"), "Save").await?;
    kim.app().read(&hook("card-description-text"), "Not before the last frost.").await?;
    kim.picture("has-described-a-card").await?;
    kim.app().click(&hook("archive-card")).await?;
    kim.see_lists(&[("Autumn", &[]), ("Spring", &["Prune the roses"]), ("Summer", &[])]).await?;
    kim.picture("has-archived-a-card").await?;

    // The last thing that was done is the one at the bottom.
    kim.app().click_button(&format!("{}:last-child", hook("toast")), "Undo").await?;
    kim.see_lists(&arranged).await?;
    kim.picture("has-taken-it-back").await?;

    // What is written on a card survives.
    kim.open_card("Sow the peas").await?;
    kim.app().read(&hook("card-description-text"), "Not before the last frost.").await?;
    kim.app().press(&[Key::Escape.into()]).await?;
    kim.app().miss(&hook("card-dialog")).await
}
