//! A followed board: one task that owns its replica and its channel.
//!
//! Proposals go to the server in the order in which they were made, several under way at once. When the connection is
//! lost they stay pending, and after the next join all of them are sent again: the server knows a proposal by its `op`
//! and accepts it once. What waits while there is no connection is kept on disk, and handed in again as
//! [`Following::pending`] at the next start.

mod follower;
mod line;
mod outbox;
mod task;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use roost_board::{BoardId, Proposal, User};
use roost_bridge::BoardCopy;
use roost_channels::Socket;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::boards::Boards;
use super::error::Error;
use super::outlet::Outlet;
use super::patience::Patience;
use super::status::Status;
use super::waiting::Waiting;

/// What a followed board needs of the connection that it is a part of.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Who follows.
    pub(crate) me: User,
    /// How long it may take.
    pub(crate) patience: Patience,
    /// The connection.
    pub(crate) socket: Arc<Socket>,
    /// Keeps the proposals that wait longer than a moment.
    pub(crate) waiting: Waiting,
    /// Is told how many proposals wait.
    pub(crate) status: Arc<Status>,
    /// Is told how the board looks in a line.
    pub(crate) boards: Arc<Boards>,
    /// The way to the interface.
    pub(crate) outlet: Outlet,
    /// Ends it.
    pub(crate) stop: CancellationToken,
}

/// A board to follow.
#[derive(Debug)]
pub(crate) struct Following {
    /// Which board.
    pub(crate) board_id: BoardId,
    /// Proposals that were made before, in order, and still wait for the server's answer.
    pub(crate) pending: Vec<Proposal>,
}

/// What was asked has its place in the order; the answer is `None` when the task has ended.
pub(crate) type Asked<T> = Pin<Box<dyn Future<Output = Option<Result<T, Error>>> + Send>>;

type Answer<T> = oneshot::Sender<Result<T, Error>>;

#[derive(Debug)]
enum Request {
    Show(Answer<BoardCopy>),
    Hide,
    Propose(Proposal, Answer<()>),
    Invite(String, Answer<()>),
}

/// The way to the task of a followed board. The task ends by itself when nobody looks at the board and nothing waits.
#[derive(Debug, Clone)]
pub(crate) struct FollowedBoard {
    requests: mpsc::UnboundedSender<Request>,
}

impl FollowedBoard {
    /// A followed board, and the task that has to be run for it. The task answers what is still to be followed.
    pub(crate) fn new(
        following: Following,
        surroundings: Surroundings,
    ) -> (Self, impl Future<Output = Following> + Send + 'static) {
        let (requests, inbox) = mpsc::unbounded_channel();
        (Self { requests }, task::run(following, surroundings, inbox))
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

    /// Makes a change: it has its place in the order when this returns.
    pub(crate) fn propose(&self, proposal: Proposal) -> Asked<()> {
        self.ask(|answer| Request::Propose(proposal, answer))
    }

    /// Asks somebody onto the board.
    pub(crate) fn invite(&self, email: String) -> Asked<()> {
        self.ask(|answer| Request::Invite(email, answer))
    }

    fn ask<T: Send + 'static>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Asked<T> {
        let (answer, answered) = oneshot::channel();
        // A task that has ended drops the question, and with it the way to answer.
        drop(self.requests.send(request(answer)));
        Box::pin(answered.map(Result::ok))
    }
}
