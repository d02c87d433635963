//! How much may wait for those who take it slowly.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Limit;
use crate::config::Limits;

/// How much may wait for sockets, and how much does; cheap to clone.
#[derive(Clone)]
pub(crate) struct Queues(Arc<Shared>);

struct Shared {
    messages_max: usize,
    bytes_max: usize,
    bytes_in_all_max: usize,
    n_bytes: AtomicUsize,
    n_sockets: AtomicUsize,
}

impl Queues {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Arc::new(Shared {
            messages_max: limits.socket_queue,
            bytes_max: limits.socket_queue_bytes,
            bytes_in_all_max: limits.queued_bytes,
            n_bytes: AtomicUsize::new(0),
            n_sockets: AtomicUsize::new(0),
        }))
    }

    /// A socket is there, or has gone.
    pub(crate) fn count_socket(&self, is_there: bool) {
        let n_sockets = &self.0.n_sockets;
        if is_there {
            n_sockets.fetch_add(1, Ordering::Relaxed);
        } else {
            n_sockets.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// So many bytes wait for some socket now.
    pub(crate) fn add(&self, n_bytes: usize) {
        self.0.n_bytes.fetch_add(n_bytes, Ordering::Relaxed);
    }

    /// So many bytes do not wait any more.
    pub(crate) fn remove(&self, n_bytes: usize) {
        self.0.n_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
    }

    /// The limit that a socket would come up against if so much waited for it. What waits for all together is no
    /// concern of those who hold less than their share.
    pub(crate) fn limit_of(&self, n_messages: usize, n_bytes: usize) -> Option<Limit> {
        let shared = &*self.0;
        let share = || shared.bytes_in_all_max / shared.n_sockets.load(Ordering::Relaxed).max(1);
        if n_messages > shared.messages_max {
            Some(Limit::SocketQueue)
        } else if n_bytes > shared.bytes_max {
            Some(Limit::SocketQueueBytes)
        } else if shared.n_bytes.load(Ordering::Relaxed) > shared.bytes_in_all_max && n_bytes > share() {
            Some(Limit::QueuedBytes)
        } else {
            None
        }
    }
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").field("n_bytes", &self.0.n_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_more_than_their_share_goes_when_it_is_too_much_in_all() {
        let queues =
            Queues::new(&Limits { socket_queue: 10, socket_queue_bytes: 80, queued_bytes: 100, ..Limits::DEFAULT });
        for _ in 0..4 {
            queues.count_socket(true);
        }
        queues.add(100);
        assert_eq!(queues.limit_of(10, 80), None);
        assert_eq!(queues.limit_of(11, 1), Some(Limit::SocketQueue));
        assert_eq!(queues.limit_of(1, 81), Some(Limit::SocketQueueBytes));
        queues.add(1);
        assert_eq!(queues.limit_of(1, 26), Some(Limit::QueuedBytes));
        assert_eq!(queues.limit_of(1, 25), None);
        queues.count_socket(false);
        assert_eq!(queues.limit_of(1, 33), None);
        queues.remove(1);
        assert_eq!(queues.limit_of(1, 80), None);
    }
}
