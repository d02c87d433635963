//! The channel of a followed board.

use std::sync::{Arc, Mutex};

use roost_board::Seq;
use roost_channels::{Channel, ChannelEvents, Socket};
use roost_protocol::Topic;
use roost_protocol::payload::JoinBoard;

use crate::core::lock;

/// The channel of a followed board. Opening another one for the board closes it.
pub(super) struct Line {
    pub(super) channel: Arc<Channel>,
    pub(super) events: ChannelEvents,
    pub(super) is_joined: bool,
    since: Arc<Mutex<Option<Seq>>>,
}

impl Line {
    /// Joins for what came after `since`, or for the whole board.
    pub(super) fn open(socket: &Socket, topic: Topic, since: Option<Seq>) -> Self {
        let since = Arc::new(Mutex::new(since));
        let asked = since.clone();
        let (channel, events) = socket.channel(&topic.to_string(), move || {
            serde_json::to_value(JoinBoard { since: *lock(&asked) }).expect("a join is plain JSON")
        });
        Self { channel: Arc::new(channel), events, is_joined: false, since }
    }

    /// Whether it was joined for what came after some entry, rather than for the whole board.
    pub(super) fn was_asked_since(&self) -> bool {
        lock(&self.since).is_some()
    }

    /// The next join asks for what comes after `seq`. Until the first join has succeeded, what it asks for stays.
    pub(super) fn note(&self, seq: Option<Seq>) {
        if self.is_joined {
            *lock(&self.since) = seq;
        }
    }
}
