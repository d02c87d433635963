//! A connection that is kept open.

use std::sync::Arc;
use std::time::Duration;

use roost_protocol::Payload;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::channel::{Channel, ChannelEvents};
use crate::choice::Choice;
use crate::config::SocketConfig;
use crate::task;
use crate::transport::Transport;

/// Where a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketState {
    /// It tries to connect, and has no reason yet to think that this fails.
    Connecting,
    /// It is connected, by the transport that [`Socket::transport`] tells; channels are joined or being joined.
    Open,
    /// The connection was lost, or a try to connect has failed or hangs.
    Waiting {
        /// The pause before the next try, counted from when the state was entered. Those that hang go on.
        retry_in: Duration,
    },
    /// The server has refused the handshake, as it does for a bad token: there is no next try before
    /// [`Socket::reconnect_now`].
    Refused {
        /// The status of the refusal, 403.
        status: u16,
    },
    /// It was shut down.
    Closed,
}

/// A connection to a Phoenix server that is kept open until this is dropped or shut down.
///
/// Dropping it closes the connection like [`shutdown`](Self::shutdown), but waits for nothing.
#[derive(Debug)]
pub struct Socket {
    commands: mpsc::UnboundedSender<task::Command>,
    states: watch::Receiver<SocketState>,
    transport: watch::Receiver<Transport>,
    task: JoinHandle<()>,
    /// Cancelled when this is dropped; with it the task ends.
    stop: DropGuard,
}

impl Socket {
    /// Starts connecting and returns at once; [`states`](Self::states) tells what becomes of it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn connect(config: SocketConfig) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (state, states) = watch::channel(SocketState::Connecting);
        let stop = CancellationToken::new();
        let choice = Arc::new(Choice::new(&config));
        let transport = choice.watch();
        let task = tokio::spawn(task::run(config, choice, receiver, state, stop.clone()));
        Self::new(commands, states, transport, task, stop)
    }

    pub(crate) fn new(
        commands: mpsc::UnboundedSender<task::Command>,
        states: watch::Receiver<SocketState>,
        transport: watch::Receiver<Transport>,
        task: JoinHandle<()>,
        stop: CancellationToken,
    ) -> Self {
        Self { commands, states, transport, task, stop: stop.drop_guard() }
    }

    /// The states from now on.
    #[must_use]
    pub fn states(&self) -> watch::Receiver<SocketState> {
        self.states.clone()
    }

    /// The transport on which the server said something last: the one in use while the socket is open, and the one that
    /// is tried first when it is not. Before anything was said it is [`SocketConfig::transport`]; an application that
    /// keeps what this tells and sets that field to it at its next start need not find out again that WebSockets are
    /// blocked.
    #[must_use]
    pub fn transport(&self) -> watch::Receiver<Transport> {
        self.transport.clone()
    }

    /// Tries at once instead of after the pause, also after a refusal, and beside a try that hangs: the network has
    /// changed, the machine woke up, somebody looks. On a connection that is open it sends a heartbeat, since such a
    /// connection may be dead without knowing it; when that has no answer soon, as [`SocketConfig::doubt_time`] has it, it
    /// tries to connect beside it, and keeps what answers first; with no answer from either it is taken for lost. A network
    /// that is only slow loses nothing by this.
    pub fn reconnect_now(&self) {
        task::send(&self.commands, task::Command::ReconnectNow);
    }

    /// Opens a channel: it is joined now or when the socket is open, and joined again after every reconnect. The
    /// payload of the join is asked for at each join.
    ///
    /// There is one channel for a topic: opening a second closes the first.
    pub fn channel(
        &self,
        topic: &str,
        join_payload: impl Fn() -> Value + Send + Sync + 'static,
    ) -> (Channel, ChannelEvents) {
        let join_payload = move || Payload::json(&join_payload()).expect("a JSON value can be written as JSON");
        Channel::open(self.commands.clone(), topic, Box::new(join_payload))
    }

    /// Closes the connection, a WebSocket with code 1000, and waits until the task has ended. Over long poll, where a
    /// server sees only that nobody polls any more, its channels are left. Channels end; pushes under way fail
    /// with [`PushError::Closed`](crate::PushError::Closed).
    pub async fn shutdown(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        if let Err(error) = task.await {
            tracing::error!(%error, "the socket's task has failed");
        }
    }
}
