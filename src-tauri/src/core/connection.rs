//! One signed-in account's way to its server: a socket, the topic of the person, the followed boards.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roost_board::{BoardId, BoardSummary, Proposal, User};
use roost_bridge::{BoardCopy, BoardsPage, ConnectionPhase};
use roost_channels::{ChannelEvent, Payload, PayloadError, Socket, SocketConfig, SocketState};
use roost_protocol::payload::{BoardAdded, BoardRemoved};
use roost_protocol::{Topic, event};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::boards::Boards;
use super::error::Error;
use super::followed::{FollowedBoard, Following, Surroundings};
use super::lock;
use super::outlet::Outlet;
use super::patience::{Patience, sleep_until};
use super::rest::{Rest, Token};
use super::status::Status;
use super::waiting::Waiting;

/// How long the end of the tasks is waited for.
const END_TIME: Duration = Duration::from_secs(2);

/// The connection of one account.
#[derive(Debug)]
pub(crate) struct Connection {
    rest: Rest,
    surroundings: Surroundings,
    followed: Mutex<HashMap<BoardId, FollowedBoard>>,
    unfinished: Arc<Mutex<Vec<Following>>>,
    refused: CancellationToken,
    tasks: TaskTracker,
}

impl Connection {
    /// How to reach the socket of a server.
    pub(crate) fn config(address: &str, token: &Token, patience: &Patience) -> Result<SocketConfig, Error> {
        let mut config = SocketConfig::new(&format!("{address}/socket")).map_err(|error| {
            tracing::error!(address, %error, "no address of a socket");
            Error::Unreachable(address.to_owned())
        })?;
        config.auth_token = Some(token.reveal().to_owned());
        config.heartbeat_interval = patience.heartbeat_interval;
        config.heartbeat_timeout = patience.heartbeat_time;
        config.backoff = patience.backoff;
        config.hang_time = patience.hang_time;
        config.doubt_time = patience.doubt_time;
        Ok(config)
    }

    /// Starts connecting, and follows the boards whose changes still wait.
    pub(crate) fn start(
        me: User,
        rest: Rest,
        config: SocketConfig,
        waiting: Waiting,
        status: Arc<Status>,
        outlet: Outlet,
        unfinished: Vec<Following>,
    ) -> Arc<Self> {
        status.set_phase(ConnectionPhase::Connecting);
        let surroundings = Surroundings {
            socket: Arc::new(Socket::connect(config)),
            boards: Arc::new(Boards::new(me.id, outlet.clone())),
            me,
            patience: *rest.patience(),
            waiting,
            status,
            outlet,
            stop: CancellationToken::new(),
        };
        let connection = Arc::new(Self {
            rest,
            surroundings,
            followed: Mutex::default(),
            unfinished: Arc::default(),
            refused: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        connection.spawn_tasks();
        for following in unfinished {
            connection.follow(following);
        }
        connection
    }

    fn spawn_tasks(&self) {
        let stop = self.surroundings.stop.clone();
        let surroundings = self.surroundings.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(follow_person(surroundings)).await });

        let Surroundings { stop, boards, status, .. } = self.surroundings.clone();
        let (rest, refused) = (self.rest.clone(), self.refused.clone());
        self.tasks.spawn(async move {
            if stop.run_until_cancelled(boards.run(&rest, &status)).await.is_some() {
                refused.cancel();
            }
        });
    }

    /// Cancelled when the server refuses the token.
    pub(crate) fn refused(&self) -> CancellationToken {
        self.refused.clone()
    }

    /// Cancelled when the connection is shut down.
    pub(crate) fn stopped(&self) -> CancellationToken {
        self.surroundings.stop.clone()
    }

    /// The REST calls of the account.
    pub(crate) const fn rest(&self) -> &Rest {
        &self.rest
    }

    /// The page of boards.
    pub(crate) fn boards(&self) -> BoardsPage {
        self.surroundings.boards.page()
    }

    /// Tries at once, or makes sure that the connection is alive.
    pub(crate) fn reconnect(&self) {
        self.surroundings.socket.reconnect_now();
    }

    /// Makes a board.
    pub(crate) async fn create_board(&self, id: BoardId, name: String) -> Result<BoardSummary, Error> {
        let board = self.called(self.rest.create_board(id, name).await)?;
        if self.surroundings.stop.is_cancelled() {
            // Whoever asked has signed out meanwhile, and the page may be somebody else's.
            return Err(Error::SignedOut);
        }
        self.surroundings.boards.put(board.clone());
        Ok(board)
    }

