//! What comes to nothing is kept, with everything that was written.

use roost::core::UiEvent;
use roost_board::{BoardId, Change, ListId};
use roost_bridge::{AttentionItem, BoardNews, CommandError, ConnectionPhase, DraftKey, Wanted};
use tempfile::TempDir;
use uuid::Uuid;

use crate::desk::{Desk, Host, Secrets, email, new_list, proposal};

/// Ada and Bob, and a board with a list that both look at.
struct Two {
    host: Host,
    ada: Desk,
    bob: Desk,
    board: BoardId,
    list: ListId,
    bobs_secrets: Secrets,
    profiles: [TempDir; 2],
}

impl Two {
    async fn at_one_board() -> Self {
        let host = Host::start().await;
        let profiles = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let bobs_secrets = Secrets::in_reach();
        let mut ada = Desk::open(profiles[0].path(), &Secrets::in_reach()).await;
        let mut bob = Desk::open(profiles[1].path(), &bobs_secrets).await;
        ada.sign_up(&host, "Ada").await;
        bob.sign_up(&host, "Bob").await;
        let board = ada.make_board("Spring release").await;
        ada.core.invite(board, email("Bob")).await.unwrap();
        let list = ada.add_list(board, "This week").await;
        bob.wait_for("the board on Bob's page", |event| match event {
            UiEvent::Boards(page) => page.invited.iter().any(|summary| summary.id == board).then_some(()),
            _ => None,
        })
        .await;
        ada.wait_for_connection(ConnectionPhase::Live, 0).await;
        assert_eq!(bob.open_board(board).await.snapshot.board.lists().len(), 1);
        Self { host, ada, bob, board, list, bobs_secrets, profiles }
    }

    /// Bob does something without a server, and Ada something with it, before Bob is back.
    async fn meanwhile(mut self, bobs: Change, adas: Change) -> Self {
        self.host.stop().await;
        self.bob.wait_for_phase(ConnectionPhase::Offline).await;
        self.bob.propose(self.board, proposal(bobs)).await.unwrap();
        self.bob.core.shutdown().await;
        self.host.start_again().await;
        self.ada.wait_for_phase(ConnectionPhase::Live).await;
        self.ada.propose(self.board, proposal(adas)).await.unwrap();
        self.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
        self.bob = Desk::open(self.profiles[1].path(), &self.bobs_secrets).await;
        self
    }

    fn rename(&self, name: &str) -> Change {
        Change::ListRenamed { list_id: self.list, name: name.to_owned() }
    }

    async fn end(self) {
        self.ada.core.shutdown().await;
        self.bob.core.shutdown().await;
    }
}

async fn attention(desk: &Desk) -> Vec<AttentionItem> {
    desk.core.state().await.unwrap().attention.items
}

fn code(error: roost::core::Error) -> String {
    CommandError::from(error).code
}

#[tokio::test]
async fn what_is_refused_later_is_kept_until_it_can_be_done() {
    let two = Two::at_one_board().await;
    let (rename, archive) = (two.rename("Next week"), Change::ListArchived { list_id: two.list });
    let mut two = two.meanwhile(rename.clone(), archive).await;
    let [item] = two.bob.wait_for_attention(1).await.try_into().unwrap();
    assert_eq!((item.board_name.as_str(), item.subject.as_deref()), ("Spring release", Some("This week")));
    assert_eq!((item.refusal.code.as_str(), &item.wanted), ("list_archived", &Wanted::Change { change: rename }));
    let copy = two.bob.open_board(two.board).await;
    assert_eq!((copy.pending.len(), copy.snapshot.board.lists().len()), (0, 0));

    // It is still so at the next start, and cannot be done yet.
    two.bob.core.shutdown().await;
    two.bob = Desk::open(two.profiles[1].path(), &two.bobs_secrets).await;
    assert_eq!(attention(&two.bob).await, std::slice::from_ref(&item));
    two.bob.wait_for_phase(ConnectionPhase::Live).await;
    assert_eq!(code(two.bob.core.retry_attention(item.id).await.unwrap_err()), "list_archived");
    assert_eq!(attention(&two.bob).await.len(), 1);

    two.bob.open_board(two.board).await;
    let restore = proposal(Change::ListRestored { list_id: two.list });
    two.ada.propose(two.board, restore.clone()).await.unwrap();
    two.bob
        .wait_for("the list", |event| match event {
            UiEvent::Board(message) => match &message.news {
                BoardNews::Entries { entries } => entries.iter().any(|entry| entry.op == restore.op).then_some(()),
                _ => None,
            },
            _ => None,
        })
        .await;
    two.bob.core.retry_attention(item.id).await.unwrap();
    assert_eq!(attention(&two.bob).await, []);
    assert_eq!(code(two.bob.core.retry_attention(item.id).await.unwrap_err()), "no_such_item");
    two.bob.wait_for_connection(ConnectionPhase::Live, 0).await;
    let copy = two.ada.open_board(two.board).await;
    assert_eq!(copy.snapshot.board.lists()[0].name(), "Next week");
    two.end().await;
}

