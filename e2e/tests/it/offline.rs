//! What is done while there is no way to the server: it is kept, it arrives, and it can be taken back.

use anyhow::Result;

use crate::harness::{Link, Person, Server, Story, hook};

/// Nothing that was done is lost because the server was gone and the window was closed.
#[tokio::test]
async fn what_was_done_offline_arrives_after_a_restart() -> Result<()> {
    let story = Story::begin(100).await?;
    let mut server = Server::start().await?;
    let mut mia = Person::arrive(&story, "Mia").await?;
    let ned = Person::arrive(&story, "Ned").await?;
    mia.sign_up(server.address()).await?;
    ned.sign_up(server.address()).await?;
    mia.make_board("Budget").await?;
    mia.add_lists(&["Open", "Paid"]).await?;
    mia.add_cards("Open", &["Rent", "Printer"]).await?;
    mia.invite(&ned).await?;
    ned.open_board("Budget").await?;

    server.kill().await?;
    mia.see_connection("Offline").await?;
    mia.add_cards("Paid", &["Hall"]).await?;
    mia.see_connection("Offline · 1 change waiting").await?;
    mia.restart_app().await?;
    let budget: [(&str, &[&str]); 2] = [("Open", &["Rent", "Printer"]), ("Paid", &["Hall"])];
    mia.is_on_board("Budget").await?;
    mia.see_lists(&budget).await?;
    mia.see_connection("Offline · 1 change waiting").await?;
    mia.picture("is-back-while-the-server-is-gone").await?;

    mia.drag_card("Rent", "Hall").await?;
    let budget: [(&str, &[&str]); 2] = [("Open", &["Printer"]), ("Paid", &["Rent", "Hall"])];
    mia.see_lists(&budget).await?;
    mia.see_connection("Offline · 2 changes waiting").await?;
    mia.leave_board().await?;
    mia.make_board("Party").await?;
    mia.add_lists(&["To buy"]).await?;
    mia.add_cards("To buy", &["Cake"]).await?;
    // The board itself waits too.
    mia.see_connection("Offline · 5 changes waiting").await?;
    mia.picture("has-made-a-board-offline").await?;
    mia.restart_app().await?;
    let party: [(&str, &[&str]); 1] = [("To buy", &["Cake"])];
    mia.is_on_board("Party").await?;
    mia.see_lists(&party).await?;
    mia.leave_board().await?;
    mia.open_board("Budget").await?;
    mia.see_lists(&budget).await?;
    mia.see_connection("Offline · 5 changes waiting").await?;
    mia.picture("is-back-a-second-time").await?;

    server.come_back().await?;
    ned.see_lists(&budget).await?;
    ned.picture("sees-what-was-done-offline").await?;
    mia.see_connection("Live").await?;
    mia.leave_board().await?;
    mia.open_board("Party").await?;
    mia.invite(&ned).await?;
    ned.leave_board().await?;
    ned.open_board("Party").await?;
    ned.see_lists(&party).await?;
    ned.picture("sees-the-board-that-was-made-offline").await
}

/// What was done without a way to the server is taken back, and done again, when it has long arrived everywhere.
#[tokio::test]
async fn what_was_done_offline_is_taken_back_after_the_reconnect() -> Result<()> {
    let story = Story::begin(120).await?;
    let mut server = Server::start().await?;
    let (oda, pim) = (Person::arrive(&story, "Oda").await?, Person::arrive(&story, "Pim").await?);
    oda.sign_up(server.address()).await?;
    pim.sign_up(server.address()).await?;
    oda.make_board("Move").await?;
    oda.add_lists(&["Now", "Later"]).await?;
    oda.add_cards("Now", &["Find boxes", "Call the van"]).await?;
    oda.add_cards("Later", &["Paint"]).await?;
    oda.invite(&pim).await?;
    pim.open_board("Move").await?;

    server.kill().await?;
    oda.see_connection("Offline").await?;
    oda.drag_card("Call the van", "Paint").await?;
    oda.see_connection("Offline · 1 change waiting").await?;
    server.come_back().await?;
    pim.see_lists(&[("Now", &["Find boxes"]), ("Later", &["Call the van", "Paint"])]).await?;
    pim.see_connection("Live").await?;
    pim.add_cards("Now", &["Sell the sofa"]).await?;
    oda.see_lists(&[("Now", &["Find boxes", "Sell the sofa"]), ("Later", &["Call the van", "Paint"])]).await?;

    // What the other has done in the meantime stays.
    let taken_back: [(&str, &[&str]); 2] =
        [("Now", &["Find boxes", "Call the van", "Sell the sofa"]), ("Later", &["Paint"])];
    oda.undo().await?;
    oda.see_lists(&taken_back).await?;
    oda.app().read(&hook("toast"), "Undid: moved “Call the van”").await?;
    pim.see_lists(&taken_back).await?;
    oda.picture("has-taken-back-what-was-done-offline").await?;

    let done_again: [(&str, &[&str]); 2] =
        [("Now", &["Find boxes", "Sell the sofa"]), ("Later", &["Call the van", "Paint"])];
    oda.redo().await?;
    oda.see_lists(&done_again).await?;
    pim.see_lists(&done_again).await?;
    oda.picture("has-done-it-again").await?;

    // What the other has changed since is not overwritten, and that is said.
    pim.drag_card("Call the van", "Find boxes").await?;
    let moved_on: [(&str, &[&str]); 2] =
        [("Now", &["Call the van", "Find boxes", "Sell the sofa"]), ("Later", &["Paint"])];
    oda.see_lists(&moved_on).await?;
    oda.undo().await?;
    oda.app().read(&hook("toast"), "since").await?;
    oda.picture("is-told-why-it-is-not-taken-back").await?;
    oda.see_lists(&moved_on).await
}

