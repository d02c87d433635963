//! What the core announces to the interface.

use roost_board::{BoardId, Entry, OpId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::state::{Attention, BoardCopy, BoardsPage, ConnectionState, Notice, Presence, Refusal, Session};

/// An event: its payload is the type itself.
pub trait Event: Serialize + DeserializeOwned {
    /// The name it is listened to by.
    const NAME: &'static str;
}

impl Event for Session {
    const NAME: &'static str = "session";
}

impl Event for ConnectionState {
    const NAME: &'static str = "connection";
}

impl Event for BoardsPage {
    const NAME: &'static str = "boards";
}

impl Event for Attention {
    const NAME: &'static str = "attention";
}

impl Event for Notice {
    const NAME: &'static str = "notice";
}

/// News of a board that the interface follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardMessage {
    /// Of which board.
    pub board_id: BoardId,
    /// 1 more than the message before; at a gap the interface opens the board again.
    pub number: u64,
    /// What is new.
    pub news: BoardNews,
}

impl Event for BoardMessage {
    const NAME: &'static str = "board";
}

/// What is new on a board.
#[allow(clippy::large_enum_variant, reason = "each is handed over once, and not kept")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BoardNews {
    /// The server has accepted changes, in the order of their `seq`; pending ones among them are no longer pending.
    Entries {
        /// The entries.
        entries: Vec<Entry>,
    },
    /// The server has refused a proposal; it is gone from the view, and among what needs attention.
    Refused {
        /// Which proposal.
        op: OpId,
        /// Why.
        refusal: Refusal,
    },
    /// Who looks at the board now.
    Present {
        /// All of them.
        present: Vec<Presence>,
    },
    /// The board is to be drawn anew from this copy, since too much has happened.
    Reset {
        /// The copy; its number is this message's.
        copy: BoardCopy,
    },
    /// The person may no longer see the board.
    Gone {
        /// Why.
        refusal: Refusal,
    },
}
