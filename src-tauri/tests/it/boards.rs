//! Two people and one board, with the network and without it.

use roost::core::UiEvent;
use roost_board::{BoardId, Change, ListId};
use roost_bridge::{BoardNews, CommandError, ConnectionPhase, ConnectionState, DraftKey};
use tempfile::TempDir;
use uuid::Uuid;

use crate::desk::{Desk, Host, Secrets, email, new_board, new_list, proposal};

/// Ada and Bob, who both look at a board that Ada has made.
struct Two {
    host: Host,
    ada: Desk,
    bob: Desk,
    board: BoardId,
    _profiles: [TempDir; 2],
}

impl Two {
    async fn at_one_board() -> Self {
        let host = Host::start().await;
        let profiles = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut ada = Desk::open(profiles[0].path(), &Secrets::in_reach()).await;
        let mut bob = Desk::open(profiles[1].path(), &Secrets::in_reach()).await;
        ada.sign_up(&host, "Ada").await;
        bob.sign_up(&host, "Bob").await;

        let board = ada.make_board("Spring release").await;
        ada.core.invite(board, email("Bob")).await.unwrap();
        ada.wait_for_news().await;
        bob.wait_for("the board on Bob's page", |event| {
            matches!(event, UiEvent::Boards(page) if page.invited.iter().any(|summary| summary.id == board))
                .then_some(())
        })
        .await;
        let copy = bob.open_board(board).await;
        assert_eq!(copy.snapshot.board.members().len(), 2);
        Self { host, ada, bob, board, _profiles: profiles }
    }

    async fn end(self) {
        self.ada.core.shutdown().await;
        self.bob.core.shutdown().await;
    }
}

#[tokio::test]
async fn what_one_does_the_other_sees() {
    let mut two = Two::at_one_board().await;
    let before = two.bob.open_board(two.board).await;
    let list = two.ada.add_list(two.board, "This week").await;
    for desk in [&mut two.ada, &mut two.bob] {
        assert!(is_entry_of(&desk.wait_for_news().await.news, list));
    }
    let other = two.bob.add_list(two.board, "Later").await;
    for desk in [&mut two.ada, &mut two.bob] {
        assert!(is_entry_of(&desk.wait_for_news().await.news, other));
    }
    // The copy carries the number of the last message in it, whatever else has been told meanwhile.
    let after = two.bob.open_board(two.board).await;
    assert!(after.number >= before.number + 2);
    assert_eq!(after.snapshot.board.lists().len(), 2);
    assert!(after.pending.is_empty());
    two.end().await;
}

#[tokio::test]
async fn both_see_who_is_there() {
    let mut two = Two::at_one_board().await;
    let names = |event: &UiEvent| match event {
        UiEvent::Board(message) => match &message.news {
            BoardNews::Present { present } => {
                Some(present.iter().map(|person| person.name.clone()).collect::<Vec<_>>())
            }
            _ => None,
        },
        _ => None,
    };
    let are_both = |names: &[String]| names.len() == 2;
    if !are_both(&present_in(&two.ada, two.board).await) {
        two.ada.wait_for("both", |event| names(event).filter(|names| are_both(names))).await;
    }
    two.bob.core.close_board(two.board);
    two.ada.wait_for("Ada alone", |event| names(event).filter(|names| names.len() == 1)).await;
    two.end().await;
}

async fn present_in(desk: &Desk, board: BoardId) -> Vec<String> {
    desk.open_board(board).await.present.into_iter().map(|person| person.name).collect()
}

#[tokio::test]
async fn a_change_made_while_the_server_is_away_goes_through_when_it_is_back() {
    let mut two = Two::at_one_board().await;
    two.host.stop().await;
    for desk in [&mut two.ada, &mut two.bob] {
        desk.wait_for_phase(ConnectionPhase::Offline).await;
    }
    let first = two.ada.add_list(two.board, "Offline").await;
    let waiting = ConnectionState { phase: ConnectionPhase::Offline, n_waiting: 1 };
    two.ada.wait_for("a change that waits", |event| (*event == UiEvent::Connection(waiting)).then_some(())).await;
    let copy = two.ada.open_board(two.board).await;
    assert_eq!(copy.pending.len(), 1);
    // It waits also when nobody looks.
    two.ada.core.close_board(two.board);

    two.host.start_again().await;
    assert!(is_entry_of(&two.bob.wait_for_news().await.news, first));
    let live = ConnectionState { phase: ConnectionPhase::Live, n_waiting: 0 };
    two.ada.wait_for("nothing that waits", |event| (*event == UiEvent::Connection(live)).then_some(())).await;
    let copy = two.ada.open_board(two.board).await;
    assert_eq!((copy.pending.len(), copy.snapshot.board.lists().len()), (0, 1));

    let second = two.bob.add_list(two.board, "Online").await;
    assert!(is_entry_of(&two.ada.wait_for_news().await.news, second));
    two.end().await;
}

#[tokio::test]
async fn a_change_that_waits_survives_a_sign_out() {
    let mut two = Two::at_one_board().await;
    two.host.stop().await;
    two.ada.wait_for_phase(ConnectionPhase::Offline).await;
    let list = two.ada.add_list(two.board, "Mine").await;
    two.ada.core.sign_out().await.unwrap();
    two.host.start_again().await;
    two.ada.core.sign_in(crate::desk::credentials("Ada")).await.unwrap();
    assert!(is_entry_of(&two.bob.wait_for_news().await.news, list));
    two.end().await;
}

