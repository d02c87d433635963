//! What keeps one from taking what is there for all: places, paces, and the names of the limits.
//!
//! Whoever comes up against a limit is told its name, and each time is counted by that name. Where something is too
//! much *at a time*, it is refused ([`places`]). Where something comes too *often*, it is refused when nothing is lost
//! by asking again, and waits in its order otherwise ([`pace`]): a client that comes back with an outbox of thousands
//! of changes does nothing wrong, and a change refused in the middle of them would put the rest out of order.

pub(crate) mod address;
mod name;
mod pace;
mod places;
mod queues;

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use roost_board::{BoardId, UserId};
use roost_protocol::Payload;
use serde::Serialize;

pub use name::Limit;
pub(crate) use pace::Pace;
pub(crate) use queues::Queues;

use crate::config::{Config, Rate};
use crate::metrics::Metrics;
use pace::Paces;
use places::{Place, Places};

/// How soon to come back when the server cannot say.
const SOON: Duration = Duration::from_secs(5);

/// What is counted across connections, sockets and requests; cheap to clone.
#[derive(Clone)]
pub(crate) struct Limiter(Arc<Inner>);

struct Inner {
    metrics: Arc<Metrics>,
    trusted_proxies: Vec<IpNet>,
    connections: Places<()>,
    connections_per_address: Places<IpAddr>,
    sockets: Places<()>,
    sockets_per_address: Places<IpAddr>,
    sockets_per_user: Places<UserId>,
    frames_per_socket: Rate,
    proposals_per_user: Paces<UserId>,
    proposals_per_board: Paces<BoardId>,
    requests_per_address: Paces<IpAddr>,
    sign_ups_per_address: Paces<IpAddr>,
    queues: Queues,
}

/// The refusal of something that was too much or too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    /// What of.
    pub(crate) limit: Limit,
    /// How soon to come back.
    wait: Duration,
}

/// What the answer to a proposal that had to wait for its turn says of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Throttled {
    limit: &'static str,
    waited_ms: u64,
}

/// The place of a connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPlace {
    _in_all: Place<()>,
    _of_address: Option<Place<IpAddr>>,
}

/// The place of a socket, until it is dropped.
#[derive(Debug)]
pub(crate) struct SocketPlace {
    _in_all: Place<()>,
    _of_address: Place<IpAddr>,
    _of_user: Place<UserId>,
}

impl Limiter {
    pub(crate) fn new(config: &Config, metrics: Arc<Metrics>) -> Self {
        let limits = &config.limits;
        Self(Arc::new(Inner {
            metrics,
            trusted_proxies: config.trusted_proxies.clone(),
            connections: Places::new(limits.connections),
            connections_per_address: Places::new(limits.connections_per_address),
            sockets: Places::new(limits.sockets),
            sockets_per_address: Places::new(limits.sockets_per_address),
            sockets_per_user: Places::new(limits.sockets_per_user),
            frames_per_socket: limits.frames_per_socket,
            proposals_per_user: Paces::new(limits.proposals_per_user),
            proposals_per_board: Paces::new(limits.proposals_per_board),
            requests_per_address: Paces::new(limits.requests_per_address),
            sign_ups_per_address: Paces::new(limits.sign_ups_per_address),
            queues: Queues::new(limits),
        }))
    }

    /// Somebody has come up against a limit.
    pub(crate) fn note(&self, limit: Limit) {
        self.0.metrics.limited(limit);
    }

    /// A place for a connection from `peer`. A trusted proxy's connections are those of many.
    pub(crate) fn connection(&self, peer: IpAddr) -> Result<ConnectionPlace, Limited> {
        let inner = &*self.0;
        let of_address = if address::is_trusted(peer, &inner.trusted_proxies) {
            None
        } else {
            let place = inner.connections_per_address.take(address::network(peer));
            Some(self.expect_place(place, Limit::ConnectionsPerAddress)?)
        };
        let in_all = self.expect_place(inner.connections.take(()), Limit::Connections)?;
        Ok(ConnectionPlace { _in_all: in_all, _of_address: of_address })
    }

