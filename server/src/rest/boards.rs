//! Boards.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roost_board::{BoardId, BoardSummary, Seq};
use roost_protocol::rest::BoardsAnswer;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::ApiError;
use super::extract::Body;
use crate::auth::Authenticated;
use crate::boards::{BoardAccess, Page};
use crate::state::AppState;

pub(super) async fn list(State(state): State<AppState>, caller: Authenticated) -> Result<Json<BoardsAnswer>, ApiError> {
    Ok(Json(state.boards.boards_of(caller.user.id).await?))
}

/// `roost_protocol::rest::NewBoard` as it comes, before it is known that the id is one.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct NewBoardText {
    board: NewBoardFieldsText,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct NewBoardFieldsText {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: Option<String>,
}

pub(super) async fn create(
    State(state): State<AppState>,
    caller: Authenticated,
    Body(NewBoardText { board }): Body<NewBoardText>,
) -> Result<(StatusCode, Json<BoardSummary>), ApiError> {
    let id = match board.id {
        Some(id) => id.parse().map_err(|_| ApiError::invalid_field("id", "is not a UUID"))?,
        None => BoardId::from_uuid(Uuid::now_v7()),
    };
    Ok((StatusCode::CREATED, Json(state.boards.create(caller.user, id, &board.name).await?)))
}

pub(super) async fn show(board: BoardAccess, headers: HeaderMap) -> Result<Response, ApiError> {
    let snapshot = board.snapshot().await?;
    // Weak, since the same board is sent compressed to some and plain to others.
    let etag = format!("W/\"{}\"", snapshot.hash);
    let caching = [
        (header::ETAG, HeaderValue::from_str(&etag).expect("hexadecimal digits are visible ASCII")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    if is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, Shared(Arc::clone(&snapshot.json))).into_response())
}

/// Whether one of the tags in `If-None-Match` is this one, by the weak comparison (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

pub(super) async fn entries(board: BoardAccess, RawQuery(query): RawQuery) -> Result<Json<Page>, ApiError> {
    Ok(Json(board.entries(since(query.as_deref().unwrap_or_default())?).await?))
}

/// The `since` of a query; without one, from the beginning.
fn since(query: &str) -> Result<Seq, ApiError> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("since="));
    let not_a_seq =
        |_| ApiError::new(StatusCode::BAD_REQUEST, "invalid_since", "since must be a whole number such as 42");
    value.map_or(Ok(Seq::ZERO), |value| value.parse().map(Seq).map_err(not_a_seq))
}

/// JSON that many answers share; a large board is not copied for each.
struct Shared(Arc<RawValue>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

impl IntoResponse for Shared {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], Bytes::from_owner(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_are_known() {
        for (value, expected) in [
            ("W/\"abc\"", true),
            ("\"abc\"", true),
            ("\"x\", W/\"abc\"", true),
            ("*", true),
            ("\"abcd\"", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
            assert_eq!(is_known(&headers, "W/\"abc\""), expected, "{value}");
        }
    }

    #[test]
    fn where_to_begin() {
        for (query, expected) in
            [("", Some(0)), ("since=7", Some(7)), ("a=b&since=7", Some(7)), ("since=", None), ("since=-1", None)]
        {
            assert_eq!(since(query).ok(), expected.map(Seq), "{query}");
        }
        assert!(since("since=99999999999999999999").is_err());
    }
}
