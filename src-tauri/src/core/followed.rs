//! A followed board: one task that owns its durable replica and its channel.
//!
//! The board comes from disk first, so it is there with or without a server. What the person proposes is written down
//! before it is answered, and sent once it is on disk: in the order in which it was made, several proposals under way at
//! once. When the connection is lost all that is not settled is sent again after the next join: the server knows a
//! proposal by its `op` and accepts it once.

mod calls;
mod line;
mod loss;
mod outbox;
mod requests;
mod screen;
mod server;
#[cfg(test)]
mod sim;
mod task;
mod writing;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use roost_board::{BoardId, Change, Doing, Proposal, User};
use roost_bridge::BoardCopy;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::attention::{NeedsAttention, Taken};
use super::boards::Boards;
use super::drafts::Drafts;
use super::error::Error;
use super::link::Link;
use super::notices::Notices;
use super::outlet::Outlet;
use super::patience::Patience;
use super::status::Status;
use super::store::AccountStore;

/// What a followed board needs of the account that it is a part of.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Who follows.
    pub(crate) me: User,
    /// How long it may take.
    pub(crate) patience: Patience,
    /// What is kept of the account.
    pub(crate) account: Arc<AccountStore>,
    /// What is being typed.
    pub(crate) drafts: Drafts,
    /// The way to the server, once it is known.
    pub(crate) link: watch::Receiver<Option<Link>>,
    /// Counts how often the file of the account was damaged, and replaced by one in which not everything is.
    pub(crate) replaced: watch::Receiver<u32>,
    /// Is told how many proposals wait.
    pub(crate) status: Arc<Status>,
    /// Is told how the board looks in a line.
    pub(crate) boards: Arc<Boards>,
    /// Is told what came to nothing.
    pub(crate) attention: Arc<NeedsAttention>,
    /// For whoever has a board made on the server: not all at once.
    pub(crate) makers: Arc<Semaphore>,
    /// Is told what the person has to know.
    pub(crate) notices: Arc<Notices>,
    /// The way to the interface.
    pub(crate) outlet: Outlet,
    /// Cancelled when the server refuses the token.
    pub(crate) refused: CancellationToken,
    /// Ends it.
    pub(crate) stop: CancellationToken,
}

/// What was asked has its place in the order; the answer is `None` when the task has ended.
pub(crate) type Asked<T> = Pin<Box<dyn Future<Output = Option<Result<T, Error>>> + Send>>;

type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// A change that the person makes.
#[derive(Debug)]
pub(crate) struct Doings {
    /// What is done.
    pub(crate) proposal: Proposal,
    /// How it came about.
    pub(crate) doing: Doing,
    /// What takes it back.
    pub(crate) inverse: Option<Change>,
}

#[derive(Debug)]
enum Request {
    Show(Answer<BoardCopy>),
    Hide,
    Propose(Box<Doings>, Answer<()>),
    Retry(Box<Taken>, Answer<()>),
    Invite(String, Answer<()>),
    Suspect,
}

/// The way to the task of a followed board. The task ends by itself when nobody looks at the board and nothing waits.
#[derive(Debug, Clone)]
pub(crate) struct FollowedBoard {
    requests: mpsc::UnboundedSender<Request>,
}

impl FollowedBoard {
    /// A followed board, and the task that has to be run for it.
    pub(crate) fn new(
        board_id: BoardId,
        surroundings: Surroundings,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (requests, inbox) = mpsc::unbounded_channel();
        (Self { requests }, task::run(board_id, surroundings, inbox))
    }

    /// Whether the task has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.requests.is_closed()
    }

    /// A copy for the interface, as soon as there is one; the interface is told of everything from there on. `None`
    /// when the task has ended.
    pub(crate) fn show(&self) -> Asked<BoardCopy> {
        self.ask(Request::Show)
    }

    /// The interface shows something else.
    pub(crate) fn hide(&self) {
        // A task that has ended shows nothing.
        drop(self.requests.send(Request::Hide));
    }

    /// Makes a change: it has its place in the order when this returns. The answer says that it is on disk.
    pub(crate) fn propose(&self, doings: Doings) -> Asked<()> {
        self.ask(|answer| Request::Propose(Box::new(doings), answer))
    }

    /// Makes a change that came to nothing once more. It is answered when it is on disk; when it cannot be made, it needs
    /// attention as before.
    pub(crate) fn retry(&self, taken: Taken) -> Asked<()> {
        self.ask(|answer| Request::Retry(Box::new(taken), answer))
    }

    /// Asks somebody onto the board.
    pub(crate) fn invite(&self, email: String) -> Asked<()> {
        self.ask(|answer| Request::Invite(email, answer))
    }

    /// The board may be gone for this person: asks the server.
    pub(crate) fn suspect(&self) {
        drop(self.requests.send(Request::Suspect));
    }

    fn ask<T: Send + 'static>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Asked<T> {
        let (answer, answered) = oneshot::channel();
        // A task that has ended drops the question, and with it the way to answer.
        drop(self.requests.send(request(answer)));
        Box::pin(answered.map(Result::ok))
    }
}
