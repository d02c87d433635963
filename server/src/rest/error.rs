//! Errors as they are answered: a status, a code for programs, a text for people, and what is wrong with each field.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use roost_protocol::rest::ErrorDetail;
use serde::Serialize;

use crate::auth::{AuthError, FieldErrors, SignInError, SignUpError, in_a_form};
use crate::boards::{AccessError, CreateError};
use crate::limits::Limit;

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    fields: FieldErrors,
    /// In seconds.
    retry_after: Option<u64>,
    /// The limit that they came up against.
    limit: Option<Limit>,
}

/// The body: [`ErrorBody`](roost_protocol::rest::ErrorBody), and the name of the limit.
#[derive(Serialize)]
struct Body {
    error: Detail,
}

#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    detail: ErrorDetail,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
}

/// How soon to come back when the server cannot say, in seconds.
const SOON: u64 = 5;

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: FieldErrors::new(), retry_after: None, limit: None }
    }

    /// The limit that they came up against.
    pub(super) fn by(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    pub(super) fn no_such_call() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take that method")
    }

    pub(super) fn timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the request took too long; try again").by(Limit::RequestTime)
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// The body says what cannot be.
    pub(super) fn invalid(message: impl Into<String>, fields: FieldErrors) -> Self {
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message) }
    }

    /// One field says what cannot be.
    pub(super) fn invalid_field(field: &str, problem: impl Into<String>) -> Self {
        Self::invalid("please check what you typed", FieldErrors::from([(field.to_owned(), vec![problem.into()])]))
    }

    fn unavailable(message: String) -> Self {
        Self { retry_after: Some(SOON), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, fields, retry_after, limit } = self;
        let detail = ErrorDetail { code: code.to_owned(), message, fields };
        let error = Detail { detail, limit: limit.map(Limit::name) };
        let mut response = (status, Json(Body { error })).into_response();
        if let Some(limit) = limit {
            // For those who count the answers.
            response.extensions_mut().insert(limit);
        }
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::InvalidToken => Self::unauthorized(error.to_string()),
            AuthError::Unavailable => Self::unavailable(error.to_string()),
        }
    }
}

impl From<SignUpError> for ApiError {
    fn from(error: SignUpError) -> Self {
        let message = error.to_string();
        match error {
            SignUpError::Closed => Self::new(StatusCode::FORBIDDEN, "registrations_closed", message),
            SignUpError::Invalid(fields) => Self::invalid(message, fields),
            SignUpError::Busy => Self::unavailable(message).by(Limit::PasswordHashes),
            SignUpError::Unavailable => Self::unavailable(message),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        let message = error.to_string();
        match error {
            SignInError::Wrong => Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", message),
            SignInError::Throttled(limit, wait) => Self {
                retry_after: Some(wait.as_secs()),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message).by(limit)
            },
            SignInError::Busy => Self::unavailable(message).by(Limit::PasswordHashes),
            SignInError::Unavailable => Self::unavailable(message),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", error.to_string()),
            AccessError::Unavailable => Self::unavailable(error.to_string()),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Refused(error) => Self::invalid_field("name", in_a_form(&error)),
            CreateError::IdTaken => Self::invalid_field("id", "is already in use"),
            CreateError::TooMany { .. } => {
                Self::invalid(error.to_string(), FieldErrors::new()).by(Limit::BoardsPerUser)
            }
            CreateError::Access(error) => error.into(),
        }
    }
}
