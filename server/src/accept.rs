//! Taking connections, with a limit to how many there are and to how long each may keep the server waiting.
//!
//! `axum::serve` would do but for one thing: it lets a client that sends half of a request, or takes half of an answer,
//! keep its connection for ever.

mod patient;
mod turned_away;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::config::Limits;
use crate::limits::{Limit, Limiter};
use patient::Patient;
use turned_away::TurnedAway;

/// How long nothing is accepted after the system had no room for another connection.
const PAUSE: Duration = Duration::from_millis(500);

/// Answers every connection until `stop`; then takes no more, finishes the requests that are under way for as long as
/// half of the stop may take, and returns. Connections that became sockets are not waited for.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    limiter: Limiter,
    stop: CancellationToken,
) {
    let times = Times::new(limits);
    let turned_away = TurnedAway::new();
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match limiter.connection(peer.ip()) {
                Ok(place) => {
                    let ended = answer(stream, peer, router.clone(), times, stop.clone());
                    let limiter = limiter.clone();
                    connections.spawn(async move {
                        if ended.await.is_err_and(|error| error.is_timeout()) {
                            limiter.note(Limit::HeaderTime);
                        }
                        drop(place);
                    });
                }
                Err(limited) => turned_away.tell(stream, limited),
            },
            // The client has gone away before it was its turn.
            Err(error) if is_about_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again in a moment");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// What hyper is given for a connection.
type Stream = Patient<TcpStream>;

/// The connection itself, once it is to be something else than HTTP, and what was read of that already. Nothing of hyper
/// is kept for it.
///
/// # Errors
/// When the connection broke, or was taken by something other than [`serve`].
pub(crate) async fn upgraded(upgrade: OnUpgrade) -> io::Result<(TcpStream, Bytes)> {
    let upgraded = upgrade.await.map_err(io::Error::other)?;
    let parts = upgraded.downcast::<TokioIo<Stream>>().map_err(|_| io::Error::other("not a connection of ours"))?;
    Ok((parts.io.into_inner().into_inner(), parts.read_buf))
}

/// How long a connection may keep the server waiting.
#[derive(Clone, Copy)]
struct Times {
    /// To send the head of its next request.
    head: Duration,
    /// To take something of what is written to it. A socket sees to that itself; this is for answers.
    taking: Duration,
    /// To end once the server stops.
    stop: Duration,
}

impl Times {
    fn new(limits: &Limits) -> Self {
        Self {
            head: limits.header_time,
            taking: limits.request_time.max(limits.socket_silence),
            stop: limits.stop_time / 2,
        }
    }
}

fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    times: Times,
    stop: CancellationToken,
) -> hyper::Result<()> {
    // Frames are small and matter at once: they are not held back to be joined with the next.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch off the delay of a connection");
    }
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(times.head)
        .serve_connection(TokioIo::new(Stream::new(stream, times.taking)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // What has not come or gone by then is cut off: half of a request, which nobody has begun to answer.
            let Ok(ended) = tokio::time::timeout(times.stop, connection).await else { return Ok(()) };
            ended
        }
    };
    // Whoever was on the other end has gone away, or did not speak HTTP.
    ended.inspect_err(|error| tracing::debug!(%peer, %error, "a connection has ended early"))
}
