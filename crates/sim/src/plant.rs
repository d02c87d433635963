//! Bugs to plant, each a mistake that somebody could make: a simulation that does not find them proves nothing.

/// A bug, in the model server or in what drives the code under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The server does not ask whether it knows a proposal already.
    TakesTwice,
    /// The server forgets which proposals it knows when it starts again.
    ForgetsOps,
    /// The server answers and tells everybody before it is on disk.
    TellsBeforeDisk,
    /// The server, put back from a backup, gives other entries the names and times of those that it has lost: as if
    /// nobody looked whether they are the same.
    RepeatsMarks,
    /// The server misses an entry of what it answers to a join.
    AnswersShort,
    /// The device takes an entry as if none were missing before it.
    PassesGaps,
    /// The device sends a proposal before it is on disk.
    SendsBeforeDisk,
    /// The device sends again in another order.
    SendsBackwards,
    /// The device lets a proposal leave the outbox in an earlier transaction than the one that stores its entry.
    SettlesFirst,
    /// The device lets a refused proposal leave the outbox in an earlier transaction than the one that stores what
    /// needs attention.
    AttendsLate,
    /// The device throws away what waits when the person loses the board.
    DropsWhatWaits,
    /// The device does not tell its window that the board is to be looked at anew.
    HidesResets,
    /// The device does not write down how a proposal came about.
    ForgetsUndo,
    /// The device says nothing when a proposal could not be written.
    HidesFullDisk,
}
