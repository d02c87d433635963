//! Everything works without the server, and arrives there when it is back.

use std::fs;
use std::path::{Path, PathBuf};

use roost_board::{BoardId, CardId, Change, Doing, Entry, ListId, NewCard, Position};
use roost_bridge::{CommandError, ConnectionPhase, Session};
use roost_protocol::rest::EntriesAnswer;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::desk::{Desk, Host, Secrets, credentials, new_board, new_list, proposal, user_of};

/// Ada, her server and her profile.
struct Alone {
    host: Host,
    ada: Desk,
    board: BoardId,
    secrets: Secrets,
    profile: TempDir,
}

impl Alone {
    /// With one board, which is open.
    async fn at_a_board() -> Self {
        let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
        let mut ada = Desk::open(profile.path(), &secrets).await;
        ada.sign_up(&host, "Ada").await;
        let board = ada.make_board("Spring release").await;
        Self { host, ada, board, secrets, profile }
    }

    async fn without_a_server() -> Self {
        let mut alone = Self::at_a_board().await;
        alone.host.stop().await;
        alone.ada.wait_for_phase(ConnectionPhase::Offline).await;
        alone
    }

    async fn restart(self) -> Self {
        self.ada.core.shutdown().await;
        let ada = Desk::open(self.profile.path(), &self.secrets).await;
        Self { ada, ..self }
    }

    /// What the server has of a board.
    async fn log(&self, board: BoardId) -> Vec<Entry> {
        let [token] = self.secrets.all().try_into().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let path = format!("{}/api/v1/boards/{board}/entries", self.host.address());
        let answer = client.get(path).bearer_auth(token).send().await.unwrap();
        answer.json::<EntriesAnswer>().await.unwrap().entries
    }

    /// The one file of an account.
    fn account_file(&self) -> PathBuf {
        let files = fs::read_dir(self.profile.path().join("accounts")).unwrap();
        let mut files = files.map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == "db");
        files.next().unwrap()
    }
}