    /// A place for a socket of `user`, who asks from `address`.
    pub(crate) fn socket(&self, user: UserId, address: IpAddr) -> Result<SocketPlace, Limited> {
        let inner = &*self.0;
        let of_user = self.expect_place(inner.sockets_per_user.take(user), Limit::SocketsPerUser)?;
        let of_address = inner.sockets_per_address.take(address::network(address));
        let of_address = self.expect_place(of_address, Limit::SocketsPerAddress)?;
        let in_all = self.expect_place(inner.sockets.take(()), Limit::Sockets)?;
        Ok(SocketPlace { _in_all: in_all, _of_address: of_address, _of_user: of_user })
    }

    /// A request from `address`.
    pub(crate) fn request(&self, address: IpAddr) -> Result<(), Limited> {
        self.expect_pace(&self.0.requests_per_address, address, Limit::RequestsPerAddress)
    }

    /// An account to be made from `address`.
    pub(crate) fn sign_up(&self, address: IpAddr) -> Result<(), Limited> {
        self.expect_pace(&self.0.sign_ups_per_address, address, Limit::SignUpsPerAddress)
    }

    /// The refusal of one channel too many: Phoenix's reason, and the limit.
    pub(crate) fn too_many_channels(&self) -> Payload {
        let limit = Limit::ChannelsPerSocket;
        self.note(limit);
        let refusal = serde_json::json!({ "reason": "too many channels joined", "limit": limit.name() });
        Payload::json(&refusal).expect("JSON can be written as JSON")
    }

    /// How much may wait for sockets.
    pub(crate) fn queues(&self) -> Queues {
        self.0.queues.clone()
    }

    /// The pace of a socket's frames.
    pub(crate) fn frames(&self) -> Pace {
        Pace::new(self.clone())
    }

    /// Waits until it is the turn of a proposal of so many bytes; says so if it had to wait.
    pub(crate) async fn proposal(&self, user: UserId, board: BoardId, n_bytes: usize) -> Option<Throttled> {
        let of_user = self.wait(&self.0.proposals_per_user, user, n_bytes, Limit::ProposalsPerUser).await;
        // Only then, so that nobody can reserve the board's turns faster than they may propose.
        let of_board = self.wait(&self.0.proposals_per_board, board, n_bytes, Limit::ProposalsPerBoard).await;
        match (of_user, of_board) {
            (Some(one), Some(other)) if one.waited_ms < other.waited_ms => Some(other),
            (one, other) => one.or(other),
        }
    }

    async fn wait<K: Hash + Eq>(&self, paces: &Paces<K>, key: K, n_bytes: usize, limit: Limit) -> Option<Throttled> {
        let wait = paces.reserve(key, n_bytes);
        if wait.is_zero() {
            return None;
        }
        self.note(limit);
        tokio::time::sleep(wait).await;
        // A wait of less than a millisecond is one too.
        let waited_ms = u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        Some(Throttled { limit: limit.name(), waited_ms })
    }

    fn expect_place<T>(&self, place: Option<T>, limit: Limit) -> Result<T, Limited> {
        place.ok_or_else(|| {
            self.note(limit);
            Limited { limit, wait: SOON }
        })
    }

    fn expect_pace(&self, paces: &Paces<IpAddr>, address: IpAddr, limit: Limit) -> Result<(), Limited> {
        paces.take(address::network(address)).map_err(|wait| {
            self.note(limit);
            Limited { limit, wait }
        })
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").finish_non_exhaustive()
    }
}

impl Limited {
    /// 503 for what is for all together, since whoever asks has done nothing; else 429.
    pub(crate) const fn status(self) -> StatusCode {
        if self.limit.is_for_all() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::TOO_MANY_REQUESTS }
    }

    /// The code for programs.
    pub(crate) const fn code(self) -> &'static str {
        if self.limit.is_for_all() { "unavailable" } else { "too_many" }
    }

    /// In seconds, rounded up: who comes back when they were told to is let through.
    pub(crate) const fn retry_after(self) -> u64 {
        self.wait.as_secs() + (self.wait.subsec_nanos() > 0) as u64
    }

    /// The body of the answer.
    pub(crate) fn body(self) -> String {
        let (code, message, limit) = (self.code(), self.limit.message(), self.limit.name());
        serde_json::json!({ "error": { "code": code, "message": message, "limit": limit } }).to_string()
    }
}

impl IntoResponse for Limited {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (RETRY_AFTER, HeaderValue::from(self.retry_after())),
        ];
        (self.status(), headers, self.body()).into_response()
    }
}
