//! The REST calls, and what stands beside them for those who run the server.
//!
//! The router is made from [`ROUTES`]: what is not in that table is not answered. A board that the caller may not see is
//! answered exactly as one that does not exist (404, never 403), so that nobody can find out which boards there are.

mod accounts;
mod boards;
mod error;
mod extract;
mod system;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use error::ApiError;
use extract::Caller;

use crate::socket;
use crate::state::AppState;

/// Answers shorter than this many bytes are not worth compressing.
const COMPRESSED_MIN: u64 = 1_024;

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Everyone,
    /// Whoever has a token; the answer is about them alone.
    SignedIn,
    /// The members of the board that the path names.
    Members,
}

/// A call that the server answers.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its method, in capitals.
    pub method: &'static str,
    /// Its path, with `{names}` for what varies.
    pub path: &'static str,
    /// Who may make it.
    pub access: Access,
    handler: fn() -> MethodRouter<AppState>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: fn() -> MethodRouter<AppState>,
) -> Route {
    Route { method, path, access, handler }
}

/// Every call that the server answers, save the socket.
pub const ROUTES: &[Route] = &[
    route("GET", "/api/v1/info", Access::Everyone, || get(system::info)),
    route("POST", "/api/v1/registrations", Access::Everyone, || post(accounts::sign_up)),
    route("POST", "/api/v1/sessions", Access::Everyone, || post(accounts::sign_in)),
    route("DELETE", "/api/v1/sessions", Access::SignedIn, || delete(accounts::sign_out)),
    route("GET", "/api/v1/current_user", Access::SignedIn, || get(accounts::current_user)),
    route("GET", "/api/v1/boards", Access::SignedIn, || get(boards::list)),
    route("POST", "/api/v1/boards", Access::SignedIn, || post(boards::create)),
    route("GET", "/api/v1/boards/{board_id}", Access::Members, || get(boards::show)),
    route("GET", "/api/v1/boards/{board_id}/entries", Access::Members, || get(boards::entries)),
    route("GET", "/healthz", Access::Everyone, || get(system::health)),
    route("GET", "/readyz", Access::Everyone, || get(system::readiness)),
    route("GET", "/metrics", Access::Everyone, || get(system::metrics)),
];

/// Everything that the server answers.
pub(crate) fn router(state: AppState) -> Router {
    let calls = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.handler)()));
    calls
        .layer(DefaultBodyLimit::max(state.config.limits.body_bytes))
        .layer(middleware::from_fn_with_state(state.clone(), in_time))
        .layer(middleware::from_fn_with_state(state.clone(), at_a_pace))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_MIN)))
        .merge(socket::routes())
        .fallback(async || ApiError::no_such_call())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(middleware::from_fn_with_state(state.clone(), count))
        .with_state(state)
}

/// Gives up on a request that takes too long, be it to arrive or to be answered.
async fn in_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(state.config.limits.request_time, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::timeout().into_response())
}

/// Refuses what comes too often from one address. Those who run the server may ask how it is doing at any time.
async fn at_a_pace(State(state): State<AppState>, Caller(address): Caller, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/api/")
        && let Err(limited) = state.limiter.request(address)
    {
        return limited.into_response();
    }
    next.run(request).await
}

async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    state.metrics.responded(response.status());
    if let Some(limit) = response.extensions().get() {
        state.limiter.note(*limit);
    }
    response
}
