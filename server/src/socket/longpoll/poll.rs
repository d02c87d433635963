//! A GET: opens a session, or waits for messages of one.

use axum::body::Body;
use axum::http::request;
use axum::response::Response;
use tokio::time::{Instant, timeout_at};

use super::answer::{
    BAD_NUMBER, FORBIDDEN, GONE, NO_MESSAGES, NoMessages, TOO_MANY, ended, json, limited, refused, status, unavailable,
    with_body,
};
use super::body::{self, MessagesBody};
use super::is_allowed;
use super::keeper::{self, Handle, Owner, Polled};
use super::request::Asked;
use super::sessions::Sessions;
use crate::limits::address;
use crate::socket::opening::{self, Refusal};
use crate::state::AppState;

pub(super) async fn answer(state: &AppState, sessions: &Sessions, parts: &request::Parts) -> Response {
    let asked = Asked::read(parts);
    let Ok(ack) = asked.ack() else { return refused(BAD_NUMBER, "ack is not a number") };
    match asked.session.as_deref().and_then(|token| Some((token, sessions.find(token)?))) {
        Some((_, session)) if !is_allowed(state, &session, &asked).await => status(FORBIDDEN),
        Some((token, session)) => wait(state, &session, token, ack).await,
        None => open(state, sessions, parts, &asked, ack).await,
    }
}

/// A session that is gone is answered with a new one, as in Phoenix.
async fn open(
    state: &AppState,
    sessions: &Sessions,
    parts: &request::Parts,
    asked: &Asked,
    ack: Option<u64>,
) -> Response {
    let Some(asked) = asked.to_open() else { return status(FORBIDDEN) };
    let token = asked.token.clone();
    let address = address::caller(parts, &state.config.trusted_proxies);
    let admitted = match opening::admit_asked(state, asked, address).await {
        Ok(admitted) => admitted,
        Err(Refusal::Forbidden) => return status(FORBIDDEN),
        Err(Refusal::Unavailable) => return unavailable(),
        Err(Refusal::Limited(why)) => return limited(why),
    };
    let owner = Owner { user: admitted.user_id(), token };
    let Ok(opened) = admitted.open(state) else { return status(FORBIDDEN) };
    match keeper::start(state, sessions, opened, owner) {
        Ok(token) => json(&NoMessages { ack: ack.map(|_| 0), messages: [], status: GONE, token: &token }),
        Err(error) => {
            tracing::error!(%error, "cannot make a session's token");
            unavailable()
        }
    }
}

async fn wait(state: &AppState, session: &Handle, token: &str, ack: Option<u64>) -> Response {
    let Some(_place) = session.begin_poll() else { return refused(TOO_MANY, "too many polls at a time") };
    let none = || json(&NoMessages { ack, messages: [], status: NO_MESSAGES, token });
    let window_ends = Instant::now() + state.config.limits.poll_window;
    match timeout_at(window_ends, session.poll(ack)).await {
        Ok(Ok(Polled::Messages(given))) => {
            let json = body::json(&given.batch, ack.is_some(), token);
            with_body(Body::new(MessagesBody::new(json, given.loan)))
        }
        // Not at once: two clients that poll one session would chase each other.
        Ok(Ok(Polled::Superseded)) => match timeout_at(window_ends, session.closed()).await {
            Ok(()) => status(GONE),
            Err(_) => none(),
        },
        Ok(Ok(Polled::NeverSent)) => refused(BAD_NUMBER, "ack names no messages that are here"),
        Ok(Ok(Polled::Ended(ending))) => ended(ending),
        Ok(Err(_)) => status(GONE),
        Err(_) => none(),
    }
}
