//! Signing up, in and out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use roost_board::User;
use roost_protocol::rest::{NewRegistration, NewSession, SessionAnswer};

use super::error::ApiError;
use super::extract::{Body, Caller};
use crate::auth::Authenticated;
use crate::state::AppState;

pub(super) async fn sign_up(
    State(state): State<AppState>,
    Caller(address): Caller,
    Body(new): Body<NewRegistration>,
) -> Result<(StatusCode, Json<SessionAnswer>), Response> {
    state.limiter.sign_up(address).map_err(IntoResponse::into_response)?;
    let answer = state.auth.sign_up(new.user).await.map_err(|error| ApiError::from(error).into_response())?;
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    Caller(address): Caller,
    Body(new): Body<NewSession>,
) -> Result<(StatusCode, Json<SessionAnswer>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.auth.sign_in(new.session, address).await?)))
}

pub(super) async fn sign_out(State(state): State<AppState>, caller: Authenticated) -> Result<StatusCode, ApiError> {
    state.auth.sign_out(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn current_user(caller: Authenticated) -> Json<User> {
    Json(caller.user)
}
