//! What a simulation can find.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A proposal is in the log twice.
    AcceptedTwice,
    /// Something that the server had said was on its disk is not.
    AcknowledgedLost,
    /// A proposal that the person was told is safe is in no outbox, no log and no list of what needs attention.
    ProposalLost,
    /// The server has an entry, and the device has let go of the proposal without having the entry on its disk.
    NotOnDevice,
    /// A proposal was sent that is not on disk.
    SentBeforeDisk,
    /// A device's proposals are in the log in another order than they were made in.
    OutOfOrder,
    /// A device has a board that the server never had at that place of the log.
    NotTheBoard,
    /// A device went back to an earlier place of the log.
    WentBack,
    /// A window shows something else than what its device has.
    WindowDiffers,
    /// What is on a device's disk is not what it has in memory, and nothing is on its way there.
    DiskDiffers,
    /// All is well again and yet something is still different.
    Unequal,
    /// All is well again and yet there is no end to what happens.
    Restless,
    /// The code under test panicked.
    Panicked,
}

/// What went wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub wrong: Wrong,
    /// For people.
    pub what: String,
}

impl Failure {
    /// Says what went wrong.
    pub fn new(wrong: Wrong, what: impl Into<String>) -> Self {
        Self { wrong, what: what.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.wrong, self.what)
    }
}

/// `Err` unless it holds.
pub(crate) fn hold(holds: bool, wrong: Wrong, what: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(wrong, what())) }
}
