//! The pure model of a Roost board.
//!
//! A board is a log of entries. A [`Change`] says what happens, [`Board::apply`] makes it happen, an [`Entry`] is a
//! change that the server has accepted, and a [`Replica`] is a board as one client sees it.
//!
//! This crate does no IO, reads no clock and draws no randomness: ids and times are handed in. It compiles for the
//! host and for wasm32, and the server, the desktop core and the interface run the same code.
//!
//! ```
//! use roost_board::{Board, Change, Context, NewList, Position, Timestamp, User};
//!
//! let ada = User {
//!     id: "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11".parse()?,
//!     first_name: "Ada".into(),
//!     last_name: "Berg".into(),
//!     email: "ada@example.org".into(),
//! };
//! let context = Context { actor: ada.id, at: Timestamp::from_millis(0) };
//! let mut board = Board::new("0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e12".parse()?, "Spring release", ada)?;
//! let list = NewList {
//!     id: "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e13".parse()?,
//!     name: "This week".into(),
//!     position: Position::first(),
//! };
//! board.apply(&context, &Change::ListAdded { list })?;
//! assert_eq!(board.lists()[0].name(), "This week");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod board;
mod change;
pub mod durable;
mod error;
mod history;
mod id;
mod invert;
pub mod limits;
mod places;
pub mod position;
mod replica;
mod siblings;
mod snapshot;
mod summary;
mod text;
mod time;
mod unknown;

pub use board::{Board, Card, Comment, List, Member, Role, User};
pub use change::{Change, Context, Entry, Mark, NewCard, NewComment, NewList, Proposal, Subject};
pub use error::{ApplyError, Field};
pub use history::{Doing, History, NotPossible, Step};
pub use id::{BoardId, CardId, CommentId, InvalidId, ListId, OpId, Seq, UserId};
pub use position::{Position, PositionError};
pub use replica::{Confirmed, Replica, ReplicaError};
pub use snapshot::Snapshot;
pub use summary::{BoardSummary, SUMMARY_MEMBERS};
pub use text::check_line;
pub use time::{InvalidTimestamp, Timestamp};
pub use unknown::UnknownChange;
