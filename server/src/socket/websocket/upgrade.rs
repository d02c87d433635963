//! How a request becomes a WebSocket.

use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use roost_protocol::Vsn;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::connection::Connection;
use super::goodbye::hang_up;
use super::writer::Writer;
use crate::accept;
use crate::socket::opening::{self, Admitted, PHOENIX, Refusal, sub_protocols};
use crate::socket::{Ending, Outgoing};
use crate::state::AppState;

/// Opens a socket; whether the request is an upgrade at all is asked last, as Phoenix does.
pub(super) async fn connect(State(state): State<AppState>, request: Request) -> Response {
    if request.method() != Method::GET {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (mut parts, _) = request.into_parts();
    let admitted = match opening::admit(&state, &parts).await {
        Ok(admitted) => admitted,
        Err(Refusal::Forbidden) => return StatusCode::FORBIDDEN.into_response(),
        Err(Refusal::Limited(limited)) => return limited.into_response(),
        Err(Refusal::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let accept_key = match check_upgrade(&parts.headers) {
        Ok(key) => derive_accept_key(key.as_bytes()),
        Err(text) => return (StatusCode::BAD_REQUEST, text).into_response(),
    };
    let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
        return (StatusCode::BAD_REQUEST, "this connection cannot be upgraded").into_response();
    };
    let selects_phoenix = sub_protocols(&parts.headers).any(|name| name == PHOENIX);
    let tasks = state.tasks.clone();
    drop(tasks.spawn(serve(state, upgrade, admitted)));
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
async fn serve(state: AppState, upgrade: OnUpgrade, admitted: Admitted) {
    // Apart, so that nothing of the opening stays with the open socket.
    if let Some(connection) = Box::pin(open(state, upgrade, admitted)).await {
        connection.run().await;
    }
}

async fn open(state: AppState, upgrade: OnUpgrade, admitted: Admitted) -> Option<Box<Connection<TcpStream>>> {
    let (stream, unread) = match accept::upgraded(upgrade).await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(%error, "a socket broke while it was opened");
            return None;
        }
    };
    match admitted.open(&state) {
        Ok(opened) => {
            let pace = state.limiter.frames();
            Some(Box::new(Connection::new(stream, unread, opened, pace, &state.config.limits)))
        }
        Err(ending) => {
            if let Ending::Close(code, reason) = ending {
                hang_up(stream, Writer::default(), Outgoing::new(Vsn::V2), Some((code, reason))).await;
            }
            None
        }
    }
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

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
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
