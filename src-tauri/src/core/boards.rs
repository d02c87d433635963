//! The page of boards: as it was kept, fetched, and kept up to date by what happens here and elsewhere.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use roost_board::{BoardId, BoardSummary, UserId};
use roost_bridge::{BoardsPage, ConnectionPhase};
use roost_protocol::rest::BoardsAnswer;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::error::Error;
use super::lock;
use super::outlet::{Outlet, UiEvent};
use super::rest::Rest;
use super::status::Status;
use super::store::{AccountStore, AccountWrite};

/// The page of boards of one account.
#[derive(Debug)]
pub(crate) struct Boards {
    me: UserId,
    outlet: Outlet,
    store: Arc<AccountStore>,
    /// Waits for what is being written.
    tasks: TaskTracker,
    state: Mutex<State>,
    due: Notify,
}

#[derive(Debug)]
struct State {
    page: BoardsPage,
    /// The boards that are still to be made on the server, and their names.
    unmade: HashMap<BoardId, String>,
    /// The boards on which changes wait for the server: it does not know yet how they look.
    ahead: HashMap<BoardId, BoardSummary>,
    /// Counts what was changed here, so that an answer which was on its way meanwhile is not taken for news.
    n_changes: u64,
}

impl Boards {
    /// The page as it was kept.
    pub(crate) fn new(
        me: UserId,
        outlet: Outlet,
        store: Arc<AccountStore>,
        tasks: TaskTracker,
        page: BoardsPage,
        unmade: Vec<(BoardId, String)>,
    ) -> Self {
        let unmade: HashMap<BoardId, String> = unmade.into_iter().collect();
        let ahead = all(&page).filter(|board| unmade.contains_key(&board.id)).map(|board| (board.id, board.clone()));
        let ahead = ahead.collect();
        let state = State { page, unmade, ahead, n_changes: 0 };
        Self { me, outlet, store, tasks, state: Mutex::new(state), due: Notify::new() }
    }

    /// As it is.
    pub(crate) fn page(&self) -> BoardsPage {
        lock(&self.state).page.clone()
    }

    /// A board on the page.
    pub(crate) fn summary(&self, id: BoardId) -> Option<BoardSummary> {
        all(&lock(&self.state).page).find(|board| board.id == id).cloned()
    }

    /// The name of a board that is still to be made on the server.
    pub(crate) fn unmade(&self, id: BoardId) -> Option<String> {
        lock(&self.state).unmade.get(&id).cloned()
    }

    /// The boards that are still to be made on the server, and their names.
    pub(crate) fn all_unmade(&self) -> Vec<(BoardId, String)> {
        lock(&self.state).unmade.iter().map(|(id, name)| (*id, name.clone())).collect()
    }

    /// A board is to be made on the server.
    pub(crate) fn put_unmade(&self, board: BoardSummary) {
        lock(&self.state).unmade.insert(board.id, board.name.clone());
        self.put_ahead(board);
    }

    /// A board was made on the server.
    pub(crate) fn made(&self, id: BoardId) {
        let mut state = lock(&self.state);
        state.unmade.remove(&id);
        state.n_changes += 1;
    }

    /// The server says that a board is among those of the person, or has changed.
    pub(crate) fn put(&self, board: BoardSummary) {
        self.change(|state| {
            let board = state.ahead.get(&board.id).cloned().unwrap_or(board);
            insert(&mut state.page, board, self.me);
        });
    }

    /// How a board looks here, with nothing that waits.
    pub(crate) fn put_settled(&self, board: BoardSummary) {
        self.change(|state| {
            state.ahead.remove(&board.id);
            insert(&mut state.page, board, self.me);
        });
    }

    /// How a board looks here, with what waits: the server does not know better.
    pub(crate) fn put_ahead(&self, board: BoardSummary) {
        self.change(|state| {
            state.ahead.insert(board.id, board.clone());
            insert(&mut state.page, board, self.me);
        });
    }