/// A change that the server refuses later is not lost: it says why, and can be tried again or let go.
#[tokio::test]
async fn what_is_refused_later_needs_attention() -> Result<()> {
    let story = Story::begin(140).await?;
    let server = Server::start().await?;
    let link = Link::to(&server).await?;
    let (quin, ray) = (Person::arrive(&story, "Quin").await?, Person::arrive(&story, "Ray").await?);
    quin.sign_up(server.address()).await?;
    ray.sign_up(link.address()).await?;
    quin.make_board("Kitchen").await?;
    quin.add_lists(&["To buy", "Bought"]).await?;
    quin.invite(&ray).await?;
    ray.open_board("Kitchen").await?;
    ray.see_lists(&[("To buy", &[]), ("Bought", &[])]).await?;

    link.cut();
    ray.see_connection("Offline").await?;
    ray.add_cards("To buy", &["Flour", "Sugar"]).await?;
    ray.see_connection("Offline · 2 changes waiting").await?;
    quin.archive_list("To buy").await?;
    link.mend();
    ray.see_connection("Live").await?;
    ray.see_lists(&[("Bought", &[])]).await?;
    ray.attend().await?;
    let (flour, sugar) = ("You added “Flour”", "You added “Sugar”");
    let item = ray.attention_css(flour).await?;
    ray.app().read(&format!("{item} {}", hook("attention-text")), "Flour").await?;
    ray.picture("is-told-what-was-refused").await?;
    ray.app().click(&format!("{item} {}", hook("attention-copy"))).await?;
    ray.app().read(&format!("{item} {}", hook("attention-copy")), "Copied").await?;

    // As long as nothing has changed it stays, and says so.
    ray.attend_to(flour, "Try again").await?;
    ray.app().read(&item, "Not possible now").await?;
    quin.undo().await?;
    ray.see_lists(&[("To buy", &[]), ("Bought", &[])]).await?;
    ray.attend_to(flour, "Try again").await?;
    ray.app().miss(&item).await?;
    ray.attend_to(sugar, "Discard").await?;
    ray.app().miss(&hook("attention-panel")).await?;
    ray.app().miss(&hook("attention")).await?;
    let kitchen: [(&str, &[&str]); 2] = [("To buy", &["Flour"]), ("Bought", &[])];
    ray.see_lists(&kitchen).await?;
    ray.picture("has-tried-one-again-and-let-one-go").await?;
    quin.see_lists(&kitchen).await
}

/// Who is taken off a board while they cannot know it keeps what they did and what they were typing there.
#[tokio::test]
async fn who_is_taken_off_a_board_keeps_what_they_wrote() -> Result<()> {
    let story = Story::begin(150).await?;
    let server = Server::start().await?;
    let link = Link::to(&server).await?;
    let (sam, tea) = (Person::arrive(&story, "Sam").await?, Person::arrive(&story, "Tea").await?);
    sam.sign_up(server.address()).await?;
    tea.sign_up(link.address()).await?;
    sam.make_board("Choir").await?;
    sam.add_lists(&["Songs"]).await?;
    sam.invite(&tea).await?;
    tea.open_board("Choir").await?;
    tea.see_lists(&[("Songs", &[])]).await?;

    link.cut();
    tea.see_connection("Offline").await?;
    tea.add_cards("Songs", &["Evening hymn"]).await?;
    tea.write_new_card("Songs", "Ask the neighbours whe").await?;
    sam.remove_member(&tea).await?;
    link.mend();
    tea.app().see(&hook("new-board")).await?;
    tea.app().miss("[data-board-id]").await?;
    tea.attend().await?;
    tea.app().read(&hook("attention-text"), "Evening hymn").await?;
    tea.app().read(&hook("attention-text"), "Ask the neighbours whe").await?;
    tea.picture("has-lost-a-board-and-none-of-the-words").await
}
