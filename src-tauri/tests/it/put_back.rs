//! A server that was put back from a backup, and has gone on with other changes since.

use roost_board::{Board, BoardId};
use roost_bridge::{BoardCopy, BoardNews, ConnectionPhase};

use crate::desk::{Desk, Host, Secrets, credentials};

fn lists(board: &Board) -> Vec<&str> {
    let mut names: Vec<&str> = board.lists().iter().map(|list| list.name()).collect();
    names.sort_unstable();
    names
}

/// Signs in on another machine, adds these lists, and leaves.
async fn goes_on_elsewhere(host: &Host, board: BoardId, names: &[&str]) {
    let (profile, secrets) = (tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.core.choose_server(&host.address()).await.unwrap();
    desk.core.sign_in(credentials("Ada")).await.unwrap();
    desk.wait_for_phase(ConnectionPhase::Live).await;
    desk.open_board(board).await;
    for name in names {
        desk.add_list(board, name).await;
    }
    desk.wait_for_connection(ConnectionPhase::Live, 0).await;
    desk.core.shutdown().await;
}

#[tokio::test]
async fn what_it_lost_goes_here_too_and_what_waits_arrives() {
    let (mut host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut ada = Desk::open(profile.path(), &secrets).await;
    ada.sign_up(&host, "Ada").await;
    let board = ada.make_board("Spring release").await;
    ada.add_list(board, "Kept").await;
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;

    host.stop().await;
    let backup = host.back_up();
    host.start_again().await;
    ada.wait_for_phase(ConnectionPhase::Live).await;
    for name in ["Lost", "Lost too"] {
        ada.add_list(board, name).await;
    }
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    host.stop().await;
    ada.wait_for_phase(ConnectionPhase::Offline).await;
    ada.add_list(board, "Waits").await;
    ada.core.shutdown().await;

    // As many entries as there were, and more.
    host.put_back(backup).await;
    goes_on_elsewhere(&host, board, &["Other", "Another", "Third"]).await;

    let mut ada = Desk::open(profile.path(), &secrets).await;
    let BoardCopy { snapshot, .. } = ada.open_board(board).await;
    assert_eq!(lists(&snapshot.board), ["Kept", "Lost", "Lost too"], "at first there is what is on disk");
    let copy = ada.wait_for("the board anew", |event| match event {
        roost::core::UiEvent::Board(message) => match &message.news {
            BoardNews::Reset { copy } => Some(copy.clone()),
            _ => None,
        },
        _ => None,
    });
    let BoardCopy { snapshot, pending, .. } = copy.await;
    assert_eq!(lists(&snapshot.board), ["Another", "Kept", "Other", "Third"]);
    assert_eq!(pending.len(), 1, "what waits still waits");
    // Whoever asks for the first picture only now has missed nothing.
    let early = ada.core.state().await.unwrap().notices.pop();
    let notice = match early {
        Some(notice) => notice,
        None => ada.wait_for_notice().await,
    };
    assert_eq!(notice.code, "put_back");
    assert!(notice.message.contains("Spring release"), "{notice:?}");
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    ada.core.shutdown().await;
    assert_eq!(
        lists(&Desk::open(profile.path(), &secrets).await.open_board(board).await.snapshot.board),
        ["Another", "Kept", "Other", "Third", "Waits"]
    );
}
