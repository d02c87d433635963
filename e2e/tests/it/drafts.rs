//! What somebody types is never lost, and what is refused says why where it was typed.

use anyhow::Result;
use fantoccini::key::Key;

use crate::harness::{Person, Server, Story, hook};

#[tokio::test]
async fn what_was_typed_is_there_after_a_crash() -> Result<()> {
    let story = Story::begin(70).await?;
    let mut eve = Person::arrive(&story, "Eve").await?;
    eve.app().click(&hook("connect-local")).await?;
    eve.make_board("Garden").await?;
    eve.add_lists(&["Spring"]).await?;
    eve.add_cards("Spring", &["Prune the roses"]).await?;

    let new_card = eve.write_new_card("Spring", "Sow the peas before the ra").await?;
    eve.has_kept("Sow the peas before the ra").await?;
    eve.picture("types-a-card").await?;
    eve.crash_app().await?;
    eve.is_on_board("Garden").await?;
    eve.see_lists(&[("Spring", &["Prune the roses"])]).await?;
    eve.open_new_card("Spring").await?;
    eve.app().read(&new_card, "Sow the peas before the ra").await?;
    eve.picture("has-it-after-a-crash").await?;

    eve.app().write(&new_card, "in\n").await?;
    eve.see_lists(&[("Spring", &["Prune the roses", "Sow the peas before the rain"])]).await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_sign_up_says_why_beside_the_fields() -> Result<()> {
    let story = Story::begin(80).await?;
    let server = Server::start().await?;
    let fay = Person::arrive(&story, "Fay").await?;
    fay.choose_server(server.address()).await?;
    fay.fill_sign_up("Fay", "Berg", "fay at home", "short").await?;
    let app = fay.app();
    app.click(&hook("submit")).await?;
    for field in ["email", "password"] {
        app.see(&format!("{}[aria-invalid=\"true\"]", hook(field))).await?;
    }
    // What was typed is still there.
    app.read(&hook("email"), "fay at home").await?;
    fay.picture("is-told-what-is-wrong").await?;
    Ok(())
}

/// Everything that the mouse can do, the keyboard can do.
#[tokio::test]
async fn a_card_is_moved_with_the_keyboard() -> Result<()> {
    let story = Story::begin(90).await?;
    let gil = Person::arrive(&story, "Gil").await?;
    gil.app().click(&hook("connect-local")).await?;
    gil.make_board("Thesis").await?;
    gil.add_lists(&["To read", "Read"]).await?;
    gil.add_cards("To read", &["Lamport 1978", "Gray 1981"]).await?;

    gil.focus_card("Lamport 1978").await?;
    gil.app().press(&[' ']).await?;
    gil.picture("lifts-a-card-with-the-keyboard").await?;
    gil.app().press(&[Key::Right.into(), ' ']).await?;
    gil.see_lists(&[("To read", &["Gray 1981"]), ("Read", &["Lamport 1978"])]).await?;
    gil.picture("has-moved-a-card").await?;
    Ok(())
}
