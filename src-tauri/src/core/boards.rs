//! The page of boards: fetched, and kept up to date by what happens.

use std::sync::Mutex;

use roost_board::{BoardId, BoardSummary, UserId};
use roost_bridge::{BoardsPage, ConnectionPhase};
use roost_protocol::rest::BoardsAnswer;
use tokio::sync::Notify;

use super::error::Error;
use super::lock;
use super::outlet::{Outlet, UiEvent};
use super::rest::Rest;
use super::status::Status;

/// The page of boards of one account.
#[derive(Debug)]
pub(crate) struct Boards {
    me: UserId,
    outlet: Outlet,
    state: Mutex<State>,
    due: Notify,
}

#[derive(Debug, Default)]
struct State {
    page: BoardsPage,
    /// Counts what was changed here, so that an answer which was on its way meanwhile is not taken for news.
    n_changes: u64,
}

impl Boards {
    /// A page that was not fetched yet.
    pub(crate) fn new(me: UserId, outlet: Outlet) -> Self {
        Self { me, outlet, state: Mutex::default(), due: Notify::new() }
    }

    /// As it is.
    pub(crate) fn page(&self) -> BoardsPage {
        lock(&self.state).page.clone()
    }

    /// A board is among those of the person, or has changed.
    pub(crate) fn put(&self, board: BoardSummary) {
        self.change(|page| {
            remove(page, board.id);
            let boards = if board.owner.id == self.me { &mut page.owned } else { &mut page.invited };
            boards.push(board);
        });
    }

    /// A board is not, or no longer, among those of the person.
    pub(crate) fn remove(&self, board: BoardId) {
        self.change(|page| remove(page, board));
    }

    /// Fetches the page soon.
    pub(crate) fn refresh(&self) {
        self.due.notify_one();
    }

    /// Fetches the page whenever that is due, until the token is refused.
    pub(crate) async fn run(&self, rest: &Rest, status: &Status) {
        loop {
            self.due.notified().await;
            match self.fetch(rest).await {
                Ok(()) => {}
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

    async fn fetch(&self, rest: &Rest) -> Result<(), Error> {
        loop {
            let n_changes = lock(&self.state).n_changes;
            let BoardsAnswer { owned_boards, invited_boards } = rest.boards().await?;
            let mut state = lock(&self.state);
            if state.n_changes == n_changes {
                let page = BoardsPage { is_loaded: true, owned: owned_boards, invited: invited_boards };
                self.replace(&mut state, page);
                return Ok(());
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut BoardsPage)) {
        let mut state = lock(&self.state);
        let mut page = state.page.clone();
        change(&mut page);
        state.n_changes += 1;
        self.replace(&mut state, page);
    }

    fn replace(&self, state: &mut State, mut page: BoardsPage) {
        for boards in [&mut page.owned, &mut page.invited] {
            boards.sort_by_cached_key(|board| (board.name.to_lowercase(), board.id));
        }
        if page != state.page {
            state.page = page;
            self.outlet.tell(UiEvent::Boards(state.page.clone()));
        }
    }
}

fn remove(page: &mut BoardsPage, id: BoardId) {
    page.owned.retain(|board| board.id != id);
    page.invited.retain(|board| board.id != id);
}
