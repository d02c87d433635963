//! "This computer": no server to set up, no account to make.

use anyhow::Result;

use crate::harness::{Person, Story, Undriven, hook};

#[tokio::test]
async fn this_computer_needs_no_account() -> Result<()> {
    let story = Story::begin(60).await?;
    let mut cy = Person::arrive(&story, "Cy").await?;
    cy.app().see(&hook("connect-local")).await?;
    cy.picture("connect").await?;
    cy.app().click(&hook("connect-local")).await?;
    cy.app().see(&hook("new-board")).await?;
    cy.picture("no-boards-yet").await?;

    cy.make_board("House move").await?;
    cy.picture("empty-board").await?;
    cy.add_lists(&["Before", "On the day"]).await?;
    cy.add_cards("Before", &["Find boxes", "Measure the sofa"]).await?;
    let board: [(&str, &[&str]); 2] = [("Before", &["Find boxes", "Measure the sofa"]), ("On the day", &[])];
    cy.see_lists(&board).await?;
    cy.picture("board").await?;

    // It starts where they left.
    cy.restart_app().await?;
    cy.is_on_board("House move").await?;
    cy.see_lists(&board).await?;
    cy.picture("board-after-a-restart").await?;
    cy.leave_board().await?;
    cy.picture("boards-after-a-restart").await?;
    cy.open_board("House move").await?;
    cy.see_lists(&board).await
}

#[tokio::test]
async fn a_second_start_ends_and_leaves_the_first_one_alone() -> Result<()> {
    let story = Story::begin(68).await?;
    let dan = Person::arrive(&story, "Dan").await?;
    dan.app().click(&hook("connect-local")).await?;
    dan.make_board("House move").await?;
    dan.start_app_again().await?;
    dan.app().read(&hook("board-name"), "House move").await?;
    Ok(())
}

#[tokio::test]
async fn a_window_that_crashes_is_there_again() -> Result<()> {
    let _story = Story::begin(69).await?;
    let mut app = Undriven::start().await?;
    app.crash_window()?;
    app.shows_itself().await
}
