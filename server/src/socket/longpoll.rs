//! The long-poll transport, at `/socket/longpoll`: for networks that let no WebSocket through.
//!
//! A GET opens a session or waits for messages of one, a POST brings messages of the client. Between the requests a task
//! [keeps](keeper) the session. As with Phoenix, the status that counts is in the body of the answer.

mod answer;
mod body;
#[cfg(any(fuzzing, test))]
pub(super) mod fuzzed;
mod keeper;
mod lines;
mod poll;
mod post;
mod request;
mod sent;
mod sessions;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::opening::is_origin_allowed;
use crate::state::AppState;
use answer::{FORBIDDEN, status};
use keeper::Handle;
use request::Asked;
use sessions::Sessions;

/// Where sessions are opened and used, with and without a slash at the end.
pub(super) fn routes() -> Router<AppState> {
    let sessions = Sessions::default();
    let handler = any(move |State(state): State<AppState>, request: Request| answer(state, sessions.clone(), request));
    Router::new().route("/socket/longpoll", handler.clone()).route("/socket/longpoll/", handler)
}

async fn answer(state: AppState, sessions: Sessions, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !is_origin_allowed(&parts.headers, &state.config.allowed_origins) {
        return status(FORBIDDEN);
    }
    match parts.method {
        Method::OPTIONS => preflight(&parts.headers),
        Method::GET => poll::answer(&state, &sessions, &parts).await,
        Method::POST => post::answer(&state, &sessions, &parts, body).await,
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Whether a request may use a session: whoever has its token may, but not in the name of somebody else.
async fn is_allowed(state: &AppState, session: &Handle, asked: &Asked) -> bool {
    let (owner, Some(own)) = (session.owner(), &asked.own) else { return true };
    *own == owner.token || state.auth.authenticate(own).await.is_ok_and(|caller| caller.user.id == owner.user)
}

/// Pages may send what they like: each request's origin is checked.
fn preflight(headers: &HeaderMap) -> Response {
    let asked = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().map(HeaderValue::as_bytes);
    let allowed = HeaderValue::from_bytes(&asked.collect::<Vec<_>>().join(&b", "[..]));
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (ACCESS_CONTROL_ALLOW_HEADERS, allowed.unwrap_or(HeaderValue::from_static(""))),
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("get, post, options")),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600")),
    ];
    (StatusCode::OK, headers).into_response()
}
