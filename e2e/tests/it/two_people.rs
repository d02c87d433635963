//! Two people, one board, live.

use anyhow::{Result, ensure};

use crate::harness::{Keyring, Person, Server, Story, hook};

#[tokio::test]
async fn two_people_share_a_board() -> Result<()> {
    let story = Story::begin(1).await?;
    let mut server = Server::start().await?;
    let keyring = Keyring::new().await?;

    let mut ada = Person::arrive(&story, "Ada").await?;
    ada.app().see(&hook("connect-local")).await?;
    ada.picture("connect").await?;
    ada.sign_up(server.address()).await?;
    ada.picture("signed-up").await?;
    let token = keyring.new_secret().await?;
    ensure!(server.status_for(&token).await? == 200, "the token in the keyring is not the one that the server knows");

    ada.make_board("Spring release").await?;
    ada.add_lists(&["This week", "Doing", "Done"]).await?;
    ada.add_cards("This week", &["Write the changelog", "Book the hall", "Call the printer"]).await?;
    ada.add_cards("Doing", &["Draw the icon"]).await?;
    ada.picture("has-a-board").await?;

    let bob = Person::arrive(&story, "Bob").await?;
    bob.sign_up(server.address()).await?;
    bob.picture("has-no-boards").await?;
    ada.invite(&bob).await?;
    bob.app().read(&hook("board"), "Spring release").await?;
    bob.picture("sees-the-board-appear").await?;
    bob.open_board("Spring release").await?;
    bob.see_lists(&[
        ("This week", &["Write the changelog", "Book the hall", "Call the printer"]),
        ("Doing", &["Draw the icon"]),
        ("Done", &[]),
    ])
    .await?;
    ada.see_present(&[&bob]).await?;
    bob.see_present(&[&ada]).await?;
    ada.picture("sees-bob").await?;
    bob.picture("sees-ada").await?;

    let let_go = ada.drag_card("Book the hall", "Draw the icon").await?;
    let moved: [(&str, &[&str]); 3] = [
        ("This week", &["Write the changelog", "Call the printer"]),
        ("Doing", &["Book the hall", "Draw the icon"]),
        ("Done", &[]),
    ];
    bob.see_lists(&moved).await?;
    // On a machine that has nothing else to do it is some tens of milliseconds.
    println!("Bob saw Ada's card move {} ms after she let go", let_go.elapsed().as_millis());
    ada.see_lists(&moved).await?;
    bob.picture("sees-the-card-moved").await?;

    server.kill().await?;
    for person in [&ada, &bob] {
        person.see_connection("Offline").await?;
        person.see_lists(&moved).await?;
        person.picture("offline").await?;
    }
    ada.drag_card("Call the printer", "Book the hall").await?;
    let moved: [(&str, &[&str]); 3] = [
        ("This week", &["Write the changelog"]),
        ("Doing", &["Call the printer", "Book the hall", "Draw the icon"]),
        ("Done", &[]),
    ];
    ada.see_lists(&moved).await?;
    ada.see_connection("1 change waiting").await?;
    ada.picture("works-on-offline").await?;

    server.come_back().await?;
    for person in [&ada, &bob] {
        let took = person.see_connection("Live").await?;
        println!("live again after {} ms", took.as_millis());
        // What waited is there.
        person.see_lists(&moved).await?;
    }
    bob.drag_card("Draw the icon", "Write the changelog").await?;
    let moved_back: [(&str, &[&str]); 3] = [
        ("This week", &["Draw the icon", "Write the changelog"]),
        ("Doing", &["Call the printer", "Book the hall"]),
        ("Done", &[]),
    ];
    ada.see_lists(&moved_back).await?;
    ada.picture("live-again").await?;

    ada.restart_app().await?;
    ada.is_on_board("Spring release").await?;
    ada.see_lists(&moved_back).await?;
    ada.picture("signed-in-without-typing").await?;

    ada.sign_out().await?;
    ada.picture("signed-out").await?;
    ensure!(!keyring.holds(&token).await?, "the token is still in the keyring");
    ensure!(server.status_for(&token).await? == 401, "the server still takes the token");
    Ok(())
}
