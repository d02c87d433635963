//! Which transport a socket begins with, by what has become of them so far.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use crate::config::SocketConfig;
use crate::transport::Transport;

/// How many WebSockets in a row on which nothing came are taken for blocked.
const MUTE_MAX: u32 = 2;

/// Which transport comes first.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The one that carried something last.
    works: watch::Sender<Transport>,
    /// How many WebSockets have ended since without a word from the server.
    n_mute: AtomicU32,
    may_change: bool,
}

impl Choice {
    pub(crate) fn new(config: &SocketConfig) -> Self {
        Self { works: watch::Sender::new(config.transport), n_mute: AtomicU32::new(0), may_change: config.fallback }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Transport> {
        self.works.subscribe()
    }

    /// The transport to begin with.
    pub(crate) fn first(&self) -> Transport {
        let is_mute = self.may_change && self.n_mute.load(Ordering::Relaxed) >= MUTE_MAX;
        if is_mute { Transport::LongPoll } else { *self.works.borrow() }
    }

    /// The server said something on this one.
    pub(crate) fn works(&self, transport: Transport) {
        self.n_mute.store(0, Ordering::Relaxed);
        let is_other = self.works.send_if_modified(|works| std::mem::replace(works, transport) != transport);
        if is_other {
            tracing::info!(%transport, "another transport is used from now on");
        }
    }

    /// A WebSocket has ended that was open, and on which nothing ever came.
    pub(crate) fn was_mute(&self) {
        self.n_mute.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_worked_last_comes_first() {
        let choice = Choice::new(&SocketConfig::new("ws://localhost/socket").unwrap());
        assert_eq!(choice.first(), Transport::WebSocket);
        choice.works(Transport::LongPoll);
        assert_eq!(choice.first(), Transport::LongPoll);
        choice.works(Transport::WebSocket);
        assert_eq!(choice.first(), Transport::WebSocket);
    }

    #[test]
    fn sockets_that_stay_mute_are_not_trusted() {
        let mut config = SocketConfig::new("ws://localhost/socket").unwrap();
        let choice = Choice::new(&config);
        choice.was_mute();
        assert_eq!(choice.first(), Transport::WebSocket);
        choice.was_mute();
        assert_eq!(choice.first(), Transport::LongPoll);
        assert_eq!(*choice.watch().borrow(), Transport::WebSocket, "nothing else has been shown to work");
        choice.works(Transport::WebSocket);
        assert_eq!(choice.first(), Transport::WebSocket);

        config.fallback = false;
        let choice = Choice::new(&config);
        (0..9).for_each(|_| choice.was_mute());
        assert_eq!(choice.first(), Transport::WebSocket);
    }
}
