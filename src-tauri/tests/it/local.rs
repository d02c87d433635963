//! "This computer": boards without an account.

use roost_bridge::{ConnectionPhase, DraftKey, Session, TokenKeeping};

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

    let desk = Desk::open(profile.path(), &secrets).await;
    // All of it is there before the server is.
    let state = desk.core.state().await.unwrap();
    assert_eq!(user_of(&state.session), user_of(&session));
    assert_eq!((state.boards.owned.len(), state.last_board), (1, Some(board)));
    assert_eq!(state.connection.phase, ConnectionPhase::Connecting);
    assert_eq!(desk.open_board(board).await.snapshot.board.lists().len(), 1);

    assert_eq!(desk.core.sign_out().await.unwrap(), Session::Unconnected);
    desk.core.connect_local().await.unwrap();
    assert_eq!(desk.open_board(board).await.snapshot.board.name(), "At home");
    desk.core.shutdown().await;
}

#[tokio::test]
async fn whoever_lost_what_the_server_had_goes_on_as_somebody_new() {
    let (profile, secrets) = (tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    let before = user_of(&desk.core.connect_local().await.unwrap());
    let board = desk.make_board("At home").await;
    desk.core.save_draft(&DraftKey::new_list(board), "Later".to_owned()).await.unwrap();
    desk.core.shutdown().await;
    std::fs::remove_dir_all(profile.path().join("server")).unwrap();

    let mut desk = Desk::open(profile.path(), &secrets).await;
    assert_eq!(desk.open_board(board).await.me, before.id);
    let session = desk.wait_for_session(|session| is_local(session) && user_of(session) != before).await;
    let [draft] = desk.wait_for_attention(1).await.try_into().unwrap();
    assert_eq!(draft.board_name, "At home");
    let state = desk.core.state().await.unwrap();
    assert_eq!((state.session, state.boards.owned.len(), state.boards.invited.len()), (session, 0, 0));
    desk.core.shutdown().await;
}
