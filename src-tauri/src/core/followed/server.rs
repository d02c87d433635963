//! What the server says to a followed board, on its channel.

use futures_util::FutureExt as _;
use roost_board::durable::{CatchUp, JoinFrom};
use roost_board::{Entry, Role};
use roost_bridge::Refusal;
use roost_channels::{ChannelEvent, Payload, PushError};
use roost_protocol::event;
use roost_protocol::payload::{ChannelError, Invite, JoinedBoard, PresenceState, Proposed};
use roost_protocol::rest::EntriesAnswer;

use super::line::Line;
use super::outbox::Answered;
use super::screen::ENTRIES_MAX;
use super::task::Task;
use super::{Answer, Request};
use crate::core::error::{Error, refusal};

impl Task {
    /// Something has happened on the channel.
    pub(super) fn heard(&mut self, event: Option<ChannelEvent>) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut next = Some(event);
        // Entries that have arrived together are told together.
        while let Some(event) = next.take() {
            match event {
                Some(ChannelEvent::Message { event, payload }) if event == event::ENTRY => match payload.parse() {
                    Ok(entry) => {
                        entries.push(entry);
                        if entries.len() < ENTRIES_MAX {
                            next = Line::next(&mut self.line).now_or_never();
                        }
                    }
                    Err(error) => {
                        tracing::warn!(topic = %self.topic, %error, "an entry that cannot be read");
                        self.confirm(std::mem::take(&mut entries));
                        self.rejoin(JoinFrom::Start);
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

    fn confirm(&mut self, entries: Vec<Entry>) {
        if !entries.is_empty() {
            let outcome = self.replica.entries(entries);
            self.carry_out(outcome);
        }
    }

    fn heard_other(&mut self, event: Option<ChannelEvent>) {
        match event {
            Some(ChannelEvent::Joined { response }) => self.joined(&response),
            Some(ChannelEvent::Refused { response }) => self.join_refused(&response),
            Some(ChannelEvent::Message { event, payload }) => self.heard_message(&event, &payload),
            Some(ChannelEvent::Disconnected) => {
                self.outbox.start_over();
                self.replica.disconnected();
                self.screen.presence_state(PresenceState::new());
            }
            Some(ChannelEvent::Closed) => {
                self.hang_up();
                self.screen.presence_state(PresenceState::new());
                self.check();
            }
            // The socket has ended, and the connection with it.
            None => self.hang_up(),
        }
    }

    fn heard_message(&mut self, event: &str, payload: &Payload) {
        let outcome = match event {
            event::PRESENCE_STATE => payload.parse().map(|state| self.screen.presence_state(state)),
            event::PRESENCE_DIFF => payload.parse().map(|diff| self.screen.presence_diff(&diff)),
            // A later server may say more than this app knows.
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            tracing::warn!(topic = %self.topic, event, %error, "a message that cannot be read");
        }
    }

    fn joined(&mut self, response: &Payload) {
        let answer = match response.parse::<JoinedBoard>() {
            Ok(JoinedBoard::Snapshot(snapshot)) => CatchUp::Snapshot(snapshot),
            Ok(JoinedBoard::Entries(EntriesAnswer { seq, entries })) => CatchUp::Entries { seq, entries },
            Err(error) if self.line.as_ref().is_some_and(Line::was_asked_since) => {
                tracing::warn!(topic = %self.topic, %error, "entries that cannot be read: taking the board as a whole");
                self.rejoin(JoinFrom::Start);
                return;
            }
            Err(error) => {
                tracing::error!(topic = %self.topic, %error, "a board that cannot be read");
                self.put_off(|| Error::Internal("the server's answer cannot be read"));
                return;
            }
        };
        self.retry_at = None;
        self.is_suspect = false;
        let outcome = self.replica.joined(answer);
        self.carry_out(outcome);
        if self.replica.replica().is_some() {
            self.serve();
        }
    }

    fn join_refused(&mut self, response: &Payload) {
        let error = read_error(response);
        if error.reason != "unauthorized" {
            tracing::warn!(topic = %self.topic, reason = error.reason, "the join was refused");
            self.put_off(|| Error::Channel(error.clone()));
        } else if self.replica.replica().is_none() && self.replica.n_waiting() == 0 {
            // One that was never known here.
            self.lost = Some(refusal(error));
        } else {
            self.hang_up();
            self.check();
        }
    }

    fn hang_up(&mut self) {
        self.outbox.start_over();
        self.replica.disconnected();
        self.line = None;
    }

    /// The server has answered a proposal.
    pub(super) fn answered(&mut self, (op, answer): Answered) {
        match answer {
            Ok(response) => match response.parse::<Proposed>() {
                Ok(Proposed { seq }) => {
                    let outcome = self.replica.accepted(op, seq);
                    self.carry_out(outcome);
                }
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
                    _ => self.refuse(op, refusal(error)),
                }
            }
            // Whether the server has it, the next join tells; and whether it is there at all, a heartbeat.
            Err(PushError::Timeout) => {
                if let Some(link) = &*self.link.borrow() {
                    link.socket.reconnect_now();
                }
                let outcome = self.replica.unanswered();
                self.carry_out(outcome);
            }
            // The channel says so too, and by itself what comes next.
            Err(PushError::Disconnected | PushError::Closed) => {}
            Err(PushError::Payload(error)) => {
                self.refuse(op, Refusal { code: "internal".to_owned(), message: error });
            }
        }
    }

    /// Sends nothing more before the next join, which is after a while, and then everything that waits again: what
    /// comes after a proposal may build on it.
    fn hold_back(&mut self) {
        self.outbox.start_over();
        self.replica.hold_back();
        self.put_off(|| Error::Offline);
    }

    /// Asks somebody onto the board; as soon as it is joined, if that may be soon.
    pub(super) fn invite(&mut self, email: String, answer: Answer<()>) {
        let Some(line) = self.line.as_ref().filter(|_| self.replica.is_joined()) else {
            self.wait(Request::Invite(email, answer));
            return;
        };
        let (channel, time) = (line.channel.clone(), self.surroundings.patience.push_time);
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
}

fn read_error(response: &Payload) -> ChannelError {
    response.parse().unwrap_or_else(|_| ChannelError::new("unknown", ""))
}
