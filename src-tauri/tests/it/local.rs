//! "This computer": boards without an account.

use roost_bridge::{ConnectionPhase, Session, TokenKeeping};

use crate::desk::{Desk, Secrets, is_local, user_of};

#[tokio::test]
async fn this_computer_needs_no_account() {
    let (profile, secrets) = (tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    let session = desk.core.connect_local().await.unwrap();
    assert!(is_local(&session));
    assert!(matches!(&session, Session::SignedIn { account } if account.token == TokenKeeping::NotNeeded));
    desk.wait_for_phase(ConnectionPhase::Live).await;
    let board = desk.make_board("At home").await;
    desk.add_list(board, "This week").await;
    desk.wait_for_news().await;
    desk.core.shutdown().await;
    assert!(secrets.all().is_empty());

    let mut desk = Desk::open(profile.path(), &secrets).await;
    let state = desk.core.state().await.unwrap();
    assert_eq!(user_of(&state.session), user_of(&session));
    desk.wait_for_phase(ConnectionPhase::Live).await;
    assert_eq!(desk.open_board(board).await.snapshot.board.lists().len(), 1);

    assert_eq!(desk.core.sign_out().await.unwrap(), Session::Unconnected);
    desk.core.connect_local().await.unwrap();
    assert_eq!(desk.open_board(board).await.snapshot.board.name(), "At home");
    desk.core.shutdown().await;
}
