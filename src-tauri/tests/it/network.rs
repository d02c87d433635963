//! Servers that are not what they were, and answers that are lost: everything comes back by itself, and nothing is lost.

use std::fs;
use std::path::Path;
use std::time::Duration;

use roost::core::{Patience, UiEvent};
use roost_board::{CardId, Change, NewCard, Position, Seq};
use roost_bridge::{BoardNews, CommandError, ConnectionPhase, Session, SignedOutReason};
use uuid::Uuid;

use crate::desk::{email, hasty, new_board, proposal};
use crate::far::Far;

#[tokio::test]
async fn a_change_without_an_answer_shows_that_the_line_is_dead() {
    let soon = Duration::from_millis(200);
    let patience = Patience { push_time: soon, heartbeat_time: soon, call_time: Duration::from_secs(2), ..hasty() };
    let mut far = Far::with(patience).await;
    far.wire.lose();
    far.ada.add_list(far.board, "Said into the void").await;
    far.ada.wait_for_connection(ConnectionPhase::Live, 1).await;
    far.ada.wait_for_phase(ConnectionPhase::Offline).await;
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(far.lists().await, ["Said into the void"]);
    // Calls do not go into the void either.
    far.ada.core.create_board(new_board(), "Another".to_owned()).await.unwrap();
    far.ada.core.shutdown().await;
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once() {
    let mut far = Far::with(hasty()).await;
    let mut second = far.second_desk().await;
    far.wire.hold_answers_back();
    far.ada.add_list(far.board, "Once").await;
    second.desk.wait_for_news().await;
    far.wire.cut();
    far.ada.wait_for_connection(ConnectionPhase::Offline, 1).await;
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(far.lists().await, ["Once"]);
    assert_eq!(second.desk.open_board(far.board).await.snapshot.seq, Seq(1));
    for desk in [far.ada, second.desk] {
        desk.core.shutdown().await;
    }
}

#[tokio::test]
async fn the_page_of_boards_is_fetched_until_it_is_there() {
    let mut far = Far::with(hasty()).await;
    let mut second = far.second_desk().await;
    let other = second.desk.make_board("Another").await;
    second.desk.add_list(other, "Seen on the page").await;
    second.desk.wait_for_news().await;

    far.wire.takes_nobody();
    far.ada.core.close_board(far.board);
    far.wire.is_given_back();
    far.ada
        .wait_for("the list on the page", |event| match event {
            UiEvent::Boards(page) => {
                page.owned.iter().any(|board| board.id == other && board.n_lists == 1).then_some(())
            }
            _ => None,
        })
        .await;
    for desk in [far.ada, second.desk] {
        desk.core.shutdown().await;
    }
}

#[tokio::test]
async fn a_server_that_knows_nobody_any_more_asks_for_a_sign_in() {
    let mut far = Far::with(hasty()).await;
    far.host.wipe().await;
    far.ada
        .wait_for_session(|session| {
            matches!(session, Session::SignedOut { reason: Some(SignedOutReason::Refused), .. })
        })
        .await;
    assert!(far.secrets.all().is_empty());
    far.ada.sign_up_at(&far.wire.address(), "Ada").await;
    let error = CommandError::from(far.ada.core.open_board(far.board).await.unwrap_err());
    assert_eq!(error.code, "no_such_board");
    far.ada.core.shutdown().await;
}

/// The log is shorter than what the core has of it.
#[tokio::test]
async fn a_server_that_was_put_back_to_a_backup_is_believed() {
    let mut far = Far::with(hasty()).await;
    far.ada.add_list(far.board, "In the backup").await;
    far.ada.wait_for_news().await;
    far.host.stop().await;
    let backup = tempfile::tempdir().unwrap();
    copy(far.host.data(), backup.path());
    far.host.start_again().await;
    far.ada.wait_for_phase(ConnectionPhase::Live).await;
    for name in ["After it", "And later"] {
        far.ada.add_list(far.board, name).await;
        far.ada.wait_for_news().await;
    }

    far.host.stop().await;
    far.ada.wait_for_phase(ConnectionPhase::Offline).await;
    copy(backup.path(), far.host.data());
    far.host.start_again().await;
    let news = far.ada.wait_for_news().await.news;
    let BoardNews::Reset { copy } = news else { panic!("{news:?}") };
    assert_eq!(copy.snapshot.board.lists().len(), 1);
    let second = far.second_desk().await;
    second.desk.add_list(far.board, "Since then").await;
    far.ada.wait_for_news().await;
    assert_eq!(far.lists().await.len(), 2);
    for desk in [far.ada, second.desk] {
        desk.core.shutdown().await;
    }
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(to).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::remove_file(file.path()).unwrap();
        }
    }
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// A card on a list that could not be stored waits for the list, rather than being refused for want of it.
#[tokio::test]
async fn what_builds_on_a_change_that_could_not_be_stored_waits_for_it() {
    let mut far = Far::with(Patience { retry_after: Duration::from_millis(300), ..hasty() }).await;
    let database = rusqlite::Connection::open(far.host.data().join("roost.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON tail BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    database.execute_batch(full).unwrap();
    let list_id = far.ada.add_list(far.board, "First").await;
    // Answered behind the list, so that the list has been answered too.
    assert!(far.ada.core.invite(far.board, email("Nobody")).await.is_err());
    let card = NewCard {
        id: CardId::from_uuid(Uuid::now_v7()),
        list_id,
        title: "Second".to_owned(),
        position: Position::first(),
    };
    far.ada.propose(far.board, proposal(Change::CardAdded { card })).await.unwrap();
    database.execute_batch("DROP TRIGGER full").unwrap();

    let refused = far
        .ada
        .wait_for("an end of the waiting", |event| match event {
            UiEvent::Board(message) => {
                matches!(message.news, BoardNews::Refused { .. }).then(|| Some(message.news.clone()))
            }
            UiEvent::Connection(state) => (state.n_waiting == 0).then_some(None),
            _ => None,
        })
        .await;
    assert_eq!(refused, None);
    let copy = far.ada.open_board(far.board).await;
    assert_eq!(copy.snapshot.board.lists()[0].cards().len(), 1);
    far.ada.core.shutdown().await;
}
