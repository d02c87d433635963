//! What the interface is told of a followed board. No IO.

use roost_board::durable::DurableReplica;
use roost_board::{BoardId, Entry, OpId, Snapshot};
use roost_bridge::{BoardCopy, BoardMessage, BoardNews, Presence, Refusal};
use roost_protocol::payload::{PresenceDiff, PresenceState};

use crate::core::outlet::{Outlet, UiEvent};

/// How many entries are told at once: the interface answers input between two messages.
pub(super) const ENTRIES_MAX: usize = 500;

/// What the interface shows of a followed board, and who else looks at it.
///
/// The interface sees the board through numbered messages. A copy carries the number of the last message, and both are
/// made here, so nothing can be missing between a copy and the next message.
#[derive(Debug)]
pub(super) struct Screen {
    board_id: BoardId,
    roster: PresenceState,
    present: Vec<Presence>,
    number: u64,
    /// Whether the interface shows the board.
    is_shown: bool,
    outlet: Outlet,
}

impl Screen {
    pub(super) fn new(board_id: BoardId, outlet: Outlet) -> Self {
        Self {
            board_id,
            roster: PresenceState::new(),
            present: Vec::new(),
            number: outlet.first_number(),
            is_shown: false,
            outlet,
        }
    }

    pub(super) const fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// A copy for the interface, which is told of everything from here on; `None` as long as there is no board.
    pub(super) fn show(&mut self, board: &DurableReplica) -> Option<BoardCopy> {
        let copy = self.copy(board, self.number)?;
        self.is_shown = true;
        Some(copy)
    }

    /// The interface shows something else.
    pub(super) const fn hide(&mut self) {
        self.is_shown = false;
    }

    /// Entries were taken; they are on the board.
    pub(super) fn entries(&mut self, board: &DurableReplica, mut entries: Vec<Entry>) {
        if !self.is_shown {
            return;
        }
        let n_things = board.view().map_or(0, |view| view.n_cards() + view.lists().len());
        if entries.len() > n_things.max(ENTRIES_MAX) {
            self.reset(board);
            return;
        }
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(ENTRIES_MAX));
            self.tell(BoardNews::Entries { entries: std::mem::replace(&mut entries, rest) });
        }
    }

    /// The board is to be drawn anew.
    pub(super) fn reset(&mut self, board: &DurableReplica) {
        if !self.is_shown {
            return;
        }
        if let Some(copy) = self.copy(board, self.number + 1) {
            self.tell(BoardNews::Reset { copy });
        }
    }

    /// The server has refused a proposal. The interface is told even if it shows something else by now, since what the
    /// person did there has come to nothing.
    pub(super) fn refused(&mut self, op: OpId, refusal: Refusal) {
        self.tell(BoardNews::Refused { op, refusal });
    }

    /// The person may no longer see the board; said aloud if they look at it, or something of theirs came to nothing.
    pub(super) fn gone(&mut self, refusal: Refusal, has_lost: bool) {
        if self.is_shown || has_lost {
            self.tell(BoardNews::Gone { refusal });
        }
        self.is_shown = false;
    }

    /// Everyone who is there.
    pub(super) fn presence_state(&mut self, state: PresenceState) {
        self.roster = state;
        self.tell_present();
    }

    /// Who has come and gone.
    pub(super) fn presence_diff(&mut self, diff: &PresenceDiff) {
        diff.apply_to(&mut self.roster);
        self.tell_present();
    }

    fn tell_present(&mut self) {
        let present: Vec<Presence> = self
            .roster
            .iter()
            .filter_map(|(&user_id, entry)| {
                entry.metas.last().map(|meta| Presence { user_id, name: meta.name.clone() })
            })
            .collect();
        if present != self.present {
            self.present.clone_from(&present);
            if self.is_shown {
                self.tell(BoardNews::Present { present });
            }
        }
    }

    fn copy(&self, board: &DurableReplica, number: u64) -> Option<BoardCopy> {
        let replica = board.replica()?;
        Some(BoardCopy {
            number,
            me: board.actor(),
            snapshot: Snapshot { seq: replica.seq(), board: replica.confirmed().clone() },
            pending: replica.pending().cloned().collect(),
            present: self.present.clone(),
            has_unknown: replica.has_unknown(),
            history: board.history().clone(),
        })
    }

    fn tell(&mut self, news: BoardNews) {
        self.number += 1;
        let message = BoardMessage { board_id: self.board_id, number: self.number, news };
        self.outlet.tell(UiEvent::Board(message));
    }
}
