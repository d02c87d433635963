//! What the simulation says, in the words of the protocol, and back.

use std::collections::HashMap;

use roost_board::durable::{CatchUp, JoinFrom};
use roost_board::{BoardId, OpId};
use roost_protocol::payload::{ChannelError, JoinBoard, JoinedBoard, Propose, Proposed};
use roost_protocol::rest::EntriesAnswer;
use roost_protocol::{Message, Payload, Ref, Reply, ServerMessage, Status, Topic, event};
use roost_sim::{ToDevice, ToServer};
use serde::Serialize;

/// The words of one connection.
#[derive(Debug)]
pub(super) struct Words {
    topic: String,
    /// The ref of each proposal that was sent, by the join that it belongs to.
    refs: HashMap<(u64, OpId), Ref>,
}

impl Words {
    pub(super) fn new(board: BoardId) -> Self {
        Self { topic: Topic::Boards(board).to_string(), refs: HashMap::new() }
    }

    /// What was said to the server; `None` when the simulation need not know.
    pub(super) fn said(&mut self, message: &Message) -> Option<ToServer> {
        let join: u64 = message.join_ref.as_str()?.parse().ok()?;
        match message.event.as_str() {
            event::PHX_JOIN => {
                let JoinBoard { since } = message.payload.parse().unwrap();
                Some(ToServer::Join { join, from: since.map_or(JoinFrom::Start, JoinFrom::Since) })
            }
            event::PROPOSE => {
                let Propose { op, change } = message.payload.parse().unwrap();
                self.refs.insert((join, op), message.ref_.clone());
                Some(ToServer::Propose { join, op, change })
            }
            _ => None,
        }
    }

    /// What the server says; `None` for what it says to a REST call, or to a proposal that was never sent.
    pub(super) fn told(&self, message: ToDevice) -> Option<ServerMessage> {
        Some(match message {
            ToDevice::Created | ToDevice::CreateRefused | ToDevice::Told(_) => return None,
            ToDevice::Joined { join, answer } => {
                let answer = match answer {
                    CatchUp::Entries { seq, entries } => JoinedBoard::Entries(EntriesAnswer { seq, entries }),
                    CatchUp::Snapshot(snapshot) => JoinedBoard::Snapshot(snapshot),
                };
                self.reply(join, Ref::from(join), Status::Ok, &answer)
            }
            ToDevice::JoinRefused { join } => {
                self.reply(join, Ref::from(join), Status::Error, &ChannelError::new("unauthorized", ""))
            }
            ToDevice::Entry(entry) => self.message(Ref::NULL, event::ENTRY, &entry),
            ToDevice::Accepted { join, op, seq } => {
                self.reply(join, self.refs.get(&(join, op))?.clone(), Status::Ok, &Proposed { seq })
            }
            ToDevice::Refused { join, op } => {
                let error = ChannelError::new("refused", "This cannot be done any more");
                self.reply(join, self.refs.get(&(join, op))?.clone(), Status::Error, &error)
            }
            ToDevice::Closed { join } => self.message(Ref::from(join), event::PHX_CLOSE, &serde_json::json!({})),
        })
    }

    fn reply(&self, join: u64, ref_: Ref, status: Status, response: &impl Serialize) -> ServerMessage {
        let response = Payload::json(response).unwrap();
        ServerMessage::Reply(Reply { join_ref: Ref::from(join), ref_, topic: self.topic.clone(), status, response })
    }

    fn message(&self, join_ref: Ref, event: &str, payload: &impl Serialize) -> ServerMessage {
        let payload = Payload::json(payload).unwrap();
        let (topic, event) = (self.topic.clone(), event.to_owned());
        ServerMessage::Message(Message { join_ref, ref_: Ref::NULL, topic, event, payload })
    }
}
