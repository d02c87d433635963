//! A server in this process: started, stopped, and nothing lost in between.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use roost_board::UserId;
use roost_protocol::rest::SessionAnswer;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::accept;
use crate::auth::{self, Auth, SecretError, SignUpError};
use crate::boards::Boards;
use crate::config::Config;
use crate::limits::Limiter;
use crate::metrics::Metrics;
use crate::pubsub::PubSub;
use crate::rest;
use crate::state::AppState;
use crate::store::{OpenError, Store};

/// Why a server does not start. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot listen there.
    #[error("cannot listen on {address}: {}", why_not(.source))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no secret to sign tokens with.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database opens but cannot be read.
    #[error("cannot read the database: {0}")]
    Read(String),
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use; stop whatever uses it, or choose another with --listen".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address; choose another with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "this user may not use that port; choose one from 1024 up with --listen".to_owned()
        }
        _ => error.to_string(),
    }
}

/// A server that runs in this process. Dropped, it stops without waiting; [`shutdown`](Self::shutdown) waits.
pub struct Server {
    address: SocketAddr,
    state: AppState,
    serving: JoinHandle<()>,
    _stop: DropGuard,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the data directory and begins to listen; needs a tokio runtime with IO and time.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(config: Config) -> Result<Self, StartError> {
        // First, so that a port in use is found before a database is brought up to date for nothing.
        let listen = |source| StartError::Listen { address: config.listen, source };
        let listener = listen_on(config.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let state = open(config).await?;
        let (router, config, stop) = (rest::router(state.clone()), Arc::clone(&state.config), state.shutdown.clone());
        let serving = {
            let (stop, limiter) = (stop.clone(), state.limiter.clone());
            tokio::spawn(async move { accept::serve(listener, router, &config.limits, limiter, stop).await })
        };
        let (pubsub, stopping) = (state.pubsub.clone(), stop.clone());
        tokio::spawn(async move {
            stopping.cancelled().await;
            pubsub.stop();
        });
        tracing::info!(%address, data_dir = %state.config.data_dir.display(), "serving");
        Ok(Self { address, state, serving, _stop: stop.drop_guard() })
    }

    /// Where it listens; the port is the one that was picked when the configuration said 0.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A session for the one person who uses the server on this machine, for the app that runs it: no sign-up and no
    /// password. The names count only the first time.
    ///
    /// # Errors
    /// [`SignUpError`] for names that cannot be had, or when the database fails.
    pub async fn local_session(&self, first_name: &str, last_name: &str) -> Result<SessionAnswer, SignUpError> {
        self.state.auth.local_session(first_name, last_name).await
    }

    /// Closes all sockets of a person, such as one whose account was locked. They may open new ones with a token that is
    /// still good.
    pub fn disconnect_user(&self, user: UserId) {
        self.state.pubsub.disconnect_user(user);
    }

    /// Stops: takes no new connections, says goodbye to the sockets, finishes what is under way for as long as the
    /// configuration allows, and closes the database. Whatever was acknowledged is on disk.
    pub async fn shutdown(mut self) {
        let state = &self.state;
        state.shutdown.cancel();
        state.tasks.close();
        let finish = async {
            if let Err(error) = (&mut self.serving).await {
                tracing::error!(%error, "serving has ended in a panic");
            }
            state.tasks.wait().await;
            state.boards.close().await;
        };
        if tokio::time::timeout(state.config.limits.stop_time, finish).await.is_err() {
            tracing::warn!("some connections did not end in time");
            self.serving.abort();
        }
        state.store.close().await;
        tracing::info!("stopped");
    }
}

/// How many connections wait to be accepted, at most, as far as the system goes along: after a restart everybody comes
/// back at once, and whoever finds no place waits for a second before the next try.
const BACKLOG: u32 = 4_096;

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that is in use stays so on Windows, where this option means another thing.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Everything behind the listener.
pub(crate) async fn open(config: Config) -> Result<AppState, StartError> {
    let metrics = Arc::new(Metrics::default());
    let pubsub = PubSub::new();
    let (data_dir, given, counted) = (config.data_dir.clone(), config.secret.clone(), Arc::clone(&metrics));
    let task = tokio::task::spawn_blocking(move || {
        let store = Store::open(&data_dir, counted)?;
        Ok((store, auth::secret(&data_dir, given.as_deref())?))
    });
    let (store, secret) = task
        .await
        .map_err(|error| StartError::Read(error.to_string()))
        .and_then(|opened: Result<_, StartError>| opened)?;
    let auth = Auth::new(store.clone(), pubsub.clone(), &secret, &config)
        .await
        .map_err(|error| StartError::Read(error.to_string()))?;
    Ok(AppState {
        auth,
        boards: Boards::new(store.clone(), pubsub.clone(), Arc::clone(&metrics), &config.limits),
        pubsub,
        limiter: Limiter::new(&config, Arc::clone(&metrics)),
        metrics,
        store,
        config: Arc::new(config),
        shutdown: CancellationToken::new(),
        tasks: TaskTracker::new(),
    })
}