fn lists(log: &[Entry]) -> Vec<&str> {
    log.iter()
        .map(|entry| match &entry.change {
            Change::ListAdded { list } => list.name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn new_card(list_id: ListId) -> Change {
    let id = CardId::from_uuid(Uuid::now_v7());
    Change::CardAdded { card: NewCard { id, list_id, title: "Buy milk".to_owned(), position: Position::first() } }
}

#[tokio::test]
async fn what_was_done_offline_survives_restarts_and_arrives_once_and_in_order() {
    let mut alone = Alone::without_a_server().await;
    for name in ["One", "Two"] {
        alone.ada.add_list(alone.board, name).await;
    }
    for (n_waiting, name) in [(2, "Three"), (3, "Four")] {
        alone = alone.restart().await;
        // At once, and not when the server has been tried.
        let state = alone.ada.core.state().await.unwrap();
        assert_eq!(state.boards.owned.iter().map(|board| board.id).collect::<Vec<_>>(), [alone.board]);
        assert_eq!((state.boards.is_loaded, state.last_board), (true, Some(alone.board)));
        assert_eq!(state.connection.n_waiting, n_waiting);
        let copy = alone.ada.open_board(alone.board).await;
        assert_eq!(copy.pending.len(), n_waiting);
        alone.ada.add_list(alone.board, name).await;
        alone.ada.wait_for_connection(ConnectionPhase::Offline, n_waiting + 1).await;
    }
    alone.host.start_again().await;
    alone.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(lists(&alone.log(alone.board).await), ["One", "Two", "Three", "Four"]);

    let mut alone = alone.restart().await;
    alone.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    let copy = alone.ada.open_board(alone.board).await;
    assert_eq!((copy.pending.len(), copy.snapshot.board.lists().len()), (0, 4));
    alone.ada.core.shutdown().await;
}

#[tokio::test]
async fn the_board_that_was_opened_last_is_there_at_the_next_start_however_long_another_took() {
    let alone = Alone::without_a_server().await;
    let other = new_board();
    alone.ada.core.create_board(other, "Holidays".to_owned()).await.unwrap();
    let takes_its_time = alone.ada.core.open_board(alone.board);
    alone.ada.open_board(other).await;
    takes_its_time.await.unwrap();
    alone.ada.core.close_board(alone.board);

    let alone = alone.restart().await;
    assert_eq!(alone.ada.core.state().await.unwrap().last_board, Some(other));
    alone.ada.core.shutdown().await;
}

#[tokio::test]
async fn a_board_that_is_made_offline_arrives_with_everything_on_it() {
    let alone = Alone::without_a_server().await;
    let board = new_board();
    let made = alone.ada.core.create_board(board, "Holidays".to_owned()).await.unwrap();
    assert_eq!(alone.ada.core.create_board(board, "Holidays".to_owned()).await.unwrap(), made);
    alone.ada.open_board(board).await;
    let list = alone.ada.add_list(board, "Packing").await;
    alone.ada.propose(board, proposal(new_card(list))).await.unwrap();

    let mut alone = alone.restart().await;
    let state = alone.ada.core.state().await.unwrap();
    assert!(state.boards.owned.iter().any(|summary| summary.id == board));
    assert_eq!((state.connection.n_waiting, state.last_board), (3, Some(board)));
    assert_eq!(alone.ada.open_board(board).await.pending.len(), 2);
    // The page shows what is on the board.
    let on_page = |page: &roost_bridge::BoardsPage| {
        page.owned.iter().any(|summary| summary.id == board && (summary.n_lists, summary.n_cards) == (1, 1))
    };
    assert!(on_page(&alone.ada.core.state().await.unwrap().boards));

    alone.host.start_again().await;
    alone.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(alone.log(board).await.len(), 2);
    assert!(on_page(&alone.ada.core.state().await.unwrap().boards));
    let alone = alone.restart().await;
    assert_eq!(alone.ada.core.state().await.unwrap().connection.n_waiting, 0);
    alone.ada.core.shutdown().await;
}

#[tokio::test]
async fn a_keyring_that_takes_its_time_holds_nothing_up() {
    let alone = Alone::at_a_board().await;
    alone.ada.core.shutdown().await;
    alone.secrets.set_locked(true);
    let mut ada = Desk::open(alone.profile.path(), &alone.secrets).await;
    let state = ada.core.state().await.unwrap();
    assert!(matches!(state.session, Session::SignedIn { .. }));
    assert_eq!(state.connection.phase, ConnectionPhase::Connecting);
    assert_eq!(ada.open_board(alone.board).await.snapshot.board.name(), "Spring release");
    ada.add_list(alone.board, "While it asks").await;
    alone.secrets.set_locked(false);
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(alone.log(alone.board).await.len(), 1);
    ada.core.shutdown().await;
}

#[tokio::test]
async fn a_refused_token_keeps_what_waits_for_the_next_sign_in() {
    let mut alone = Alone::without_a_server().await;
    alone.ada.add_list(alone.board, "Mine").await;
    alone.ada.core.shutdown().await;
    alone.host.start_again().await;
    let [token] = alone.secrets.all().try_into().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let revoked = client.delete(format!("{}/api/v1/sessions", alone.host.address())).bearer_auth(token).send().await;
    assert_eq!(revoked.unwrap().status(), 204);

    let mut ada = Desk::open(alone.profile.path(), &alone.secrets).await;
    ada.wait_for_session(|session| matches!(session, Session::SignedOut { reason: Some(_), .. })).await;
    assert_eq!(ada.core.state().await.unwrap().connection.n_waiting, 0);
    ada.core.sign_in(credentials("Ada")).await.unwrap();
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(lists(&alone.log(alone.board).await), ["Mine"]);
    ada.core.shutdown().await;
}

#[tokio::test]
async fn two_accounts_on_one_machine_never_mix() {
    let mut alone = Alone::without_a_server().await;
    alone.ada.add_list(alone.board, "Ada's").await;
    alone.ada.core.sign_out().await.unwrap();
    alone.host.start_again().await;

    let mut desk = alone.ada;
    let bob = user_of(&desk.core.sign_up(crate::desk::person("Bob")).await.unwrap());
    desk.wait_for_connection(ConnectionPhase::Live, 0).await;
    let state = desk.core.state().await.unwrap();
    assert_eq!((state.boards.owned.len(), state.last_board, user_of(&state.session)), (0, None, bob));
    assert!(desk.core.open_board(alone.board).await.is_err());
    desk.core.sign_out().await.unwrap();
    desk.core.sign_in(credentials("Ada")).await.unwrap();
    desk.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(desk.open_board(alone.board).await.snapshot.board.lists().len(), 1);
    desk.core.shutdown().await;
}

#[tokio::test]
async fn what_can_be_taken_back_survives_a_restart() {
    let alone = Alone::without_a_server().await;
    let id = ListId::from_uuid(Uuid::now_v7());
    let (add, archive) = (new_list(id, "This week"), Change::ListArchived { list_id: id });
    alone.ada.core.propose(alone.board, add.clone(), Doing::Anew, Some(archive.clone())).await.unwrap();

    let alone = alone.restart().await;
    let history = alone.ada.open_board(alone.board).await.history;
    let [step] = history.undo_steps().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((step.op, &step.inverse), (add.op, &archive));
    let restore = Change::ListRestored { list_id: id };
    alone.ada.core.propose(alone.board, proposal(archive), Doing::Undo, Some(restore)).await.unwrap();

    let alone = alone.restart().await;
    let history = alone.ada.open_board(alone.board).await.history;
    assert_eq!((history.undo_steps().len(), history.redo_steps().len()), (0, 1));
    alone.ada.core.shutdown().await;
}

#[tokio::test]
async fn a_change_that_the_disk_does_not_take_is_not_made() {
    let mut alone = Alone::without_a_server().await;
    let file = Connection::open(alone.account_file()).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    file.execute_batch(full).unwrap();
    let list = new_list(ListId::from_uuid(Uuid::now_v7()), "Too much");
    let error = CommandError::from(alone.ada.propose(alone.board, list).await.unwrap_err());
    assert_eq!(error.code, "storage");
    assert!(error.message.contains("disk is full"), "{}", error.message);
    assert_eq!(alone.ada.open_board(alone.board).await.pending, []);

    file.execute_batch("DROP TRIGGER full").unwrap();
    alone.ada.add_list(alone.board, "There is room again").await;
    alone.host.start_again().await;
    alone.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(lists(&alone.log(alone.board).await), ["There is room again"]);
    alone.ada.core.shutdown().await;
}

#[tokio::test]
async fn the_file_of_a_newer_version_is_named_and_left_alone() {
    let alone = Alone::at_a_board().await;
    alone.ada.core.shutdown().await;
    let file = alone.account_file();
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&file).unwrap();
    let error = Desk::open_in_vain(alone.profile.path(), &alone.secrets).await;
    assert_eq!(error.code, "storage");
    for part in [file.file_name().unwrap().to_str().unwrap(), "newer version", "pdate Roost"] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_what_waits_is_saved() {
    let mut alone = Alone::without_a_server().await;
    alone.ada.add_list(alone.board, "Saved").await;
    alone.ada.core.shutdown().await;
    let file = alone.account_file();
    scribble(&file, "snapshots");
    alone.host.start_again().await;

    let mut ada = Desk::open(alone.profile.path(), &alone.secrets).await;
    let copy = ada.open_board(alone.board).await;
    assert_eq!(copy.snapshot.board.name(), "Spring release");
    let mut notices = ada.core.state().await.unwrap().notices;
    if notices.is_empty() {
        notices.push(ada.wait_for_notice().await);
    }
    assert_eq!(notices[0].code, "set_aside");
    ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(lists(&alone.log(alone.board).await), ["Saved"]);
    ada.core.shutdown().await;
}

/// Writes over the first page of a table.
fn scribble(file: &Path, table: &str) {
    let database = Connection::open(file).unwrap();
    let page: usize = database
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |row| row.get::<_, i64>(0))
        .map(|page| usize::try_from(page).unwrap())
        .unwrap();
    let size = usize::try_from(database.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0)).unwrap());
    let size = size.unwrap();
    drop(database);
    let mut bytes = fs::read(file).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xA5);
    fs::write(file, bytes).unwrap();
}
