//! What a call is handed, taken from the request and checked: who asks, which board, and what the body says.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use roost_board::BoardId;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::ApiError;
use crate::auth::{Authenticated, FieldErrors};
use crate::boards::{AccessError, BoardAccess};
use crate::limits::{Limit, address};
use crate::state::AppState;

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers)
            .ok_or_else(|| ApiError::unauthorized("this needs a sign-in: send Authorization: Bearer <token>"))?;
        Ok(state.auth.authenticate(token).await?)
    }
}

/// The token of `Authorization: Bearer <token>`; the scheme in any case (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The board that the path names, for the one who asks.
impl FromRequestParts<AppState> for BoardAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = Authenticated::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::no_such_call())?;
        let (_, id) = params.iter().find(|(name, _)| *name == "board_id").ok_or_else(ApiError::no_such_call)?;
        let id: BoardId = id.parse().map_err(AccessError::from)?;
        Ok(state.boards.enter(caller.user.id, id).await?)
    }
}

/// The address that asks; behind trusted proxies the one that they name.
pub(super) struct Caller(pub(super) IpAddr);

impl FromRequestParts<AppState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(address::caller(parts, &state.config.trusted_proxies)))
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send JSON, with Content-Type: application/json",
            ));
        }
        let max = state.config.limits.body_bytes;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection, max))?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| unparsed(&error))?;
        reader.end().map_err(|error| malformed(&error))?;
        Ok(Self(read))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unread(rejection: &BytesRejection, max: usize) -> ApiError {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            let message = format!("the body can have {max} bytes at most");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).by(Limit::BodyBytes)
        }
        // The body ended early, or was not written as HTTP says; the types are axum's and may grow.
        _ => ApiError::new(StatusCode::BAD_REQUEST, "unreadable", "the body could not be read to its end"),
    }
}

fn unparsed(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    match error.inner().classify() {
        Category::Data => {
            let text = error.inner().to_string();
            // Where in the text it is means little to those who did not write it by hand.
            let problem = text.split(" at line ").next().unwrap_or(&text);
            let place = match error.path().iter().next() {
                Some(_) => format!("{}: ", error.path()),
                None => String::new(),
            };
            ApiError::invalid(format!("the body is not what this call takes: {place}{problem}"), FieldErrors::new())
        }
        Category::Syntax | Category::Eof | Category::Io => malformed(error.inner()),
    }
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", format!("the body is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn tokens_in_headers() {
        for (value, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("abc", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers), expected, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn types_of_content() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.api+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
    }
}
