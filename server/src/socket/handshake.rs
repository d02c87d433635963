//! Opening a socket: who may, and how a request becomes one.
//!
//! The checks come in Phoenix's order: the page that asks, the version, the token, and only then whether the request is
//! an upgrade at all.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, uri::Authority};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use roost_protocol::Vsn;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Outgoing;
use super::connection::{Connection, websocket_config};
use super::ending::{Ending, hang_up};
use super::session::Session;
use crate::auth::{AuthError, Authenticated};
use crate::channel::Caller;
use crate::clock;
use crate::metrics::Metrics;
use crate::pubsub::Mailbox;
use crate::state::AppState;

/// The sub-protocol that current Phoenix clients ask for, and that the answer has to select.
const PHOENIX: &str = "phoenix";

/// What the token follows in the sub-protocol that carries it.
const BEARER: &str = "base64url.bearer.phx.";

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-phoenix-authtoken");

/// Opens a socket.
pub(super) async fn connect(State(state): State<AppState>, mut request: Request) -> Response {
    if request.method() != Method::GET {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if state.shutdown.is_cancelled() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(asked) = Asked::read(request.uri(), request.headers(), &state.config.allowed_origins) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let authenticated = match state.auth.authenticate(&asked.token).await {
        Ok(authenticated) => authenticated,
        Err(AuthError::InvalidToken) => return StatusCode::FORBIDDEN.into_response(),
        Err(AuthError::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let accept_key = match check_upgrade(request.headers()) {
        Ok(key) => derive_accept_key(key.as_bytes()),
        Err(text) => return (StatusCode::BAD_REQUEST, text).into_response(),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return (StatusCode::BAD_REQUEST, "this connection cannot be upgraded").into_response();
    };
    let selects_phoenix = sub_protocols(request.headers()).any(|name| name == PHOENIX);
    let tasks = state.tasks.clone();
    drop(tasks.spawn(serve(state, upgrade, authenticated, asked.vsn)));
    switching_protocols(&accept_key, selects_phoenix)
}

fn switching_protocols(accept_key: &str, selects_phoenix: bool) -> Response {
    let headers = [(CONNECTION, "Upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_ACCEPT, accept_key)];
    let mut response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
    if selects_phoenix {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PHOENIX));
    }
    response
}

/// Owns the socket from its opening to its end.
async fn serve(state: AppState, upgrade: OnUpgrade, authenticated: Authenticated, vsn: Vsn) {
    let connection = match upgrade.await {
        Ok(upgraded) => TokioIo::new(upgraded),
        Err(error) => {
            tracing::debug!(%error, "a socket broke while it was opened");
            return;
        }
    };
    let limits = &state.config.limits;
    let websocket = WebSocketStream::from_raw_socket(connection, Role::Server, Some(websocket_config(limits))).await;
    let mailbox = Mailbox::new(limits.socket_queue);
    let registration = state.pubsub.register(&authenticated.token_id, &mailbox);
    // A sign-out after the first check and before the line above did not reach this socket.
    if state.auth.is_revoked(&authenticated.token_id) {
        return hang_up(websocket, Ending::SIGNED_OUT).await;
    }
    let lifetime = authenticated.expires_at.as_millis().saturating_sub(clock::now().as_millis());
    let lifetime = Duration::from_millis(u64::try_from(lifetime).unwrap_or(0)).min(LIFETIME_MAX);
    let AppState { boards, pubsub, shutdown, .. } = state.clone();
    let caller = Caller { user: authenticated.user, boards, pubsub, mailbox };
    let session = Session::new(caller.into(), limits.channels_per_socket);
    let outgoing = Outgoing::new(vsn);
    let counted = Counted::new(&state.metrics);
    Connection::new(websocket, session, outgoing, limits, lifetime, shutdown.cancelled_owned()).run().await;
    drop((registration, counted));
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
struct Asked {
    vsn: Vsn,
    token: String,
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
fn is_origin_allowed(headers: &HeaderMap, allowed_origins: &[String]) -> bool {
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

fn sub_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The key of a request to become a WebSocket, or in a line why it is none.
fn check_upgrade(headers: &HeaderMap) -> Result<&str, String> {
    must_contain(headers, &CONNECTION, "upgrade")?;
    must_contain(headers, &UPGRADE, "websocket")?;
    let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
    let key = key.ok_or_else(|| format!("'{SEC_WEBSOCKET_KEY}' header is absent"))?;
    match values(headers, &SEC_WEBSOCKET_VERSION).as_slice() {
        ["13"] => Ok(key),
        got => Err(format!("'{SEC_WEBSOCKET_VERSION}' header must equal '13', got {got:?}")),
    }
}

fn must_contain(headers: &HeaderMap, name: &HeaderName, needle: &str) -> Result<(), String> {
    let got = values(headers, name);
    let mut tokens = got.iter().flat_map(|value| value.split(',')).map(str::trim);
    if tokens.any(|token| token.eq_ignore_ascii_case(needle)) {
        Ok(())
    } else {
        Err(format!("'{name}' header must contain '{needle}', got {got:?}"))
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
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

    #[test]
    fn what_is_no_upgrade_is_told_what_is_missing() {
        let good = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        assert_eq!(check_upgrade(&headers(&good)), Ok("dGhlIHNhbXBsZSBub25jZQ=="));
        for (index, value, text) in [
            (0, "close", "'connection' header must contain 'upgrade', got [\"close\"]"),
            (1, "h2c", "'upgrade' header must contain 'websocket', got [\"h2c\"]"),
            (3, "12", "'sec-websocket-version' header must equal '13', got [\"12\"]"),
        ] {
            let mut bad = good;
            bad[index].1 = value;
            assert_eq!(check_upgrade(&headers(&bad)), Err(text.to_owned()));
        }
        assert_eq!(check_upgrade(&headers(&good[..2])), Err("'sec-websocket-key' header is absent".to_owned()));
        assert!(check_upgrade(&HeaderMap::new()).is_err());
    }
}
