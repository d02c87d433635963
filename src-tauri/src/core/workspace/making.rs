//! Making boards.

use roost_board::durable::Write;
use roost_board::{Board, BoardId, BoardSummary, Seq, Snapshot};

use super::Workspace;
use crate::core::error::Error;
use crate::core::followed::Surroundings;
use crate::core::store::AccountWrite;

impl Workspace {
    /// Makes a board here; it is made on the server when there is a way.
    pub(crate) async fn create_board(&self, id: BoardId, name: String) -> Result<BoardSummary, Error> {
        self.make_board(id, name, None).await
    }

    /// Makes a board, in one transaction with something else.
    pub(super) async fn make_board(
        &self,
        id: BoardId,
        name: String,
        also: Option<AccountWrite>,
    ) -> Result<BoardSummary, Error> {
        let Surroundings { me, account, boards, status, stop, .. } = &self.surroundings;
        let board = Board::new(id, &name, me.clone())?;
        let mut writes = Vec::from_iter(also);
        if let Some(made_before) = boards.summary(id) {
            account.write(writes).await.map_err(Error::NotKept)?;
            return Ok(made_before);
        }
        let summary = board.summary();
        let snapshot = Snapshot { seq: Seq::ZERO, board, last: None };
        let whole = Write::Snapshot { snapshot, has_unknown: false };
        writes.extend([AccountWrite::NewBoard { id, name }, AccountWrite::Board(id, whole)]);
        account.write(writes).await.map_err(Error::NotKept)?;
        if stop.is_cancelled() {
            // Whoever asked has signed out meanwhile, and the page may be somebody else's.
            return Err(Error::SignedOut);
        }
        boards.put_unmade(summary.clone());
        status.set_waiting(id, 1);
        self.follow(id);
        Ok(summary)
    }
}
