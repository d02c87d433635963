//! What somebody may no longer do ends in their window at once, and they are told.

use anyhow::Result;

use crate::harness::{Keyring, Person, Server, Story, hook};

#[tokio::test]
async fn who_is_taken_off_a_board_is_told() -> Result<()> {
    let story = Story::begin(30).await?;
    let server = Server::start().await?;
    let (hal, ida) = (Person::arrive(&story, "Hal").await?, Person::arrive(&story, "Ida").await?);
    hal.sign_up(server.address()).await?;
    ida.sign_up(server.address()).await?;
    hal.make_board("Budget").await?;
    hal.add_lists(&["Open"]).await?;
    hal.invite(&ida).await?;
    ida.open_board("Budget").await?;
    ida.see_lists(&[("Open", &[])]).await?;

    hal.remove_member(&ida).await?;
    ida.app().see(&hook("new-board")).await?;
    ida.app().see(&hook("toast")).await?;
    ida.app().miss("[data-board-id]").await?;
    ida.picture("is-told-that-the-board-is-gone").await?;
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_revoked_elsewhere_asks_for_a_sign_in() -> Result<()> {
    let story = Story::begin(40).await?;
    let server = Server::start().await?;
    let keyring = Keyring::new().await?;
    let joe = Person::arrive(&story, "Joe").await?;
    joe.sign_up(server.address()).await?;
    joe.make_board("Spring release").await?;

    server.revoke(&keyring.new_secret().await?).await?;
    joe.app().see(&hook("signed-out-reason")).await?;
    joe.picture("is-asked-to-sign-in-again").await?;
    joe.sign_in().await?;
    joe.is_on_board("Spring release").await
}
