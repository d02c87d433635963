//! What waits for the server's answer, on disk: so that it is there after a crash too.

use std::sync::Arc;

use super::followed::Following;
use super::store::Store;

/// Keeps what waits of one account. What is kept longer than it has to does no harm: the server accepts a proposal once.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    store: Arc<Store>,
    account: String,
}

impl Waiting {
    /// For an account, by its key.
    pub(crate) const fn new(store: Arc<Store>, account: String) -> Self {
        Self { store, account }
    }

    /// Keeps what waits on a board, in place of what waited there before; forgets the board when nothing does.
    pub(crate) fn keep(&self, following: &Following) {
        let board = following.board_id.to_string();
        let proposals = match following.pending.as_slice() {
            [] => None,
            pending => Some(serde_json::to_string(pending).expect("proposals have only string keys")),
        };
        self.store.keep_waiting(self.account.clone(), board, proposals);
    }
}
