//! Why somebody is not let in, and why a change is not made.

use roost_board::{ApplyError, InvalidId};

/// Why somebody is not let into a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccessError {
    /// There is no such board, or they are not a member of it: nobody outside learns which.
    #[error("there is no such board, or you are not a member of it")]
    NotFound,
    /// The board cannot be read just now; what failed is in the log.
    #[error("the server cannot read this just now; try again in a moment")]
    Unavailable,
}

impl From<InvalidId> for AccessError {
    /// What is no id is no board's id.
    fn from(_: InvalidId) -> Self {
        Self::NotFound
    }
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProposeError {
    /// The caller is not, or no longer, let into the board.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The board refuses it.
    #[error(transparent)]
    Refused(#[from] ApplyError),
    /// Whoever is to become a member has no account here.
    #[error("nobody has signed up here with that address; ask them to sign up first")]
    NoSuchUser,
    /// It could not be stored. Sent again with the same `op` it is made once at most.
    #[error("the server could not save this change; try again in a moment")]
    NotSaved,
}

impl ProposeError {
    /// The code that travels as `reason`: stable, in snake case.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Access(AccessError::NotFound) => "unauthorized",
            Self::Access(AccessError::Unavailable) | Self::NotSaved => "unavailable",
            Self::Refused(error) => error.code(),
            Self::NoSuchUser => "no_such_user",
        }
    }
}

/// Why a board is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CreateError {
    /// It cannot have that name.
    #[error(transparent)]
    Refused(#[from] ApplyError),
    /// Its id is in use.
    #[error("this id is already in use")]
    IdTaken,
    /// They have made and own as many as they may.
    #[error("you can have {max} boards of your own at most")]
    TooMany {
        /// How many.
        max: usize,
    },
    /// The store cannot be used just now.
    #[error(transparent)]
    Access(#[from] AccessError),
}
