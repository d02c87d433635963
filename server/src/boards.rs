//! The boards: the one authority over them, and the one gate before them.

mod error;

use std::sync::Arc;

use roost_board::{BoardId, Change, OpId, Role, Seq, UserId};
use serde_json::value::RawValue;

pub(crate) use error::{AccessError, ProposeError};

/// All boards; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Boards {}

/// A board for one of its members: nobody gets to a board in any other way.
///
/// Each call asks anew whether they still are a member.
#[derive(Debug, Clone)]
pub(crate) struct BoardAccess {
    board_id: BoardId,
    user_id: UserId,
}

/// A board as JSON, `{"seq":…,"board":…}`, and the last entry that is in it.
#[derive(Debug)]
pub(crate) struct EncodedSnapshot {
    pub(crate) seq: Seq,
    pub(crate) json: Arc<RawValue>,
}

/// What a client is missing.
#[derive(Debug)]
pub(crate) enum CatchUp {
    /// These entries, which lead up to `seq`, each as JSON.
    Entries { seq: Seq, entries: Vec<Arc<RawValue>> },
    /// So much that the whole board is shorter.
    Snapshot(Arc<EncodedSnapshot>),
}

/// A change that was checked and waits for the disk.
#[derive(Debug)]
pub(crate) struct Submitted {}

impl Submitted {
    /// Waits until it is on disk.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn saved(self) -> Result<Seq, ProposeError> {
        Err(ProposeError::NotSaved)
    }
}

impl Boards {
    /// Lets somebody into a board.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] for a board that is not there and for one that they are no member of alike.
    pub(crate) async fn enter(&self, user: UserId, board: BoardId) -> Result<BoardAccess, AccessError> {
        Ok(BoardAccess { board_id: board, user_id: user })
    }
}

impl BoardAccess {
    /// Which board.
    pub(crate) const fn board_id(&self) -> BoardId {
        self.board_id
    }

    /// For whom.
    pub(crate) const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The board as it is.
    ///
    /// # Errors
    /// [`AccessError`]
    pub(crate) async fn snapshot(&self) -> Result<Arc<EncodedSnapshot>, AccessError> {
        Err(AccessError::NotFound)
    }

    /// What is missing after `since`.
    ///
    /// # Errors
    /// [`AccessError`]
    pub(crate) async fn catch_up(&self, _since: Seq) -> Result<CatchUp, AccessError> {
        Err(AccessError::NotFound)
    }

    /// Checks a change and hands it to the disk; changes take effect in the order of the returns from here.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn submit(&self, _op: OpId, _change: Change) -> Result<Submitted, ProposeError> {
        Ok(Submitted {})
    }

    /// Makes a change and waits until it is on disk; the same `op` again gets the first one's place and changes nothing.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn propose(&self, op: OpId, change: Change) -> Result<Seq, ProposeError> {
        self.submit(op, change).await?.saved().await
    }

    /// Makes whoever has this e-mail address a member; owners only.
    ///
    /// # Errors
    /// [`ProposeError`]
    pub(crate) async fn invite(&self, _email: &str, _role: Role) -> Result<Seq, ProposeError> {
        Err(ProposeError::NoSuchUser)
    }
}