#[tokio::test]
async fn what_is_let_go_of_is_gone() {
    let two = Two::at_one_board().await;
    let (rename, archive) = (two.rename("Next week"), Change::ListArchived { list_id: two.list });
    let mut two = two.meanwhile(rename, archive).await;
    let [item] = two.bob.wait_for_attention(1).await.try_into().unwrap();
    two.bob.core.discard_attention(item.id).await.unwrap();
    assert_eq!(two.bob.wait_for_attention(0).await, []);
    assert_eq!(code(two.bob.core.discard_attention(item.id).await.unwrap_err()), "no_such_item");
    two.bob.core.shutdown().await;
    two.bob = Desk::open(two.profiles[1].path(), &two.bobs_secrets).await;
    assert_eq!(attention(&two.bob).await, []);
    two.end().await;
}

#[tokio::test]
async fn whoever_is_removed_while_away_keeps_what_they_wrote() {
    let two = Two::at_one_board().await;
    let key = DraftKey::new_card(two.list);
    two.bob.core.save_draft(&key, "Buy milk".to_owned()).await.unwrap();
    let other = DraftKey::new_board();
    two.bob.core.save_draft(&other, "Holidays".to_owned()).await.unwrap();
    let user_id = two.bob.open_board(two.board).await.me;
    let rename = two.rename("Next week");
    let mut two = two.meanwhile(rename.clone(), Change::MemberRemoved { user_id }).await;

    let [change, draft] = two.bob.wait_for_attention(2).await.try_into().unwrap();
    assert_eq!((change.wanted, change.subject.as_deref()), (Wanted::Change { change: rename }, Some("This week")));
    assert_eq!(draft.wanted, Wanted::Draft { key, text: "Buy milk".to_owned() });
    assert_eq!([change.board_name, draft.board_name], ["Spring release", "Spring release"]);
    assert_eq!(code(two.bob.core.open_board(two.board).await.unwrap_err()), "no_such_board");
    for id in [change.id, draft.id] {
        assert_eq!(code(two.bob.core.retry_attention(id).await.unwrap_err()), "no_such_board");
    }
    let state = two.bob.core.state().await.unwrap();
    assert_eq!((state.boards.invited.len(), state.attention.items.len(), state.last_board), (0, 2, None));
    assert_eq!(state.connection.n_waiting, 0);
    assert_eq!(state.drafts.iter().map(|draft| &draft.key).collect::<Vec<_>>(), [&other]);
    two.end().await;
}

#[tokio::test]
async fn whoever_is_removed_from_a_board_that_is_not_open_keeps_what_they_wrote() {
    let mut two = Two::at_one_board().await;
    let user_id = two.bob.open_board(two.board).await.me;
    two.bob.core.save_draft(&DraftKey::new_list(two.board), "Later".to_owned()).await.unwrap();
    two.bob.core.close_board(two.board);
    two.ada.propose(two.board, proposal(Change::MemberRemoved { user_id })).await.unwrap();
    let [draft] = two.bob.wait_for_attention(1).await.try_into().unwrap();
    assert!(matches!(draft.wanted, Wanted::Draft { .. }), "{draft:?}");
    assert_eq!(two.bob.core.state().await.unwrap().boards.invited, []);
    two.end().await;
}

#[tokio::test]
async fn a_board_that_the_server_does_not_make_is_kept_in_parts() {
    let mut two = Two::at_one_board().await;
    two.host.stop().await;
    two.bob.wait_for_phase(ConnectionPhase::Offline).await;
    // The id is taken, by a board that Bob does not see.
    let hidden = ListId::from_uuid(Uuid::now_v7());
    let board = BoardId::from_uuid(Uuid::now_v7());
    two.ada.core.create_board(board, "Ada's own".to_owned()).await.unwrap();
    two.bob.core.create_board(board, "Bob's own".to_owned()).await.unwrap();
    two.bob.open_board(board).await;
    let list = new_list(hidden, "Mine");
    two.bob.propose(board, list.clone()).await.unwrap();
    two.bob.core.shutdown().await;
    two.host.start_again().await;
    two.ada.wait_for_connection(ConnectionPhase::Live, 0).await;

    two.bob = Desk::open(two.profiles[1].path(), &two.bobs_secrets).await;
    let [first, second] = two.bob.wait_for_attention(2).await.try_into().unwrap();
    assert_eq!(first.wanted, Wanted::NewBoard { name: "Bob's own".to_owned() });
    assert_eq!(first.refusal.message, "The id is already in use");
    assert_eq!(second.wanted, Wanted::Change { change: list.change });
    let state = two.bob.core.state().await.unwrap();
    assert_eq!((state.boards.owned, state.connection.n_waiting), (Vec::new(), 0));

    // Once more: it is on the page again until the server has said the same again.
    two.bob.core.retry_attention(first.id).await.unwrap();
    let items = two.bob.wait_for_attention(2).await;
    assert!(items.iter().any(|item| item.wanted == first.wanted && item.id != first.id));
    two.end().await;
}
