//! The channel of a followed board.

use std::future::pending;
use std::sync::{Arc, Mutex};

use roost_board::Seq;
use roost_board::durable::JoinFrom;
use roost_channels::{Channel, ChannelEvent, ChannelEvents, Socket};
use roost_protocol::Topic;
use roost_protocol::payload::JoinBoard;

use crate::core::lock;

/// The channel of a followed board. Opening another one for the board closes it.
pub(super) struct Line {
    pub(super) channel: Arc<Channel>,
    pub(super) events: ChannelEvents,
    since: Arc<Mutex<Option<Seq>>>,
}

impl Line {
    /// Joins as soon as there is a connection.
    pub(super) fn open(socket: &Socket, topic: Topic, from: JoinFrom) -> Self {
        let since = Arc::new(Mutex::new(since(from)));
        let asked = since.clone();
        let (channel, events) = socket.channel(&topic.to_string(), move || {
            serde_json::to_value(JoinBoard { since: *lock(&asked) }).expect("a join is plain JSON")
        });
        Self { channel: Arc::new(channel), events, since }
    }

    /// Whether it is joined for what came after some entry, rather than for the whole board.
    pub(super) fn was_asked_since(&self) -> bool {
        lock(&self.since).is_some()
    }

    /// The next join is from there.
    pub(super) fn note(&self, from: JoinFrom) {
        *lock(&self.since) = since(from);
    }

    /// The next event of a line, if there is one; without it, waits for ever. May be dropped without losing an event.
    pub(super) async fn next(line: &mut Option<Self>) -> Option<ChannelEvent> {
        match line {
            Some(line) => line.events.recv().await,
            None => pending().await,
        }
    }
}

const fn since(from: JoinFrom) -> Option<Seq> {
    match from {
        JoinFrom::Since(seq) => Some(seq),
        JoinFrom::Start => None,
    }
}
