//! Opening a socket, whatever its transport: who may.
//!
//! The checks come in Phoenix's order: the page that asks, the version, the token.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, HeaderName, Uri, request, uri::Authority};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roost_board::UserId;
use roost_protocol::Vsn;

use super::Ending;
use super::session::Session;
use crate::auth::{AuthError, Authenticated};
use crate::channel::Caller;
use crate::clock;
use crate::limits::{self, Limited, Limiter, SocketPlace};
use crate::metrics::Metrics;
use crate::pubsub::{Mailbox, Registration};
use crate::state::AppState;

/// The sub-protocol that current Phoenix clients ask for, and that the answer has to select.
pub(super) const PHOENIX: &str = "phoenix";

/// What the token follows in the sub-protocol that carries it.
const BEARER: &str = "base64url.bearer.phx.";

/// The header that may carry the token.
pub(super) const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-phoenix-authtoken");

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A page of strangers, a version that is none of ours, or no good token.
    Forbidden,
    /// The server stops, or cannot read its accounts.
    Unavailable,
    /// There are too many already, or they come too often.
    Limited(Limited),
}

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct Admitted {
    authenticated: Authenticated,
    vsn: Vsn,
    place: SocketPlace,
}

/// An open socket, whatever its transport.
pub(super) struct Opened {
    /// What lies behind it.
    pub(super) session: Session,
    /// How long it may live.
    pub(super) lifetime: Duration,
    /// To be kept for as long as the socket is open.
    pub(super) kept: Kept,
}

/// Whom a request for a socket comes from, if they may have one.
///
/// # Errors
/// [`Refusal`]
pub(super) async fn admit(state: &AppState, request: &request::Parts) -> Result<Admitted, Refusal> {
    let asked = Asked::read(&request.uri, &request.headers, &state.config.allowed_origins).ok_or(Refusal::Forbidden)?;
    admit_asked(state, asked, limits::address::caller(request, &state.config.trusted_proxies)).await
}

/// The same, for what was read already from a request that comes from `address`.
///
/// # Errors
/// [`Refusal`]
pub(super) async fn admit_asked(state: &AppState, asked: Asked, address: IpAddr) -> Result<Admitted, Refusal> {
    if state.shutdown.is_cancelled() {
        return Err(Refusal::Unavailable);
    }
    state.limiter.request(address).map_err(Refusal::Limited)?;
    let authenticated = match state.auth.authenticate(&asked.token).await {
        Ok(authenticated) => authenticated,
        Err(AuthError::InvalidToken) => return Err(Refusal::Forbidden),
        Err(AuthError::Unavailable) => return Err(Refusal::Unavailable),
    };
    let place = state.limiter.socket(authenticated.user.id, address).map_err(Refusal::Limited)?;
    Ok(Admitted { authenticated, vsn: asked.vsn, place })
}

impl Admitted {
    /// Who.
    pub(super) const fn user_id(&self) -> UserId {
        self.authenticated.user.id
    }

    /// Opens the socket.
    ///
    /// # Errors
    /// How it ends at once: the token was revoked since it was looked at.
    pub(super) fn open(self, state: &AppState) -> Result<Opened, Ending> {
        let Self { authenticated, vsn, place } = self;
        let limits = &state.config.limits;
        let mailbox = Mailbox::new(state.limiter.queues());
        let registration = state.pubsub.register(&authenticated.token_id, authenticated.user.id, &mailbox);
        // A sign-out after the first check and before the line above did not reach this socket.
        if state.auth.is_revoked(&authenticated.token_id) {
            return Err(Ending::SIGNED_OUT);
        }
        let lifetime = authenticated.expires_at.as_millis().saturating_sub(clock::now().as_millis());
        let lifetime = Duration::from_millis(u64::try_from(lifetime).unwrap_or(0)).min(LIFETIME_MAX);
        let AppState { boards, pubsub, limiter, .. } = state.clone();
        let caller = Caller { user: authenticated.user, boards, pubsub, mailbox, limiter };
        let session = Session::new(caller.into(), vsn, limits);
        let kept = Kept {
            _registration: registration,
            _counted: Counted::new(&state.metrics),
            _place: place,
            limiter: state.limiter.clone(),
        };
        Ok(Opened { session, lifetime, kept })
    }
}

/// What an open socket holds apart from its session.
pub(super) struct Kept {
    _registration: Registration,
    _counted: Counted,
    _place: SocketPlace,
    limiter: Limiter,
}

