//! What the desktop core and the interface say to each other.
//!
//! The interface calls [commands](command), each with one argument named `args`; the core announces [events](event).
//! Both sides take the names and the payloads from here, so that a drift between them does not compile.
//!
//! No token passes here: it stays in the core and in the keyring of the system.

pub mod command;
pub mod event;
mod state;

pub use command::{COMMANDS, Command, CommandError};
pub use event::{BoardMessage, BoardNews, Event};
pub use state::{
    Account, AppState, Attention, AttentionItem, BoardCopy, BoardsPage, ConnectionPhase, ConnectionState, Draft,
    DraftKey, Notice, Place, Presence, Refusal, ServerInfo, Session, SignedOutReason, Theme, TokenKeeping, Wanted,
};