    /// A board is not, or no longer, among those of the person.
    pub(crate) fn remove(&self, id: BoardId) {
        self.change(|state| {
            state.unmade.remove(&id);
            state.ahead.remove(&id);
            remove(&mut state.page, id);
        });
    }

    /// Fetches the page soon.
    pub(crate) fn refresh(&self) {
        self.due.notify_one();
    }

    /// Fetches the page whenever that is due, until the token is refused. `lost` is told of the boards that are not on it
    /// any more.
    pub(crate) async fn run(&self, rest: &Rest, status: &Status, lost: impl Fn(BoardId)) {
        loop {
            self.due.notified().await;
            match self.fetch(rest).await {
                Ok(boards) => boards.into_iter().for_each(&lost),
                Err(Error::TokenRefused) => return,
                Err(error) => {
                    tracing::warn!(%error, "no boards");
                    // The next connection asks again.
                    if status.get().phase != ConnectionPhase::Live {
                        continue;
                    }
                    tokio::time::sleep(rest.patience().retry_after).await;
                    self.refresh();
                }
            }
        }
    }

    /// Fetches the page; answers the boards that are not on it any more.
    async fn fetch(&self, rest: &Rest) -> Result<HashSet<BoardId>, Error> {
        loop {
            let n_changes = lock(&self.state).n_changes;
            let BoardsAnswer { owned_boards, invited_boards } = rest.boards().await?;
            let mut state = lock(&self.state);
            if state.n_changes != n_changes {
                continue;
            }
            let mut lost: HashSet<BoardId> = all(&state.page).map(|board| board.id).collect();
            lost.retain(|id| !state.unmade.contains_key(id));
            let mut page = BoardsPage { is_loaded: true, owned: owned_boards, invited: invited_boards };
            let here: Vec<BoardSummary> = all(&page)
                .map(|board| board.id)
                .chain(state.unmade.keys().copied())
                .filter_map(|id| state.ahead.get(&id).cloned())
                .collect();
            for board in here {
                insert(&mut page, board, self.me);
            }
            for board in all(&page) {
                lost.remove(&board.id);
            }
            // Whatever waits is of the board's own task to say; it takes the board from the page.
            let kept: Vec<BoardSummary> = lost.iter().filter_map(|id| state.ahead.get(id).cloned()).collect();
            for board in kept {
                insert(&mut page, board, self.me);
            }
            self.replace(&mut state, page);
            return Ok(lost);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        let before = state.page.clone();
        change(&mut state);
        state.n_changes += 1;
        let page = std::mem::replace(&mut state.page, before);
        self.replace(&mut state, page);
    }

    fn replace(&self, state: &mut State, mut page: BoardsPage) {
        for boards in [&mut page.owned, &mut page.invited] {
            boards.sort_by_cached_key(|board| (board.name.to_lowercase(), board.id));
        }
        // With a board on it, it is a page to be shown, even if there may be more.
        page.is_loaded |= !(page.owned.is_empty() && page.invited.is_empty());
        if page == state.page {
            return;
        }
        state.page = page.clone();
        self.outlet.tell(UiEvent::Boards(page.clone()));
        let written = self.store.write(vec![AccountWrite::Page(page)]);
        self.tasks.spawn(async move {
            if let Err(error) = written.await {
                tracing::warn!(%error, "the page of boards is not kept");
            }
        });
    }
}

fn all(page: &BoardsPage) -> impl Iterator<Item = &BoardSummary> {
    page.owned.iter().chain(&page.invited)
}

fn insert(page: &mut BoardsPage, board: BoardSummary, me: UserId) {
    remove(page, board.id);
    let boards = if board.owner.id == me { &mut page.owned } else { &mut page.invited };
    boards.push(board);
}

fn remove(page: &mut BoardsPage, id: BoardId) {
    page.owned.retain(|board| board.id != id);
    page.invited.retain(|board| board.id != id);
}