impl Kept {
    /// Counts the end of the socket, if it is one by a limit.
    pub(super) fn note_end(&self, ending: Ending) {
        if let Some(limit) = ending.limit() {
            self.limiter.note(limit);
        }
    }
}

/// A socket is counted as open for as long as it is kept.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.socket_opened();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.socket_closed();
    }
}

/// The longest that a socket lives; it is opened anew then. A timer cannot be set for all the years that a token could
/// name.
const LIFETIME_MAX: Duration = Duration::from_secs(60 * 60 * 24 * 30);

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) vsn: Vsn,
    pub(super) token: String,
}

impl Asked {
    /// Reads a request; `None` when the page that sends it is a stranger's, when the version is not one of ours, or
    /// when there is no token.
    fn read(uri: &Uri, headers: &HeaderMap, allowed_origins: &[String]) -> Option<Self> {
        if !is_origin_allowed(headers, allowed_origins) {
            return None;
        }
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
        // The last one counts, as in Phoenix.
        let parameter = |name| parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let vsn = parameter("vsn").map_or(Ok(Vsn::V1), Vsn::parse).ok()?;
        let token = match sub_protocols(headers).find_map(|name| name.strip_prefix(BEARER)) {
            Some(encoded) => {
                String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?).ok()?
            }
            None => match headers.get(AUTH_TOKEN) {
                Some(token) => token.to_str().ok()?.to_owned(),
                None => parameter("token")?.to_owned(),
            },
        };
        Some(Self { vsn, token })
    }
}

/// Pages may open sockets to the host they came from, and those that the settings name; programs that are no browsers
/// send no origin.
pub(super) fn is_origin_allowed(headers: &HeaderMap, allowed_origins: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = |authority: &str| Some(authority.parse::<Authority>().ok()?.host().to_ascii_lowercase());
    let of_origin = origin.split_once("://").and_then(|(_, authority)| host(authority));
    let own = headers.get(HOST).and_then(|value| host(value.to_str().ok()?));
    // The port is not compared, as in Phoenix: a proxy may listen on another one.
    of_origin.is_some() && of_origin == own
}

pub(super) fn sub_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::APP_ORIGINS;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn origins() {
        let allowed: Vec<String> = APP_ORIGINS.iter().map(|&origin| origin.to_owned()).collect();
        for (origin, expected) in [
            ("http://roost.example", true),
            ("https://ROOST.example:8443", true),
            ("tauri://localhost", true),
            ("https://tauri.localhost", true),
            ("https://evil.example", false),
            ("https://roost.example.evil.example", false),
            ("https://roost.example@evil.example", false),
            ("https://tauri.localhost.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let headers = headers(&[("host", "roost.example:4000"), ("origin", origin)]);
            assert_eq!(is_origin_allowed(&headers, &allowed), expected, "{origin}");
        }
        assert!(is_origin_allowed(&headers(&[("host", "roost.example")]), &[]));
        assert!(!is_origin_allowed(&headers(&[("origin", "http://roost.example")]), &[]));
    }

    fn read(uri: &str, pairs: &[(&'static str, &str)]) -> Option<(Vsn, String)> {
        Asked::read(&uri.parse().unwrap(), &headers(pairs), &[]).map(|asked| (asked.vsn, asked.token))
    }

    #[test]
    fn the_token_and_the_version() {
        let found = |vsn, token: &str| Some((vsn, token.to_owned()));
        assert_eq!(read("/socket/websocket?token=a.b&vsn=2.0.0", &[]), found(Vsn::V2, "a.b"));
        assert_eq!(read("/socket/websocket?token=a&token=b", &[]), found(Vsn::V1, "b"));
        assert_eq!(read("/socket/websocket?token=a&vsn=3.0.0", &[]), None);
        assert_eq!(read("/socket/websocket?vsn=2.0.0", &[]), None);
        let offered = [("sec-websocket-protocol", "phoenix, base64url.bearer.phx.YS5i")];
        assert_eq!(read("/socket/websocket?token=x", &offered), found(Vsn::V1, "a.b"));
        let garbled = [("sec-websocket-protocol", "phoenix, base64url.bearer.phx.*")];
        assert_eq!(read("/socket/websocket?token=x", &garbled), None);
        assert_eq!(read("/socket/websocket", &[("x-phoenix-authtoken", "a.b")]), found(Vsn::V1, "a.b"));
    }
}