    /// A copy of a board that the interface shows from now on: it is asked for when this returns.
    pub(crate) fn open_board(
        self: &Arc<Self>,
        board_id: BoardId,
    ) -> impl Future<Output = Result<BoardCopy, Error>> + Send + 'static + use<> {
        let connection = self.clone();
        let mut board = self.follow(Following { board_id, pending: Vec::new() });
        let mut copy = board.show();
        async move {
            loop {
                match timeout(connection.surroundings.patience.open_time, copy).await {
                    Ok(Some(outcome)) => return outcome,
                    Ok(None) if connection.surroundings.stop.is_cancelled() => return Err(Error::SignedOut),
                    // It has ended in this moment, as one that nobody needed any more.
                    Ok(None) => {
                        board = connection.follow(Following { board_id, pending: Vec::new() });
                        copy = board.show();
                    }
                    Err(_) => {
                        board.hide();
                        connection.reconnect();
                        return Err(Error::Unreachable(connection.rest.address().to_owned()));
                    }
                }
            }
        }
    }

    /// The interface shows another page.
    pub(crate) fn close_board(&self, board_id: BoardId) {
        if let Some(board) = lock(&self.followed).get(&board_id) {
            board.hide();
        }
        // What others have done meanwhile on other boards is to be seen there.
        self.surroundings.boards.refresh();
    }

    /// Makes a change: it has its place in the order when this returns.
    pub(crate) fn propose(
        &self,
        board_id: BoardId,
        proposal: Proposal,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let proposed = lock(&self.followed).get(&board_id).map(|board| board.propose(proposal));
        async move { proposed.ok_or(Error::NoSuchBoard)?.await.ok_or(Error::NoSuchBoard)? }
    }

    /// Asks somebody onto a board.
    pub(crate) async fn invite(&self, board_id: BoardId, email: String) -> Result<(), Error> {
        let board = lock(&self.followed).get(&board_id).cloned().ok_or(Error::NoSuchBoard)?;
        board.invite(email).await.ok_or(Error::NoSuchBoard)?
    }

    /// Ends everything; answers what still waits for the server's answer.
    pub(crate) async fn shutdown(self: Arc<Self>) -> Vec<Following> {
        self.surroundings.stop.cancel();
        self.tasks.close();
        if timeout(END_TIME, self.tasks.wait()).await.is_err() {
            tracing::warn!("a task of the connection does not end");
        }
        let unfinished = std::mem::take(&mut *lock(&self.unfinished));
        // A command that is still under way keeps the socket; then it closes when that is done.
        let socket = Arc::into_inner(self).and_then(|connection| Arc::into_inner(connection.surroundings.socket));
        if let Some(socket) = socket {
            socket.shutdown().await;
        }
        unfinished
    }

    fn follow(&self, following: Following) -> FollowedBoard {
        let board_id = following.board_id;
        let mut followed = lock(&self.followed);
        followed.retain(|_, board| !board.has_ended());
        if let Some(board) = followed.get(&board_id) {
            return board.clone();
        }
        let (board, task) = FollowedBoard::new(following, self.surroundings.clone());
        followed.insert(board_id, board.clone());
        let unfinished = self.unfinished.clone();
        self.tasks.spawn(async move {
            let left = task.await;
            if !left.pending.is_empty() {
                lock(&unfinished).push(left);
            }
        });
        board
    }

    /// Notes it when a call says that the token is refused.
    fn called<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if matches!(answer, Err(Error::TokenRefused)) {
            self.refused.cancel();
        }
        answer
    }
}

/// Follows the topic of the person, and with it the connection as a whole.
async fn follow_person(surroundings: Surroundings) {
    let Surroundings { me, patience, socket, status, boards, .. } = &surroundings;
    let mut states = socket.states();
    let mut retry_at = None;
    loop {
        let (_channel, mut events) = socket.channel(&Topic::Users(me.id).to_string(), || serde_json::json!({}));
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(ChannelEvent::Joined { .. }) => {
                        status.set_phase(ConnectionPhase::Live);
                        boards.refresh();
                    }
                    Some(ChannelEvent::Message { event, payload }) => {
                        if let Err(error) = hear(boards, &event, &payload) {
                            tracing::warn!(event, %error, "a message that cannot be read");
                        }
                    }
                    Some(ChannelEvent::Disconnected) => status.set_phase(ConnectionPhase::Offline),
                    Some(ChannelEvent::Refused { response }) => {
                        tracing::error!(?response, "the server does not let us into our own topic");
                        break;
                    }
                    Some(ChannelEvent::Closed) => break,
                    // The socket has ended.
                    None => return,
                },
                Ok(()) = states.changed() => {
                    let state = *states.borrow_and_update();
                    retry_at = heed(state, &surroundings);
                }
                () = sleep_until(retry_at) => {
                    retry_at = None;
                    socket.reconnect_now();
                }
            }
        }
        status.set_phase(ConnectionPhase::Offline);
        sleep(patience.retry_after).await;
    }
}

/// Tells what a state means for the person; answers when the socket is to try again, if it does not do so by itself.
fn heed(state: SocketState, surroundings: &Surroundings) -> Option<Instant> {
    match state {
        // The channel says when it is joined.
        SocketState::Connecting | SocketState::Open | SocketState::Closed => None,
        SocketState::Waiting { .. } => {
            surroundings.status.set_phase(ConnectionPhase::Offline);
            None
        }
        SocketState::Refused { status } => {
            tracing::info!(status, "the socket was refused");
            surroundings.status.set_phase(ConnectionPhase::Offline);
            // A proxy may have its own reasons. Whether it is the token, this call tells.
            surroundings.boards.refresh();
            Some(Instant::now() + surroundings.patience.retry_after)
        }
    }
}

fn hear(boards: &Boards, event: &str, payload: &Payload) -> Result<(), PayloadError> {
    match event {
        event::BOARD_ADDED => payload.parse().map(|BoardAdded { board }| boards.put(board)),
        event::BOARD_REMOVED => payload.parse().map(|BoardRemoved { board_id }| boards.remove(board_id)),
        // A later server may say more than this app knows.
        _ => Ok(()),
    }
}
