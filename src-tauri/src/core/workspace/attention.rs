//! What becomes of what needs attention; and what is written anew when the file was damaged.

use roost_board::OpId;
use roost_bridge::Wanted;
use tokio::time::timeout;

use super::Workspace;
use crate::core::attention::Taken;
use crate::core::error::Error;
use crate::core::followed::Surroundings;
use crate::core::store::AccountWrite;

impl Workspace {
    /// Tries again what needs attention.
    pub(crate) async fn retry(&self, id: OpId) -> Result<(), Error> {
        let Surroundings { attention, patience, stop, .. } = &self.surroundings;
        loop {
            let taken = attention.take(id).ok_or(Error::NoSuchItem)?;
            if let Wanted::NewBoard { name } = &taken.item.wanted {
                let attended = AccountWrite::Attended(id);
                let made = self.make_board(taken.item.board_id, name.clone(), Some(attended)).await;
                return self.attended(taken, made.map(drop));
            }
            let board = self.follow(taken.item.board_id);
            match timeout(patience.open_time, board.retry(taken.clone())).await {
                Ok(Some(outcome)) => return outcome,
                Ok(None) if stop.is_cancelled() => return Err(Error::SignedOut),
                // It has ended in this moment, perhaps before it was asked.
                Ok(None) => attention.put_back(taken),
                Err(_) => {
                    // Makes it look who still waits.
                    board.suspect();
                    return Err(Error::Offline);
                }
            }
        }
    }

    /// Lets go of what needs attention.
    pub(crate) async fn discard(&self, id: OpId) -> Result<(), Error> {
        let Surroundings { attention, account, .. } = &self.surroundings;
        let taken = attention.take(id).ok_or(Error::NoSuchItem)?;
        let outcome = account.write(vec![AccountWrite::Attended(id)]).await;
        self.attended(taken, outcome.map_err(Error::NotKept))
    }

    /// An item needs no attention any more, or does after all.
    fn attended(&self, taken: Taken, outcome: Result<(), Error>) -> Result<(), Error> {
        match outcome {
            Ok(()) => self.surroundings.attention.taken_for_good(),
            Err(_) => self.surroundings.attention.put_back(taken),
        }
        outcome
    }
}

/// Writes what is known besides the boards whenever the file was damaged: perhaps not all of it could be saved.
pub(super) async fn write_anew(mut surroundings: Surroundings) {
    while surroundings.replaced.changed().await.is_ok() {
        let Surroundings { account, attention, boards, .. } = &surroundings;
        let items = attention.list().items.into_iter().map(AccountWrite::Attention);
        let unmade = boards.all_unmade().into_iter().map(|(id, name)| AccountWrite::NewBoard { id, name });
        let page = AccountWrite::Page(boards.page());
        if let Err(error) = account.write(items.chain(unmade).chain([page]).collect()).await {
            tracing::error!(%error, "what is known of the account is not kept");
        }
    }
}
