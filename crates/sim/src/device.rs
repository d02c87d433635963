//! What a simulation asks of the code under test, on one device, for one board.

use std::collections::HashSet;
use std::fmt;

use roost_board::{Board, Change, OpId, Proposal, Seq, Timestamp, UserId};

use crate::failure::Failure;
use crate::wire::{ToDevice, ToServer};

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes a change.
    Make(Proposal),
    /// Takes back what they did last, as this proposal.
    Undo(OpId, Timestamp),
    /// Does again what they took back last, as this proposal.
    Redo(OpId, Timestamp),
    /// Tries again, as this proposal, the oldest of what needs attention.
    Retry(OpId, Timestamp),
    /// Lets go of the oldest of what needs attention.
    Discard,
}

/// What the person, or the world, learns of what a device did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A proposal is in the view.
    Proposed(Proposal),
    /// A proposal is safe: the person is told so.
    Kept(OpId),
    /// A proposal could not be kept: the person is told so, and it is gone from the view.
    NotKept(OpId),
    /// The device has heard that the server has a proposal.
    Acknowledged(OpId),
    /// A proposal came to nothing, and needs attention.
    NeedsAttention(OpId),
    /// What needed attention was tried again under another name, and both is on disk.
    Retried(OpId),
    /// What needed attention was let go of, and that is on disk.
    Discarded(OpId),
}

/// A board as a running device has it.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The last entry that is in it.
    pub seq: Seq,
    /// What the server has confirmed.
    pub confirmed: &'a Board,
    /// What is shown.
    pub view: &'a Board,
    /// Whether changes happened to it that this version does not know.
    pub has_unknown: bool,
    /// How many proposals wait for an answer.
    pub n_waiting: usize,
}

/// What is on the disk of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnDisk {
    /// The last entry that a start from this disk would have; `None` when there is no board.
    pub seq: Option<Seq>,
    /// The proposals that wait.
    pub outbox: HashSet<OpId>,
    /// What needs attention, oldest first.
    pub attention: Vec<(OpId, Change)>,
}

/// A device that follows one board. It does nothing by itself: everything that happens to it is a call.
pub trait Device: fmt::Debug {
    /// Whose device it is.
    fn person(&self) -> UserId;

    /// The app starts, from what is on disk.
    fn start(&mut self);

    /// The app is killed: what is not on disk is gone.
    fn crash(&mut self);

    /// The app of the next version starts, which knows all changes: a board that had unknown ones is fetched anew.
    fn update(&mut self);

    /// Whether the app runs.
    fn is_running(&self) -> bool;

    /// The person does something. What is not possible does nothing.
    fn act(&mut self, act: Act);

    /// How many transactions are on their way to the disk.
    fn n_writing(&self) -> usize;

    /// The oldest of them is on disk.
    fn commit(&mut self);

    /// The oldest of them fails, as on a full disk; those behind it may not.
    fn fail(&mut self);

    /// There is a connection.
    fn connected(&mut self);

    /// The connection is gone, and the device knows.
    fn disconnected(&mut self);

    /// The person is told that the board is shared with them, and opens it.
    fn invited(&mut self);

    /// These messages have arrived.
    fn hear(&mut self, messages: Vec<ToDevice>);

    /// Whether it waits for the server's answer to anything.
    fn is_waiting(&self) -> bool;

    /// Whether it has the board open, or is about to.
    fn is_following(&self) -> bool;

    /// An answer takes too long.
    fn lose_patience(&mut self);

    /// What it has said since it was last asked, in order.
    fn take_said(&mut self) -> Vec<ToServer>;

    /// What it has done since it was last asked, in order.
    fn take_notes(&mut self) -> Vec<Note>;

    /// The board, if the app runs and there is one.
    fn sight(&self) -> Option<Sight<'_>>;

    /// What is on its disk.
    fn on_disk(&self) -> OnDisk;

    /// Whether a proposal is in the outbox on its disk.
    fn is_kept(&self, op: OpId) -> bool;

    /// Whether the device waits for the server's answer to a proposal; when the app does not run, whether it would.
    fn is_pending(&self, op: OpId) -> bool;

    /// Looks for what must never be, inside the device.
    ///
    /// # Errors
    /// With what is.
    fn check(&self) -> Result<(), Failure>;

    /// Looks whether a start from the disk would have what is in memory. Nothing is on its way there, and no write has
    /// failed.
    ///
    /// # Errors
    /// With what is different.
    fn check_disk(&self) -> Result<(), Failure>;
}
