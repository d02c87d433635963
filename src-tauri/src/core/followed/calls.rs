//! The REST calls of a followed board: having it made, and asking whether it is still there.

use roost_board::BoardSummary;
use roost_board::durable::JoinFrom;
use roost_bridge::{ConnectionPhase, Refusal};
use roost_protocol::rest::{BoardsAnswer, ErrorDetail};

use super::task::Task;
use super::writing::After;
use crate::core::error::{Error, refusal_of_form};
use crate::core::store::AccountWrite;

/// What a call was answered.
pub(super) enum Called {
    /// The board was to be made.
    Made(Result<BoardSummary, Error>),
    /// Whether the board is among those of the person.
    Listed(Result<bool, Error>),
}

impl Task {
    /// Has the board made on the server, if that is still to be done and there is a way.
    pub(super) fn make(&mut self) {
        let Some(name) = self.unmade.clone() else { return };
        let Some(link) = self.link.borrow().clone() else { return };
        if self.phase() != ConnectionPhase::Live || !self.calls.is_empty() {
            return;
        }
        let (id, makers) = (self.board_id, self.surroundings.makers.clone());
        self.calls.push(Box::pin(async move {
            let _permit = makers.acquire().await;
            Called::Made(link.rest.create_board(id, name).await)
        }));
    }

    /// Asks whether the board is still among those of the person: not everything that closes a channel is about rights.
    pub(super) fn check(&mut self) {
        let Some(link) = self.link.borrow().clone() else { return };
        if !self.calls.is_empty() {
            return;
        }
        let id = self.board_id;
        self.calls.push(Box::pin(async move {
            let boards = link.rest.boards().await;
            Called::Listed(boards.map(|BoardsAnswer { owned_boards, invited_boards }| {
                owned_boards.iter().chain(&invited_boards).any(|board| board.id == id)
            }))
        }));
    }

    /// A call was answered.
    pub(super) fn called(&mut self, called: Called) {
        match called {
            Called::Made(Ok(_)) => {
                self.unmade = None;
                self.surroundings.boards.made(self.board_id);
                self.write(vec![AccountWrite::Made(self.board_id)], After::Nothing);
                // As a whole: the server may know its owner by another name.
                self.rejoin(JoinFrom::Start);
            }
            Called::Made(Err(Error::Server(detail))) if is_final(&detail) => {
                self.lost = Some(refusal_of_form(detail));
            }
            Called::Listed(Ok(true)) => {
                self.is_suspect = false;
                // It may be missing on the page here.
                self.surroundings.boards.refresh();
                if self.line.is_none() {
                    self.put_off(|| Error::Offline);
                }
            }
            Called::Listed(Ok(false)) => {
                let message = "This board is no longer shared with you".to_owned();
                self.lost = Some(Refusal { code: "unauthorized".to_owned(), message });
            }
            // The account as a whole is left.
            Called::Made(Err(Error::TokenRefused)) | Called::Listed(Err(Error::TokenRefused)) => {
                self.surroundings.refused.cancel();
            }
            Called::Made(Err(error)) | Called::Listed(Err(error)) => {
                tracing::info!(topic = %self.topic, %error, "a call about a board is to be made again");
                self.put_off(|| Error::Offline);
            }
        }
    }
}

/// Whether the server will not have it, rather than not now.
fn is_final(detail: &ErrorDetail) -> bool {
    detail.code == "invalid"
}
