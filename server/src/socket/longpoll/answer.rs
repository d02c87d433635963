//! What requests are answered: HTTP 200, and in the body the status that counts.
//!
//! The keys are in alphabetical order, in which Phoenix writes them.

use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::limits::Limited;
use crate::socket::Ending;

/// Messages are in the body, or those of the client were taken.
pub(super) const OK: u16 = 200;
/// There is no message yet.
pub(super) const NO_MESSAGES: u16 = 204;
/// A number in the address is none, or names messages that the server does not have.
pub(super) const BAD_NUMBER: u16 = 400;
/// No good token, or a page of strangers.
pub(super) const FORBIDDEN: u16 = 403;
/// What the client sent is no message, or took too long to arrive or to be taken.
pub(super) const NOT_TAKEN: u16 = 408;
/// Messages before these are missing.
pub(super) const OUT_OF_ORDER: u16 = 409;
/// There is no such session any more; with a token, that of a new one.
pub(super) const GONE: u16 = 410;
/// Too much in one message or in one request.
pub(super) const TOO_LARGE: u16 = 413;
/// Too many requests at a time.
pub(super) const TOO_MANY: u16 = 429;
/// Not now.
const LATER: u16 = 500;

/// What a poll is answered that has no messages.
#[derive(Serialize)]
pub(super) struct NoMessages<'a> {
    /// The number of messages before these, for a client that acknowledges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ack: Option<u64>,
    /// None.
    pub(super) messages: [&'static str; 0],
    /// Why.
    pub(super) status: u16,
    /// The session's.
    pub(super) token: &'a str,
}

/// A status, and where it does not say enough, in a few words why.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    status: u16,
}

impl Status {
    pub(super) const fn because(status: u16, reason: &'static str) -> Self {
        Self { reason: Some(reason), status }
    }
}

impl From<u16> for Status {
    fn from(status: u16) -> Self {
        Self { reason: None, status }
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        json(&self)
    }
}

/// A status alone.
pub(super) fn status(status: u16) -> Response {
    Status::from(status).into_response()
}

/// A status, and why.
pub(super) fn refused(status: u16, reason: &'static str) -> Response {
    Status::because(status, reason).into_response()
}

/// What is said to a request that waited while its session ended.
pub(super) fn ended(ending: Ending) -> Response {
    match ending {
        Ending::SIGNED_OUT | Ending::EXPIRED => status(FORBIDDEN),
        _ => status(GONE),
    }
}

/// The server cannot serve anybody just now. This one is an error for HTTP too; of what could be in the body, the
/// official client takes 500 for a reason to come back later, and fails at what it does not know.
pub(super) fn unavailable() -> Response {
    let mut response = status(LATER);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// The same for those who come up against a limit, which is named.
pub(super) fn limited(limited: Limited) -> Response {
    #[derive(Serialize)]
    struct Body {
        error: serde_json::Value,
        status: u16,
    }
    let error = serde_json::from_str::<serde_json::Value>(&limited.body()).unwrap_or_default()["error"].take();
    let mut response = json(&Body { error, status: LATER });
    *response.status_mut() = limited.status();
    response.headers_mut().insert(RETRY_AFTER, limited.retry_after().into());
    response
}

pub(super) fn json(value: &impl Serialize) -> Response {
    with_body(Body::from(serde_json::to_vec(value).expect("numbers and strings can be written as JSON")))
}

pub(super) fn with_body(body: Body) -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate")),
        (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
    ];
    (headers, body).into_response()
}
