//! The task of a followed board: what arrives, from the server and from the interface, one thing after the other.

use std::pin::Pin;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use roost_board::{BoardId, Entry, OpId, ReplicaError, Role, Seq};
use roost_bridge::{BoardCopy, ConnectionPhase, Refusal};
use roost_channels::{ChannelEvent, Payload, PushError};
use roost_protocol::payload::{ChannelError, Invite, JoinedBoard, PresenceState, Proposed};
use roost_protocol::{Topic, event};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::follower::Follower;
use super::line::Line;
use super::outbox::{Answered, Outbox};
use super::{Answer, Following, Request, Surroundings};
use crate::core::error::{Error, refusal};
use crate::core::patience::sleep_until;

/// How many entries are told at once.
const ENTRIES_MAX: usize = 500;

/// Follows a board until it is stopped, or nobody looks at it any more and nothing waits.
pub(super) async fn run(
    following: Following,
    surroundings: Surroundings,
    mut requests: mpsc::UnboundedReceiver<Request>,
) -> Following {
    let mut task = Task::new(following, surroundings);
    // The connection may have changed before the task began to listen, and what waits is to be told all the same.
    task.report();
    loop {
        let retry_at = task.retry_at;
        tokio::select! {
            () = task.surroundings.stop.cancelled() => break,
            request = requests.recv() => match request {
                Some(request) => task.asked(request),
                None => break,
            },
            event = task.line.events.recv() => task.heard(event),
            answered = task.outbox.answered() => task.answered(answered),
            Some(()) = task.invitations.next() => {}
            Ok(()) = task.phases.changed() => {}
            () = sleep_until(retry_at) => task.rejoin(task.follower.seq()),
        }
        if task.line.is_joined && task.retry_at.is_none() {
            task.outbox.send(&task.line.channel, &task.follower, task.surroundings.patience.push_time).await;
        }
        task.report();
        if task.is_idle() && requests.is_empty() {
            // From here on a request is not taken any more, and the one who asks starts anew.
            requests.close();
            task.put_summary();
            break;
        }
    }
    task.surroundings.status.set_waiting(task.board_id, 0);
    task.following()
}

struct Task {
    board_id: BoardId,
    topic: Topic,
    surroundings: Surroundings,
    follower: Follower,
    line: Line,
    /// Who waits for a first copy.
    watchers: Vec<Answer<BoardCopy>>,
    outbox: Outbox,
    invitations: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>>,
    retry_at: Option<Instant>,
    /// What waits on disk; some of it may be settled already.
    kept: Vec<OpId>,
    phases: watch::Receiver<ConnectionPhase>,
    /// Nothing more can come: the board is gone for this person, or the connection is.
    is_over: bool,
}

impl Task {
    fn new(following: Following, surroundings: Surroundings) -> Self {
        let Following { board_id, pending } = following;
        let topic = Topic::Boards(board_id);
        let line = Line::open(&surroundings.socket, topic, None);
        let phases = surroundings.status.phases();
        let kept = pending.iter().map(|proposal| proposal.op).collect();
        let follower = Follower::new(board_id, surroundings.me.id, pending, surroundings.outlet.clone());
        Self {
            board_id,
            topic,
            surroundings,
            follower,
            line,
            watchers: Vec::new(),
            outbox: Outbox::default(),
            invitations: FuturesUnordered::new(),
            retry_at: None,
            kept,
            phases,
            is_over: false,
        }
    }

    fn asked(&mut self, request: Request) {
        match request {
            Request::Show(answer) => match self.follower.show() {
                Some(copy) => drop(answer.send(Ok(copy))),
                None => self.watchers.push(answer),
            },
            Request::Hide => {
                self.turn_away(|| Error::Internal("the board was closed before it was there"));
                self.follower.hide();
                self.put_summary();
            }
            Request::Propose(proposal, answer) => drop(answer.send(self.follower.propose(proposal))),
            Request::Invite(email, answer) => self.invite(email, answer),
        }
    }