#[tokio::test]
async fn a_change_that_waits_survives_a_crash() {
    let (mut host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.sign_up(&host, "Ada").await;
    let board = desk.make_board("Spring release").await;
    host.stop().await;
    desk.wait_for_phase(ConnectionPhase::Offline).await;
    desk.add_list(board, "Late at night").await;
    desk.wait_for_connection(ConnectionPhase::Offline, 1).await;
    // What is typed is written behind the change: with it on disk, so is the change. From here on it is as after a crash.
    desk.core.save_draft(&DraftKey::new_board(), "crash".to_owned()).await.unwrap();
    drop(desk);

    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.wait_for_connection(ConnectionPhase::Offline, 1).await;
    host.start_again().await;
    desk.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(desk.open_board(board).await.snapshot.board.lists().len(), 1);
    desk.core.shutdown().await;

    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(desk.open_board(board).await.snapshot.seq, roost_board::Seq(1), "it is not made again");
    desk.core.shutdown().await;
}

#[tokio::test]
async fn what_the_server_refuses_is_taken_back_and_said() {
    let mut two = Two::at_one_board().await;
    two.host.stop().await;
    for desk in [&mut two.ada, &mut two.bob] {
        desk.wait_for_phase(ConnectionPhase::Offline).await;
    }
    // Both make a list of the same id: whoever comes second is refused.
    let id = ListId::from_uuid(Uuid::now_v7());
    let (adas, bobs) = (new_list(id, "Ada's"), new_list(id, "Bob's"));
    two.ada.propose(two.board, adas.clone()).await.unwrap();
    two.bob.propose(two.board, bobs.clone()).await.unwrap();
    two.host.start_again().await;

    let refused = |event: &UiEvent| match event {
        UiEvent::Board(message) => match &message.news {
            BoardNews::Refused { op, refusal } => Some((*op, refusal.clone())),
            _ => None,
        },
        _ => None,
    };
    let (op, refusal) = tokio::select! {
        refused = two.ada.wait_for("a refusal for Ada", refused) => refused,
        refused = two.bob.wait_for("a refusal for Bob", refused) => refused,
    };
    assert!([adas.op, bobs.op].contains(&op));
    assert_eq!(refusal.code, "id_taken");
    assert!(!refusal.message.is_empty());
    for desk in [&two.ada, &two.bob] {
        let copy = desk.open_board(two.board).await;
        assert!(copy.pending.iter().all(|proposal| proposal.op != op));
    }
    two.end().await;
}

#[tokio::test]
async fn what_the_board_does_not_allow_is_refused_at_once() {
    let two = Two::at_one_board().await;
    let rename = proposal(Change::BoardRenamed { name: "Bob's now".to_owned() });
    let error = CommandError::from(two.bob.propose(two.board, rename).await.unwrap_err());
    assert_eq!(error.code, "not_an_owner");
    let error = CommandError::from(two.bob.core.invite(two.board, email("Carl")).await.unwrap_err());
    assert_eq!(error.code, "not_an_owner");
    let error = CommandError::from(two.ada.core.invite(two.board, email("Carl")).await.unwrap_err());
    assert_eq!(error.code, "no_such_user");
    let error = CommandError::from(two.ada.core.open_board(new_board()).await.unwrap_err());
    assert_eq!(error.code, "no_such_board");
    two.end().await;
}

#[tokio::test]
async fn somebody_who_is_removed_sees_the_board_go() {
    let mut two = Two::at_one_board().await;
    let copy = two.bob.open_board(two.board).await;
    let removal = proposal(Change::MemberRemoved { user_id: copy.me });
    two.ada.propose(two.board, removal).await.unwrap();
    let gone = |event: &UiEvent| match event {
        UiEvent::Board(message) => matches!(message.news, BoardNews::Gone { .. }).then_some(()),
        _ => None,
    };
    two.bob.wait_for("the end of the board", gone).await;
    let error = CommandError::from(two.bob.core.open_board(two.board).await.unwrap_err());
    assert_eq!(error.code, "no_such_board");
    assert!(two.bob.core.state().await.unwrap().boards.invited.is_empty());
    two.end().await;
}

#[tokio::test]
async fn a_board_that_is_not_known_here_needs_the_server() {
    let mut two = Two::at_one_board().await;
    let other = two.ada.make_board("Never opened by Bob").await;
    two.ada.core.invite(other, email("Bob")).await.unwrap();
    two.bob
        .wait_for("the other board", |event| match event {
            UiEvent::Boards(page) => page.invited.iter().any(|board| board.id == other).then_some(()),
            _ => None,
        })
        .await;
    two.host.stop().await;
    two.bob.wait_for_phase(ConnectionPhase::Offline).await;
    let error = CommandError::from(two.bob.core.open_board(other).await.unwrap_err());
    assert_eq!(error.code, "unreachable");
    // The one that is known is there all the same.
    two.bob.open_board(two.board).await;
    two.end().await;
}

#[tokio::test]
async fn the_page_shows_what_was_done_on_a_board() {
    let mut two = Two::at_one_board().await;
    let list = two.ada.add_list(two.board, "This week").await;
    assert!(is_entry_of(&two.ada.wait_for_news().await.news, list));
    two.ada.core.close_board(two.board);
    two.ada
        .wait_for("the list on Ada's page", |event| match event {
            UiEvent::Boards(page) => page.owned.iter().any(|board| board.n_lists == 1).then_some(()),
            _ => None,
        })
        .await;
    two.end().await;
}

fn is_entry_of(news: &BoardNews, list: ListId) -> bool {
    let BoardNews::Entries { entries } = news else { panic!("no entries: {news:?}") };
    entries.iter().any(|entry| matches!(&entry.change, Change::ListAdded { list: added } if added.id == list))
}
