//! What the events of Roost's topics carry.

use std::collections::BTreeMap;

use roost_board::{BoardId, BoardSummary, Change, Mark, OpId, Role, Seq, Snapshot, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::rest::EntriesAnswer;

/// Joins `boards:<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct JoinBoard {
    /// The last entry that the client has; without it the answer is a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
}

/// What a client that joins `boards:<id>` is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "JoinedBoardData")]
pub enum JoinedBoard {
    /// The whole board.
    Snapshot(Snapshot),
    /// The entries after `since`.
    Entries(EntriesAnswer),
}

/// Read by its fields rather than by trying one form after the other, so that an error names what was wrong.
#[derive(Deserialize)]
struct JoinedBoardData {
    seq: Seq,
    board: Option<roost_board::Board>,
    last: Option<Mark>,
    entries: Option<Vec<roost_board::Entry>>,
}

impl TryFrom<JoinedBoardData> for JoinedBoard {
    type Error = &'static str;

    fn try_from(data: JoinedBoardData) -> Result<Self, &'static str> {
        let seq = data.seq;
        match (data.board, data.entries) {
            (Some(board), None) => Ok(Self::Snapshot(Snapshot { seq, board, last: data.last })),
            (None, Some(entries)) => Ok(Self::Entries(EntriesAnswer { seq, entries })),
            (Some(_), Some(_)) => Err("both board and entries"),
            (None, None) => Err("neither board nor entries"),
        }
    }
}

/// Asks for a change ([`PROPOSE`](crate::event::PROPOSE)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Propose {
    /// The proposal's id: sent again, it is answered as the first time.
    pub op: OpId,
    /// The change.
    pub change: Change,
}

/// Answers a proposal or an invitation that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The place of its entry in the log.
    pub seq: Seq,
}

/// Asks somebody onto the board ([`INVITE`](crate::event::INVITE)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Invite {
    /// The address of somebody who has an account.
    pub email: String,
    /// As what; a member when it is not said.
    #[serde(default = "member")]
    pub role: Role,
}

const fn member() -> Role {
    Role::Member
}

/// Why a join or a push was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelError {
    /// The code to branch on.
    pub reason: String,
    /// For people; empty in answers that no person reads.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl ChannelError {
    /// A refusal with a code and a text for people.
    #[must_use]
    pub fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into() }
    }
}

/// A board is now among those of the user ([`BOARD_ADDED`](crate::event::BOARD_ADDED)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardAdded {
    /// The board.
    pub board: BoardSummary,
}

/// A board is no longer among those of the user ([`BOARD_REMOVED`](crate::event::BOARD_REMOVED)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRemoved {
    /// Which board.
    pub board_id: BoardId,
}

/// One socket of somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceMeta {
    /// Tells this socket's presence from every other.
    pub phx_ref: String,
    /// The person's name.
    #[serde(default)]
    pub name: String,
    /// When the socket joined, by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online_at: Option<Timestamp>,
}

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PresenceEntry {
    /// One for each of their sockets.
    pub metas: Vec<PresenceMeta>,
}

/// Everyone who is there ([`PRESENCE_STATE`](crate::event::PRESENCE_STATE)).
pub type PresenceState = BTreeMap<UserId, PresenceEntry>;

/// Who has come and gone ([`PRESENCE_DIFF`](crate::event::PRESENCE_DIFF)).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PresenceDiff {
    /// The new metas of those who came.
    pub joins: PresenceState,
    /// The metas that are gone.
    pub leaves: PresenceState,
}

impl PresenceDiff {
    /// Brings a state up to date. A meta that is there already is not added again, so a diff that tells what the state
    /// contains already does no harm.
    pub fn apply_to(&self, state: &mut PresenceState) {
        for (&user, joined) in &self.joins {
            let entry = state.entry(user).or_default();
            for meta in &joined.metas {
                entry.metas.retain(|known| known.phx_ref != meta.phx_ref);
                entry.metas.push(meta.clone());
            }
        }
        for (user, left) in &self.leaves {
            let Some(entry) = state.get_mut(user) else { continue };
            entry.metas.retain(|known| left.metas.iter().all(|gone| gone.phx_ref != known.phx_ref));
            if entry.metas.is_empty() {
                state.remove(user);
            }
        }
    }
}
