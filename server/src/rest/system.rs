//! What the server is, and how it is doing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use roost_protocol::rest::{Info, PROTOCOL};

use crate::state::AppState;

pub(super) async fn info(State(state): State<AppState>) -> Json<Info> {
    Json(Info {
        name: "roost".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL,
        registrations: state.auth.registrations(),
    })
}

/// The process runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The process can be sent requests.
pub(super) async fn readiness(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.shutdown.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if !state.boards.are_open() {
        (StatusCode::SERVICE_UNAVAILABLE, "no changes are taken\n")
    } else if state.store.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    }
}

pub(super) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, format)], state.metrics.render())
}
