//! A topic that is joined.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use roost_protocol::Payload;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::backlog::{self, Taker};
use crate::task::{self, Command};
use crate::topics::{Answer, JoinPayload, NewChannel, Push};

const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// What happens on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelEvent {
    /// It is joined, for the first time or again. What was sent before is not repeated by the server: whoever needs it
    /// all asks for it in the payload of the join, and finds it in the response.
    Joined {
        /// The server's answer to the join.
        response: Payload,
    },
    /// The server has refused the join. The next try is after the next reconnect.
    Refused {
        /// The server's answer to the join.
        response: Payload,
    },
    /// The server says something. Comes only between `Joined` and the next other event.
    Message {
        /// The event's name.
        event: String,
        /// What it carries.
        payload: Payload,
    },
    /// It is no longer joined, since the connection is lost or the channel has failed on the server. It will be joined
    /// again.
    Disconnected,
    /// The server has closed it, or another channel was opened for its topic. It will not be joined again; this is the
    /// last event.
    Closed,
}

/// Why a push has no answer, or a bad one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The server has answered with another status than `ok`.
    #[error("the server refused it: {0:?}")]
    Refused(Payload),
    /// No answer came in time; the server may have done it.
    #[error("the server did not answer in time")]
    Timeout,
    /// There is no connection, or it was lost before the answer came; the server may have done it.
    #[error("the connection is lost")]
    Disconnected,
    /// The channel or the socket is closed, or the join was refused. If it closed before the answer came, the server may
    /// have done it.
    #[error("the channel is closed")]
    Closed,
    /// The payload cannot be written as JSON.
    #[error("the payload cannot be written: {0}")]
    Payload(String),
}

/// A topic joined on a [`Socket`](crate::Socket). Dropping it leaves the topic.
pub struct Channel {
    commands: mpsc::UnboundedSender<Command>,
    topic: String,
    id: u64,
}

/// What happens on a channel, in the order in which the server said it.
///
/// Events wait here until they are received. When they are many, as [`SocketConfig::max_waiting`] has it, the socket
/// reads nothing more before some of them are: a channel's owner keeps receiving, also while it waits for an answer.
///
/// [`SocketConfig::max_waiting`]: crate::SocketConfig::max_waiting
#[derive(Debug)]
pub struct ChannelEvents(pub(crate) Taker);

impl ChannelEvents {
    /// The next event; `None` when the channel is closed or left, or the socket has ended.
    ///
    /// May be dropped at any await point without losing an event.
    pub async fn recv(&mut self) -> Option<ChannelEvent> {
        self.0.recv().await
    }
}

impl Channel {
    pub(crate) fn open(
        commands: mpsc::UnboundedSender<Command>,
        topic: &str,
        join_payload: JoinPayload,
    ) -> (Self, ChannelEvents) {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (teller, events) = backlog::events();
        let topic = topic.to_owned();
        task::send(&commands, Command::Open(NewChannel { id, topic: topic.clone(), join_payload, teller }));
        (Self { commands, topic, id }, events)
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Sends an event and waits for the answer: the response of a reply with status `ok`.
    ///
    /// While the channel is being joined, pushes wait for it, within their time. With no connection they fail at once:
    /// whether to try again is for the owner to say. Pushes are sent in the order in which they were first polled.
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn push(&self, event: &str, payload: impl Serialize, timeout: Duration) -> Result<Payload, PushError> {
        let payload = Payload::json(&payload).map_err(|error| PushError::Payload(error.to_string()))?;
        self.push_payload(event, payload, timeout).await
    }

    /// As [`push`](Self::push), with a payload that is written already, or binary.
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn push_payload(&self, event: &str, payload: Payload, timeout: Duration) -> Result<Payload, PushError> {
        let (answer, receiver) = oneshot::channel::<Answer>();
        let push = Push { event: event.to_owned(), payload, answer };
        task::send(&self.commands, Command::Push { topic: self.topic.clone(), id: self.id, push });
        match tokio::time::timeout(timeout, receiver).await {
            Ok(Ok(answer)) => answer,
            // The task has ended and dropped everything that it had.
            Ok(Err(_)) => Err(PushError::Closed),
            Err(_) => Err(PushError::Timeout),
        }
    }

    /// Leaves the topic and waits until the server says so, 5 s at most. With no connection there is nothing to wait
    /// for.
    pub async fn leave(self) {
        let (done, receiver) = oneshot::channel();
        task::send(&self.commands, Command::Leave { topic: self.topic.clone(), id: self.id, done: Some(done) });
        // However it ends, the channel is left as far as this side is concerned.
        tokio::time::timeout(LEAVE_TIMEOUT, receiver).await.ok();
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let topic = std::mem::take(&mut self.topic);
        task::send(&self.commands, Command::Leave { topic, id: self.id, done: None });
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("topic", &self.topic).finish_non_exhaustive()
    }
}
