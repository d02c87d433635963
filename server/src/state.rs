//! What every request and every socket is handed.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Auth;
use crate::boards::Boards;
use crate::config::Config;
use crate::limits::Limiter;
use crate::metrics::Metrics;
use crate::pubsub::PubSub;
use crate::store::Store;

/// What every request and every socket is handed; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    /// What the server was told at its start.
    pub(crate) config: Arc<Config>,
    /// Who is who.
    pub(crate) auth: Auth,
    /// The boards, and the gate before them.
    pub(crate) boards: Boards,
    /// Who is told what.
    pub(crate) pubsub: PubSub,
    /// What is bounded across connections, sockets and requests.
    pub(crate) limiter: Limiter,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// The database, for those who ask whether it is there.
    pub(crate) store: Store,
    /// Cancelled when the server is to stop: sockets say goodbye, new ones are refused.
    pub(crate) shutdown: CancellationToken,
    /// The tasks that a stop waits for; whoever spawns one for longer than a request does it here.
    pub(crate) tasks: TaskTracker,
}