    fn heard(&mut self, event: Option<ChannelEvent>) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut next = Some(event);
        // Entries that have arrived together are told together.
        while let Some(event) = next.take() {
            match event {
                Some(ChannelEvent::Message { event, payload }) if event == event::ENTRY => match payload.parse() {
                    Ok(entry) => {
                        entries.push(entry);
                        if entries.len() < ENTRIES_MAX {
                            next = self.line.events.recv().now_or_never();
                        }
                    }
                    Err(error) => {
                        tracing::warn!(topic = %self.topic, %error, "an entry that cannot be read");
                        self.confirm(std::mem::take(&mut entries));
                        self.rejoin(None);
                    }
                },
                other => {
                    self.confirm(std::mem::take(&mut entries));
                    self.heard_other(other);
                }
            }
        }
        self.confirm(entries);
    }

    fn heard_other(&mut self, event: Option<ChannelEvent>) {
        match event {
            Some(ChannelEvent::Joined { response }) => self.joined(&response),
            Some(ChannelEvent::Refused { response }) => self.join_refused(&response),
            Some(ChannelEvent::Message { event, payload }) => self.heard_message(&event, &payload),
            Some(ChannelEvent::Disconnected) => {
                self.outbox.start_over();
                self.line.is_joined = false;
                self.follower.presence_state(PresenceState::new());
            }
            Some(ChannelEvent::Closed) => {
                let error = ChannelError::new("unauthorized", "This board is no longer shared with you");
                self.gone(error);
            }
            // The socket has ended, and the connection with it.
            None => self.is_over = true,
        }
    }

    fn heard_message(&mut self, event: &str, payload: &Payload) {
        let outcome = match event {
            event::PRESENCE_STATE => payload.parse().map(|state| self.follower.presence_state(state)),
            event::PRESENCE_DIFF => payload.parse().map(|diff| self.follower.presence_diff(&diff)),
            // A later server may say more than this app knows.
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            tracing::warn!(topic = %self.topic, event, %error, "a message that cannot be read");
        }
    }

    fn joined(&mut self, response: &Payload) {
        let was_asked_since = self.line.was_asked_since();
        let outcome = match response.parse::<JoinedBoard>() {
            Ok(answer) => self.follower.joined(answer).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(()) => {
                self.line.is_joined = true;
                self.retry_at = None;
                let was_shown = self.follower.is_shown();
                let mut is_taken = false;
                for watcher in std::mem::take(&mut self.watchers) {
                    is_taken |= watcher.send(self.follower.show().ok_or(Error::NoSuchBoard)).is_ok();
                }
                if !was_shown && !is_taken {
                    // Whoever asked has given up.
                    self.follower.hide();
                }
            }
            Err(error) if was_asked_since => {
                tracing::warn!(topic = %self.topic, error, "entries that do not fit: taking the board as a whole");
                self.rejoin(None);
            }
            Err(error) => {
                tracing::error!(topic = %self.topic, error, "a board that cannot be read");
                self.put_off(|| Error::Internal("the server's answer cannot be read"));
            }
        }
    }

    fn join_refused(&mut self, response: &Payload) {
        let error = read_error(response);
        if error.reason == "unauthorized" {
            self.gone(error);
        } else {
            tracing::warn!(topic = %self.topic, reason = error.reason, "the join was refused");
            self.put_off(|| Error::Channel(error.clone()));
        }
    }

    fn confirm(&mut self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        match self.follower.confirm(entries) {
            Ok(()) => {}
            Err(ReplicaError::Gap { expected, got }) => {
                tracing::info!(topic = %self.topic, %expected, %got, "entries are missing");
                self.rejoin(self.follower.seq());
            }
            Err(error @ ReplicaError::Diverged { .. }) => {
                tracing::error!(topic = %self.topic, %error, "taking the board as a whole");
                self.rejoin(None);
            }
        }
    }

    fn answered(&mut self, (op, answer): Answered) {
        match answer {
            Ok(response) => match response.parse::<Proposed>() {
                Ok(Proposed { seq }) => self.follower.acknowledge(op, seq),
                Err(error) => {
                    tracing::warn!(topic = %self.topic, %error, "an answer that cannot be read");
                    self.hold_back();
                }
            },
            Err(PushError::Refused(response)) => {
                let error = read_error(&response);
                match error.reason.as_str() {
                    // Not a word about the change itself: after the next join it is clear what holds.
                    "unavailable" | "unauthorized" | "unmatched topic" => self.hold_back(),
                    _ => self.follower.reject(op, refusal(error)),
                }
            }
            // Whether the server has it, the next join tells; and whether it is there at all, a heartbeat.
            Err(PushError::Timeout) => {
                self.surroundings.socket.reconnect_now();
                self.rejoin(self.follower.seq());
            }
            // The channel says so too, and by itself what comes next.
            Err(PushError::Disconnected | PushError::Closed) => {}
            Err(PushError::Payload(error)) => {
                self.follower.reject(op, Refusal { code: "internal".to_owned(), message: error });
            }
        }
    }

    fn invite(&mut self, email: String, answer: Answer<()>) {
        if !self.line.is_joined {
            drop(answer.send(Err(Error::Offline)));
            return;
        }
        let (channel, time) = (self.line.channel.clone(), self.surroundings.patience.push_time);
        self.invitations.push(Box::pin(async move {
            let invite = Invite { email, role: Role::Member };
            let outcome = match channel.push(event::INVITE, &invite, time).await {
                Ok(_) => Ok(()),
                Err(PushError::Refused(response)) => Err(Error::Channel(read_error(&response))),
                Err(error) => {
                    tracing::info!(%error, "an invitation without an answer");
                    Err(Error::Offline)
                }
            };
            drop(answer.send(outcome));
        }));
    }

    fn gone(&mut self, error: ChannelError) {
        self.follower.gone(refusal(error));
        self.turn_away(|| Error::NoSuchBoard);
        self.is_over = true;
    }

    /// Whoever waits for a copy is told why there is none.
    fn turn_away(&mut self, why: impl Fn() -> Error) {
        for watcher in self.watchers.drain(..) {
            drop(watcher.send(Err(why())));
        }
    }

    /// Sends nothing more before the next join, which is after a while, and then everything that waits again: what
    /// comes after a proposal may build on it.
    fn hold_back(&mut self) {
        self.outbox.start_over();
        self.put_off(|| Error::Offline);
    }

    /// Joins anew after a while; whoever waits for a copy is told why there is none.
    fn put_off(&mut self, why: impl Fn() -> Error) {
        self.turn_away(why);
        self.retry_at.get_or_insert_with(|| Instant::now() + self.surroundings.patience.retry_after);
    }

    /// Joins anew, for what came after `since` or for the whole board.
    fn rejoin(&mut self, since: Option<Seq>) {
        self.outbox.start_over();
        self.retry_at = None;
        self.line = Line::open(&self.surroundings.socket, self.topic, since);
    }

    /// Shows on the page of boards what was done here.
    fn put_summary(&self) {
        if let Some(summary) = self.follower.summary() {
            self.surroundings.boards.put(summary);
        }
    }

    fn report(&mut self) {
        self.watchers.retain(|watcher| !watcher.is_closed());
        let phase = *self.phases.borrow_and_update();
        if phase == ConnectionPhase::Offline {
            self.turn_away(|| Error::Offline);
        }
        self.keep_waiting(phase);
        self.surroundings.status.set_waiting(self.board_id, self.follower.n_pending());
        self.line.note(self.follower.seq());
    }

    /// Keeps on disk what waits for a connection. With one, the server has it sooner than the disk; and what was kept is
    /// forgotten when nothing waits any more, rather than with every answer.
    fn keep_waiting(&mut self, phase: ConnectionPhase) {
        let is_due = if phase == ConnectionPhase::Live {
            self.follower.n_pending() == 0 && !self.kept.is_empty()
        } else {
            !self.follower.ops().eq(self.kept.iter().copied())
        };
        if is_due {
            let following = self.following();
            self.surroundings.waiting.keep(&following);
            self.kept = following.pending.iter().map(|proposal| proposal.op).collect();
        }
    }

    /// What is to be followed by whoever goes on after this.
    fn following(&self) -> Following {
        Following { board_id: self.board_id, pending: self.follower.pending() }
    }

    fn is_idle(&self) -> bool {
        let is_wanted = self.follower.is_shown() || !self.watchers.is_empty() || !self.invitations.is_empty();
        self.is_over || (!is_wanted && self.follower.n_pending() == 0)
    }
}

fn read_error(response: &Payload) -> ChannelError {
    response.parse().unwrap_or_else(|_| ChannelError::new("unknown", ""))
}
