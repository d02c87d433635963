//! How long the core waits for a server.

use std::time::Duration;

use roost_channels::Backoff;
use tokio::time::Instant;

/// How long the core waits for a server before it does something else about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The pauses between tries to connect.
    pub backoff: Backoff,
    /// How long a try to connect may take before another is begun beside it.
    pub hang_time: Duration,
    /// How long a connection may stay silent when there is reason to doubt it, before another is tried beside it.
    pub doubt_time: Duration,
    /// Between two heartbeats.
    pub heartbeat_interval: Duration,
    /// How long the answer to a heartbeat may take before the connection is taken for dead.
    pub heartbeat_time: Duration,
    /// How long the server may take to answer a push or a join.
    pub push_time: Duration,
    /// How long the first copy of a board may take.
    pub open_time: Duration,
    /// How long a REST call may take as a whole.
    pub call_time: Duration,
    /// How long somebody who signs out waits for the server to hear of it.
    pub goodbye_time: Duration,
    /// How long to wait before asking a server again that has answered, but not as it should.
    pub retry_after: Duration,
}

impl Default for Patience {
    /// A way that is back is found within 2 s even if no sign of it is seen: that is how far away the next try is at most,
    /// with the time that it takes on a usual network.
    fn default() -> Self {
        Self {
            backoff: Backoff { first: Duration::from_millis(250), max: Duration::from_millis(1500) },
            hang_time: Duration::from_millis(1500),
            doubt_time: Duration::from_millis(750),
            heartbeat_interval: Duration::from_secs(15),
            heartbeat_time: Duration::from_secs(10),
            push_time: Duration::from_secs(10),
            open_time: Duration::from_secs(15),
            call_time: Duration::from_secs(15),
            goodbye_time: Duration::from_secs(2),
            retry_after: Duration::from_millis(1500),
        }
    }
}

/// Waits until then; for ever when there is no such time.
pub(super) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
