//! The bodies of the REST calls, which live under [`API_PREFIX`].
//!
//! `GET /current_user` answers a [`User`], `POST /boards` a [`BoardSummary`] and `GET /boards/<id>` a
//! [`Snapshot`](roost_board::Snapshot); the other bodies are here.

use std::collections::BTreeMap;
use std::fmt;

use roost_board::{BoardId, BoardSummary, Entry, Seq, User};
use serde::{Deserialize, Serialize};

/// Where the calls live.
pub const API_PREFIX: &str = "/api/v1";

/// The version of the wire contract that this crate writes, as [`Info::protocol`] gives it.
pub const PROTOCOL: u32 = 1;

/// `GET /info`: what the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// `roost`
    pub name: String,
    /// The server's version.
    pub version: String,
    /// The version of the wire contract.
    pub protocol: u32,
    /// Whether `POST /registrations` makes accounts here.
    #[serde(default = "open")]
    pub registrations: bool,
}

const fn open() -> bool {
    true
}

/// `POST /registrations`: makes an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewRegistration {
    /// The account.
    pub user: NewUser,
}

/// An account that is being made. A field that is left out reads as empty, and is refused as an empty one is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewUser {
    /// First name.
    #[serde(default)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    pub last_name: String,
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Password.
    #[serde(default)]
    pub password: String,
}

/// Without the password.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("first_name", &self.first_name)
            .field("last_name", &self.last_name)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// `POST /sessions`: signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct NewSession {
    /// Who.
    pub session: Credentials,
}

/// What somebody signs in with. A field that is left out reads as empty.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Credentials {
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Password.
    #[serde(default)]
    pub password: String,
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Answers a sign-up or a sign-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionAnswer {
    /// The token.
    pub jwt: String,
    /// Whose it is.
    pub user: User,
}

/// Without the token.
impl fmt::Debug for SessionAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionAnswer").field("user", &self.user).finish_non_exhaustive()
    }
}

/// `GET /boards`: the boards of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BoardsAnswer {
    /// Those that they own.
    pub owned_boards: Vec<BoardSummary>,
    /// Those that others share with them.
    pub invited_boards: Vec<BoardSummary>,
}

/// `POST /boards`: makes a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBoard {
    /// The board.
    pub board: NewBoardFields,
}

/// A board that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBoardFields {
    /// Its name. Left out it reads as empty, and is refused as an empty one is.
    #[serde(default)]
    pub name: String,
    /// Its id, if the client makes it; sent again with the same id, the call makes no second board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<BoardId>,
}

/// `GET /boards/<id>/entries?since=k`: the entries after `k`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntriesAnswer {
    /// The last entry of the log.
    pub seq: Seq,
    /// The entries, in the order of their `seq`.
    pub entries: Vec<Entry>,
}

/// The body of every answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// The code to branch on, in snake case.
    pub code: String,
    /// For people.
    pub message: String,
    /// What is wrong with each field, by the field's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
}
