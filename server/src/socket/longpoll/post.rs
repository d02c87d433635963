//! A POST: messages of the client.

use std::time::Duration;

use axum::body::Body;
use axum::http::request;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::answer::{BAD_NUMBER, FORBIDDEN, GONE, NOT_TAKEN, OK, OUT_OF_ORDER, Status, TOO_LARGE, TOO_MANY, status};
use super::is_allowed;
use super::keeper::{Handle, Taken};
use super::lines::{BadBody, Lines};
use super::request::Asked;
use super::sessions::Sessions;
use crate::limits::Limit;
use crate::socket::Ending;
use crate::state::AppState;

/// For how long what is left of a refused body is read, so that the client hears of the refusal: a connection that is
/// closed while unread bytes are left is reset, and a reset can overtake the answer.
const LEFT_OVER: Duration = Duration::from_millis(500);

pub(super) async fn answer(state: &AppState, sessions: &Sessions, parts: &request::Parts, mut body: Body) -> Response {
    match take_body(state, sessions, parts, &mut body).await {
        Ok(()) => status(OK),
        Err(refusal) => {
            let left_over = async { while let Some(Ok(_)) = body.frame().await {} };
            drop(timeout(LEFT_OVER, left_over).await);
            refusal.into_response()
        }
    }
}

async fn take_body(
    state: &AppState,
    sessions: &Sessions,
    parts: &request::Parts,
    body: &mut Body,
) -> Result<(), Status> {
    let asked = Asked::read(parts);
    let seq = asked.seq().map_err(|_| Status::because(BAD_NUMBER, "seq is not a number"))?;
    let session = asked.session.as_deref().and_then(|token| sessions.find(token)).ok_or(GONE)?;
    if !is_allowed(state, &session, &asked).await {
        return Err(FORBIDDEN.into());
    }
    let _place = session.begin_post().ok_or_else(|| Status::because(TOO_MANY, "too many requests at a time"))?;
    let limits = &state.config.limits;
    let mut messages = Messages { session: &session, lines: Lines::new(asked.is_list, limits.frame_bytes), seq };
    tokio::select! {
        // What has become of its messages counts, also when one of them has ended the session.
        biased;
        taken = timeout(limits.request_time, messages.take(body)) => {
            taken.unwrap_or_else(|_| {
                state.limiter.note(Limit::RequestTime);
                Err(Status::because(NOT_TAKEN, "it took too long (request_time)"))
            })
        }
        // Also while the body is still on its way.
        () = session.closed() => Err(GONE.into()),
    }
}

/// The messages of one body, handed in one by one, each as soon as it has arrived and the session can work on it: so no
/// more than one of them is kept here.
struct Messages<'a> {
    session: &'a Handle,
    lines: Lines,
    /// The number of the next one, if they have numbers.
    seq: Option<u64>,
}

impl Messages<'_> {
    async fn take(&mut self, body: &mut Body) -> Result<(), Status> {
        while let Some(part) = body.frame().await {
            // Whoever sent half of a body is not there to hear this.
            let part = part.map_err(|_| Status::because(NOT_TAKEN, "the body was cut off"))?;
            let Ok(part) = part.into_data() else { continue };
            self.lines.add(&part);
            while let Some(frame) = self.lines.next().map_err(|bad_body| self.refuse(bad_body))? {
                self.take_one(frame).await?;
            }
        }
        match self.lines.last().map_err(|bad_body| self.refuse(bad_body))? {
            Some(frame) => self.take_one(frame).await,
            None => Ok(()),
        }
    }

    async fn take_one(&mut self, frame: roost_protocol::Frame) -> Result<(), Status> {
        let number = self.seq;
        self.seq = number.map(|number| number.saturating_add(1));
        match self.session.take(number, frame).await {
            Some(Taken::Done) => Ok(()),
            Some(Taken::OutOfOrder) => Err(Status::because(OUT_OF_ORDER, "messages before these are missing")),
            Some(Taken::Ended(Ending::Close(_, reason))) => Err(Status::because(NOT_TAKEN, reason)),
            Some(Taken::Ended(Ending::Gone | Ending::ClosedByClient)) | None => Err(GONE.into()),
        }
    }

    /// What cannot be read ends the session, as it ends a WebSocket.
    fn refuse(&self, bad_body: BadBody) -> Status {
        match bad_body {
            BadBody::NotAFrame(reason) => {
                self.session.end(Ending::undecodable(reason));
                Status::because(NOT_TAKEN, reason)
            }
            BadBody::TooLarge(reason) => {
                self.session.end(Ending::Close(1009, reason));
                Status::because(TOO_LARGE, reason)
            }
        }
    }
}
