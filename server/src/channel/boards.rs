//! `boards:<board id>`: one board, for its members.

use std::sync::Arc;

use roost_board::{BoardId, Seq, UserId};
use roost_protocol::payload::{Invite, JoinBoard, Propose};
use roost_protocol::{Message, Payload, PayloadError, Ref, Status, Topic, event};
use serde::Serialize;

use super::joined::{Room, Step};
use super::{Admission, Answer, Caller, Work, n_bytes, refusal, unauthorized};
use crate::boards::{AccessError, BoardAccess, CatchUp, EncodedSnapshot, ProposeError};
use crate::limits::{Limiter, Throttled};

/// The events that a client may push.
#[derive(Clone, Copy)]
enum Push {
    Propose,
    Invite,
}

impl Push {
    /// All of them: what is missing here cannot be pushed. The refusal of any other event names them, which is how the
    /// test of rights notices a new one.
    const ALL: [Self; 2] = [Self::Propose, Self::Invite];

    const fn name(self) -> &'static str {
        match self {
            Self::Propose => event::PROPOSE,
            Self::Invite => event::INVITE,
        }
    }
}

/// Lets a member in, with the board or with what they missed of it.
///
/// Whoever joins listens before the gate is asked and the board is read: so nothing that happens meanwhile is missed,
/// neither an entry nor that they were removed.
pub(super) async fn join(caller: &Caller, id: BoardId, payload: &Payload) -> Result<Admission, Payload> {
    let subscription = caller.pubsub.subscribe(Topic::Boards(id), caller.user.id, &caller.mailbox);
    let access = caller.boards.enter(caller.user.id, id).await.map_err(no_access)?;
    let JoinBoard { since } = payload.parse().map_err(|error| bad_request(&error))?;
    let (seq, response) = match since {
        None => whole(&*access.snapshot().await.map_err(no_access)?),
        Some(since) => match access.catch_up(since).await.map_err(no_access)? {
            CatchUp::Entries(page) => {
                (page.seq, Payload::json(&page).expect("a number and JSON can be written as JSON"))
            }
            CatchUp::Snapshot(snapshot) => whole(&snapshot),
        },
    };
    Ok(Admission { response, seq, room: Room::Board(access), subscription })
}

fn whole(snapshot: &EncodedSnapshot) -> (Seq, Payload) {
    (snapshot.seq, Payload::Json(Arc::clone(&snapshot.json)))
}

/// Works on a push.
pub(super) fn handle(caller: &Caller, access: BoardAccess, message: Message) -> Work<Step> {
    let n_bytes = n_bytes(&message);
    let Message { ref_, event, payload, .. } = message;
    let turn = Turn { limiter: caller.limiter.clone(), user: caller.user.id, board: access.id(), n_bytes };
    match Push::ALL.into_iter().find(|push| push.name() == event) {
        Some(Push::Propose) => Box::pin(propose(turn, access, ref_, payload)),
        Some(Push::Invite) => Box::pin(invite(turn, access, ref_, payload)),
        None => {
            let text = format!("this topic has no such event; it takes {}", Push::ALL.map(Push::name).join(" and "));
            Box::pin(std::future::ready(refused(ref_, refusal("unknown_event", text))))
        }
    }
}

/// Whose turn a change has to wait for.
struct Turn {
    limiter: Limiter,
    user: UserId,
    board: BoardId,
    n_bytes: usize,
}

impl Turn {
    /// Waits for it, while what the client sent behind waits as well; says so if it was not there at once.
    async fn come(self) -> Option<Throttled> {
        self.limiter.proposal(self.user, self.board, self.n_bytes).await
    }
}

async fn propose(turn: Turn, access: BoardAccess, ref_: Ref, payload: Payload) -> Step {
    let Propose { op, change } = match payload.parse() {
        Ok(propose) => propose,
        Err(error) => return refused(ref_, bad_request(&error)),
    };
    let throttled = turn.come().await;
    match access.submit(op, change).await {
        Ok(submitted) => Step::Saving(Box::pin(async move { answer(ref_, submitted.saved().await, throttled) })),
        Err(error) => Step::Answered(answer(ref_, Err(error), throttled)),
    }
}

async fn invite(turn: Turn, access: BoardAccess, ref_: Ref, payload: Payload) -> Step {
    let Invite { email, role } = match payload.parse() {
        Ok(invite) => invite,
        Err(error) => return refused(ref_, bad_request(&error)),
    };
    let throttled = turn.come().await;
    Step::Answered(answer(ref_, access.invite(&email, role).await, throttled))
}

/// [`Proposed`](roost_protocol::payload::Proposed), and what the wait for its turn was for.
#[derive(Serialize)]
struct Accepted {
    seq: Seq,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttled: Option<Throttled>,
}

fn answer(ref_: Ref, outcome: Result<Seq, ProposeError>, throttled: Option<Throttled>) -> Answer {
    let (status, response) = match outcome {
        Ok(seq) => {
            let accepted = Accepted { seq, throttled };
            (Status::Ok, Payload::json(&accepted).expect("numbers and a name can be written as JSON"))
        }
        Err(error) => (Status::Error, refusal(error.reason(), error.to_string())),
    };
    Answer { ref_, status, response }
}

fn refused(ref_: Ref, response: Payload) -> Step {
    Step::Answered(Answer { ref_, status: Status::Error, response })
}

fn no_access(error: AccessError) -> Payload {
    match error {
        AccessError::NotFound => unauthorized(),
        AccessError::Unavailable => refusal("unavailable", error.to_string()),
    }
}

fn bad_request(error: &PayloadError) -> Payload {
    refusal("bad_request", format!("the payload is not what this event takes: {error}"))
}
