//! What the interface is told of a followed board. No IO.

use roost_board::durable::DurableReplica;
use roost_board::{BoardId, Entry, OpId, Replica, Snapshot};
use roost_bridge::{BoardCopy, BoardMessage, BoardNews, Presence, Refusal};
use roost_protocol::payload::{PresenceDiff, PresenceState};

use crate::core::outlet::{Outlet, UiEvent};

/// How many entries are told at once: the interface answers input between two messages.
pub(super) const ENTRIES_MAX: usize = 500;

/// For the interface, an entry to take and to draw is as much work as so many lists and cards of a copy: at 10,000 cards,
/// 500 entries took it about as long as the whole board.
const THINGS_PER_ENTRY: usize = 8;

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
        let board_here = board.replica().map(Replica::confirmed);
        let n_things = board_here.map_or(0, |board| board.n_cards() + board.lists().len());
        if entries.len() > ENTRIES_MAX.max(n_things / THINGS_PER_ENTRY) {
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
            snapshot: Snapshot { seq: replica.seq(), board: replica.confirmed().clone(), last: None },
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

#[cfg(test)]
mod tests {
    use roost_board::durable::{CatchUp, News, Stored};
    use roost_board::{Board, CardId, Change, ListId, NewCard, NewList, Position, Seq, Timestamp, User, UserId};
    use tokio::sync::mpsc::UnboundedReceiver;
    use uuid::Uuid;

    use super::*;

    fn me() -> UserId {
        UserId::from_uuid(Uuid::from_u128(1))
    }

    fn board() -> Board {
        let ada =
            User { id: me(), first_name: "Ada".into(), last_name: String::new(), email: "ada@example.org".into() };
        Board::new(BoardId::from_uuid(Uuid::from_u128(2)), "Spring release", ada).unwrap()
    }

    fn replica() -> DurableReplica {
        let snapshot = Some(Snapshot { seq: Seq::ZERO, board: board(), last: None });
        let mut replica = DurableReplica::new(me(), Stored { snapshot, ..Stored::default() });
        drop(replica.joined(CatchUp::Entries { seq: Seq::ZERO, entries: Vec::new() }));
        replica
    }

    fn entries(seqs: impl Iterator<Item = u64>) -> Vec<Entry> {
        let rename = |seq| Entry {
            seq: Seq(seq),
            op: OpId::from_uuid(Uuid::from_u128(u128::from(seq) + 100)),
            actor: me(),
            at: Timestamp::from_millis(0),
            change: Change::BoardRenamed { name: format!("Name {seq}") },
        };
        seqs.map(rename).collect()
    }

    /// A list and so many cards in it.
    fn cards(first: u64, n: u64) -> Vec<Entry> {
        let list_id = ListId::from_uuid(Uuid::from_u128(3));
        let list = NewList { id: list_id, name: "A".to_owned(), position: Position::first() };
        let mut made = entries(first..=first + n);
        made[0].change = Change::ListAdded { list };
        for (n, entry) in made.iter_mut().enumerate().skip(1) {
            let id = CardId::from_uuid(Uuid::from_u128(n as u128));
            let card = NewCard { id, list_id, title: "Milk".to_owned(), position: Position::first() };
            entry.change = Change::CardAdded { card };
        }
        made
    }

    /// Has entries taken, and tells of those that are new.
    fn take(screen: &mut Screen, replica: &mut DurableReplica, arrived: Vec<Entry>) {
        for news in replica.entries(arrived).news {
            match news {
                News::Entries(entries) => screen.entries(replica, entries),
                other => panic!("{other:?}"),
            }
        }
    }

    fn told(events: &mut UnboundedReceiver<UiEvent>) -> Vec<(u64, BoardNews)> {
        std::iter::from_fn(|| events.try_recv().ok())
            .map(|event| match event {
                UiEvent::Board(message) => (message.number, message.news),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn messages_go_on_from_the_copy() {
        let (outlet, mut events) = Outlet::new();
        let (mut screen, mut replica) = (Screen::new(board().id(), outlet), replica());
        take(&mut screen, &mut replica, entries(1..=1));
        assert_eq!(told(&mut events), [], "nobody looks");
        let copy = screen.show(&replica).unwrap();
        assert_eq!((copy.number, copy.snapshot.seq), (0, Seq(1)));
        for seq in 2..=3 {
            take(&mut screen, &mut replica, entries(seq..=seq));
        }
        let news = |seq| BoardNews::Entries { entries: entries(seq..=seq) };
        assert_eq!(told(&mut events), [(1, news(2)), (2, news(3))]);
        assert_eq!(screen.show(&replica).unwrap().number, 2);
    }

    #[test]
    fn so_many_entries_are_told_in_parts_or_as_the_board_when_that_is_less() {
        let (outlet, mut events) = Outlet::new();
        let (mut screen, mut replica) = (Screen::new(board().id(), outlet), replica());
        screen.show(&replica).unwrap();
        let n = ENTRIES_MAX as u64 + 1;
        take(&mut screen, &mut replica, entries(1..=n));
        let told_of_a_small_board = told(&mut events);
        assert!(
            matches!(told_of_a_small_board.as_slice(), [(1, BoardNews::Reset { .. })]),
            "{told_of_a_small_board:?}"
        );

        screen.hide();
        let n_cards = n * THINGS_PER_ENTRY as u64;
        take(&mut screen, &mut replica, cards(n + 1, n_cards));
        screen.show(&replica).unwrap();
        let first = n + n_cards + 2;
        take(&mut screen, &mut replica, entries(first..=first + n - 1));
        let of = |seqs| BoardNews::Entries { entries: entries(seqs) };
        let last = first + n - 1;
        assert_eq!(told(&mut events), [(2, of(first..=last - 1)), (3, of(last..=last))]);
    }

    #[test]
    fn the_messages_of_one_who_followed_before_are_never_later_ones() {
        let (outlet, mut events) = Outlet::new();
        let (mut before, mut after) = (Screen::new(board().id(), outlet.clone()), Screen::new(board().id(), outlet));
        let mut replica = replica();
        before.show(&replica).unwrap();
        take(&mut before, &mut replica, entries(1..=1));
        let [(late, _)] = told(&mut events).try_into().unwrap();
        assert!(late < after.show(&replica).unwrap().number);
    }
}
