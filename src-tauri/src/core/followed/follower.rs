//! What is known of a followed board, and what the interface is told of it. No IO.

use std::collections::HashSet;

use roost_board::{
    BoardId, BoardSummary, Entry, History, OpId, Proposal, Replica, ReplicaError, Seq, Snapshot, UserId,
};
use roost_bridge::{BoardCopy, BoardMessage, BoardNews, Presence, Refusal};
use roost_protocol::payload::{JoinedBoard, PresenceDiff, PresenceState};

use crate::core::error::Error;
use crate::core::outlet::{Outlet, UiEvent};

/// A followed board: the one replica that owns its pending proposals, and who looks at it.
///
/// The interface sees it through numbered messages. A copy carries the number of the last message, and both are made
/// here, so nothing can be missing between a copy and the next message.
#[derive(Debug)]
pub(super) struct Follower {
    board_id: BoardId,
    me: UserId,
    /// `None` until the server has said for the first time what the board is.
    replica: Option<Replica>,
    /// Proposals from an earlier connection; the replica takes them over.
    carried: Vec<Proposal>,
    roster: PresenceState,
    present: Vec<Presence>,
    number: u64,
    /// Whether the interface shows the board.
    is_shown: bool,
    outlet: Outlet,
}

impl Follower {
    pub(super) fn new(board_id: BoardId, me: UserId, carried: Vec<Proposal>, outlet: Outlet) -> Self {
        Self {
            board_id,
            me,
            replica: None,
            carried,
            roster: PresenceState::new(),
            present: Vec::new(),
            number: outlet.first_number(),
            is_shown: false,
            outlet,
        }
    }

    /// The last entry that is here.
    pub(super) fn seq(&self) -> Option<Seq> {
        self.replica.as_ref().map(Replica::seq)
    }

    /// The board in a line, the pending proposals included.
    pub(super) fn summary(&self) -> Option<BoardSummary> {
        self.replica.as_ref().map(|replica| replica.view().summary())
    }

    /// How many proposals wait for the server's answer.
    pub(super) fn n_pending(&self) -> usize {
        self.replica.as_ref().map_or(self.carried.len(), |replica| replica.pending().len())
    }

    /// The proposals that wait, in order, by their `op`.
    pub(super) fn ops(&self) -> impl Iterator<Item = OpId> {
        let pending = self.replica.as_ref().map(|replica| replica.pending().map(|proposal| proposal.op));
        let carried = self.carried.iter().map(|proposal| proposal.op);
        pending.into_iter().flatten().chain(carried)
    }

    /// The proposals that wait, in order.
    pub(super) fn pending(&self) -> Vec<Proposal> {
        self.replica.as_ref().map_or_else(|| self.carried.clone(), |replica| replica.pending().cloned().collect())
    }

    /// The first proposals that wait and are not among those that were sent.
    pub(super) fn unsent(&self, sent: &HashSet<OpId>, max: usize) -> Vec<Proposal> {
        let Some(replica) = &self.replica else { return Vec::new() };
        replica.pending().filter(|proposal| !sent.contains(&proposal.op)).take(max).cloned().collect()
    }

    fn is_pending(&self, op: OpId) -> bool {
        self.replica.as_ref().is_some_and(|replica| replica.pending().any(|proposal| proposal.op == op))
    }

    pub(super) const fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// A copy for the interface, which is told of everything from here on; `None` as long as there is no board.
    pub(super) fn show(&mut self) -> Option<BoardCopy> {
        let copy = self.copy(self.number)?;
        self.is_shown = true;
        Some(copy)
    }

    /// The interface shows something else.
    pub(super) fn hide(&mut self) {
        self.is_shown = false;
    }

    /// The server has let us in.
    pub(super) fn joined(&mut self, answer: JoinedBoard) -> Result<(), ReplicaError> {
        match answer {
            JoinedBoard::Entries(answer) => {
                self.confirm(answer.entries)?;
                match self.seq().unwrap_or(Seq::ZERO) {
                    seq if seq == answer.seq => Ok(()),
                    seq => Err(ReplicaError::Gap { expected: seq.next(), got: answer.seq }),
                }
            }
            JoinedBoard::Snapshot(snapshot) => {
                match &mut self.replica {
                    Some(replica) if replica.seq() <= snapshot.seq => replica.reset(snapshot),
                    // The server was put back to what it was earlier, and it is the server that decides.
                    Some(replica) => {
                        let pending: Vec<Proposal> = replica.pending().cloned().collect();
                        *replica = Replica::with_pending(self.me, snapshot, pending);
                    }
                    None => {
                        let carried = std::mem::take(&mut self.carried);
                        self.replica = Some(Replica::with_pending(self.me, snapshot, carried));
                    }
                }
                self.tell_reset();
                Ok(())
            }
        }
    }

    /// Entries have arrived, in the order of their `seq`.
    pub(super) fn confirm(&mut self, entries: Vec<Entry>) -> Result<(), ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(()) };
        let before = replica.seq();
        let ops = |replica: &Replica| replica.pending().map(|proposal| proposal.op).collect::<HashSet<_>>();
        let waiting = ops(replica);
        let outcome = replica.confirm(&entries);
        let after = replica.seq();
        let still = ops(replica);
        let is_settled = |op: &OpId| waiting.contains(op) && !still.contains(op);
        // What came before a gap has been taken, and an entry that was here already may still settle a proposal.
        let news: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| (before < entry.seq && entry.seq <= after) || is_settled(&entry.op))
            .collect();
        if !news.is_empty() {
            self.tell(BoardNews::Entries { entries: news });
        }
        outcome.map(drop)
    }

    /// The person makes a change.
    pub(super) fn propose(&mut self, proposal: Proposal) -> Result<(), Error> {
        let replica = self.replica.as_mut().ok_or(Error::NoSuchBoard)?;
        Ok(replica.propose(proposal)?)
    }

    /// The server has accepted a proposal as the entry `seq`.
    pub(super) fn acknowledge(&mut self, op: OpId, seq: Seq) {
        let was_pending = self.is_pending(op);
        let Some(replica) = &mut self.replica else { return };
        // Only if its entry came within a snapshot: entries that come by themselves settle it before.
        if replica.acknowledge(op, seq) && was_pending {
            self.tell_reset();
        }
    }

    /// The server has refused a proposal. The interface is told even if it shows something else by now, since what the
    /// person did there has come to nothing.
    pub(super) fn reject(&mut self, op: OpId, refusal: Refusal) {
        if self.replica.as_mut().and_then(|replica| replica.reject(op)).is_some() {
            self.tell_always(BoardNews::Refused { op, refusal });
        }
    }

    /// The person may no longer see the board.
    pub(super) fn gone(&mut self, refusal: Refusal) {
        if self.is_shown || self.n_pending() > 0 {
            self.tell_always(BoardNews::Gone { refusal });
        }
        self.replica = None;
        self.carried.clear();
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
            self.present = present.clone();
            self.tell(BoardNews::Present { present });
        }
    }

    fn tell_reset(&mut self) {
        if let Some(copy) = self.copy(self.number + 1) {
            self.tell(BoardNews::Reset { copy });
        }
    }

    fn copy(&self, number: u64) -> Option<BoardCopy> {
        let replica = self.replica.as_ref()?;
        Some(BoardCopy {
            number,
            me: self.me,
            snapshot: Snapshot { seq: replica.seq(), board: replica.confirmed().clone() },
            pending: replica.pending().cloned().collect(),
            present: self.present.clone(),
            has_unknown: false,
            history: History::default(),
        })
    }

    fn tell(&mut self, news: BoardNews) {
        if self.is_shown {
            self.tell_always(news);
        }
    }

    fn tell_always(&mut self, news: BoardNews) {
        self.number += 1;
        let message = BoardMessage { board_id: self.board_id, number: self.number, news };
        self.outlet.tell(UiEvent::Board(message));
    }
}

#[cfg(test)]
mod tests {
    use roost_board::{Board, Change, ListId, NewList, Position, Timestamp, User};
    use roost_protocol::rest::EntriesAnswer;
    use tokio::sync::mpsc::UnboundedReceiver;
    use uuid::Uuid;

    use super::*;

    fn board() -> Board {
        let id = UserId::from_uuid(Uuid::from_u128(1));
        let ada = User { id, first_name: "Ada".into(), last_name: String::new(), email: "ada@example.org".into() };
        Board::new(BoardId::from_uuid(Uuid::from_u128(2)), "Spring release", ada).unwrap()
    }

    fn snapshot() -> JoinedBoard {
        JoinedBoard::Snapshot(Snapshot { seq: Seq(0), board: board() })
    }

    fn proposal(n: u128) -> Proposal {
        let list = NewList { id: ListId::from_uuid(Uuid::from_u128(n)), name: "A".into(), position: Position::first() };
        let op = OpId::from_uuid(Uuid::from_u128(100 + n));
        Proposal { op, at: Timestamp::from_millis(0), change: Change::ListAdded { list } }
    }

    fn entry(seq: u64, proposal: &Proposal) -> Entry {
        let actor = UserId::from_uuid(Uuid::from_u128(1));
        Entry { seq: Seq(seq), op: proposal.op, actor, at: proposal.at, change: proposal.change.clone() }
    }

    fn follower(carried: Vec<Proposal>) -> (Follower, UnboundedReceiver<UiEvent>) {
        let (outlet, events) = Outlet::new();
        let board = board();
        (Follower::new(board.id(), board.members().next().unwrap().user.id, carried, outlet), events)
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
        let (mut follower, mut events) = follower(Vec::new());
        assert_eq!(follower.show(), None);
        follower.joined(snapshot()).unwrap();
        follower.confirm(vec![entry(1, &proposal(1))]).unwrap();
        assert_eq!(told(&mut events), []);

        let copy = follower.show().unwrap();
        assert_eq!((copy.number, copy.snapshot.seq), (0, Seq(1)));
        let (second, third) = (entry(2, &proposal(2)), entry(3, &proposal(3)));
        follower.confirm(vec![second.clone()]).unwrap();
        follower.confirm(vec![third.clone()]).unwrap();
        let news = |entry| BoardNews::Entries { entries: vec![entry] };
        assert_eq!(told(&mut events), [(1, news(second)), (2, news(third))]);
        assert_eq!(follower.show().unwrap().number, 2);
    }

    #[test]
    fn what_came_before_a_gap_is_told() {
        let (mut follower, mut events) = follower(Vec::new());
        follower.joined(snapshot()).unwrap();
        follower.show().unwrap();
        let first = entry(1, &proposal(1));
        let outcome = follower.confirm(vec![first.clone(), entry(3, &proposal(3))]);
        assert_eq!(outcome, Err(ReplicaError::Gap { expected: Seq(2), got: Seq(3) }));
        assert_eq!(told(&mut events), [(1, BoardNews::Entries { entries: vec![first] })]);

        let missing = vec![entry(2, &proposal(2)), entry(3, &proposal(3))];
        follower.joined(JoinedBoard::Entries(EntriesAnswer { seq: Seq(3), entries: missing.clone() })).unwrap();
        assert_eq!(told(&mut events), [(2, BoardNews::Entries { entries: missing })]);
    }

    #[test]
    fn a_server_that_was_put_back_is_believed_and_gets_what_waits() {
        let (mut follower, mut events) = follower(Vec::new());
        follower.joined(snapshot()).unwrap();
        follower.confirm(vec![entry(1, &proposal(1)), entry(2, &proposal(2))]).unwrap();
        follower.propose(proposal(3)).unwrap();
        follower.show().unwrap();
        follower.joined(snapshot()).unwrap();
        let told = told(&mut events);
        let [(1, BoardNews::Reset { copy })] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((copy.snapshot.seq, copy.pending.as_slice()), (Seq(0), &[proposal(3)][..]));
        follower.confirm(vec![entry(1, &proposal(4))]).unwrap();
        assert_eq!(follower.seq(), Some(Seq(1)));
    }

    #[test]
    fn entries_that_do_not_lead_to_where_the_server_is_do_not_fit() {
        let (mut follower, _events) = follower(Vec::new());
        let answer = |seq, entries| JoinedBoard::Entries(EntriesAnswer { seq: Seq(seq), entries });
        assert!(follower.joined(answer(1, vec![entry(1, &proposal(1))])).is_err(), "there is no board yet");
        follower.joined(snapshot()).unwrap();
        assert!(follower.joined(answer(2, vec![entry(1, &proposal(1))])).is_err());
        assert!(follower.joined(answer(0, Vec::new())).is_err());
        assert_eq!(follower.joined(answer(1, Vec::new())), Ok(()));
    }

    #[test]
    fn the_messages_of_one_who_followed_before_are_never_later_ones() {
        let (outlet, mut events) = Outlet::new();
        let (id, me) = (board().id(), board().members().next().unwrap().user.id);
        let mut before = Follower::new(id, me, Vec::new(), outlet.clone());
        let mut after = Follower::new(id, me, Vec::new(), outlet);
        for follower in [&mut before, &mut after] {
            follower.joined(snapshot()).unwrap();
        }
        before.show().unwrap();
        before.confirm(vec![entry(1, &proposal(1))]).unwrap();
        let [(late, _)] = told(&mut events).try_into().unwrap();
        assert!(late < after.show().unwrap().number);
    }

    #[test]
    fn a_proposal_that_is_in_a_snapshot_already_is_settled_by_its_answer() {
        let (mut follower, mut events) = follower(Vec::new());
        follower.joined(snapshot()).unwrap();
        let proposal = proposal(1);
        follower.propose(proposal.clone()).unwrap();
        follower.show().unwrap();

        let mut board = board();
        let entry = entry(1, &proposal);
        board.apply(&entry.context(), &entry.change).unwrap();
        follower.joined(JoinedBoard::Snapshot(Snapshot { seq: Seq(1), board })).unwrap();
        assert_eq!(follower.n_pending(), 1);
        follower.acknowledge(proposal.op, Seq(1));
        assert_eq!(follower.n_pending(), 0);
        let told = told(&mut events);
        let [(1, BoardNews::Reset { copy: before }), (2, BoardNews::Reset { copy: after })] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!((before.number, before.pending.len()), (1, 1));
        assert_eq!((after.number, after.pending.len()), (2, 0));
    }

    #[test]
    fn what_was_carried_over_waits_and_is_refused_even_if_nobody_looks() {
        let carried = proposal(1);
        let (mut follower, mut events) = follower(vec![carried.clone()]);
        assert_eq!(follower.pending(), std::slice::from_ref(&carried));
        follower.joined(snapshot()).unwrap();
        assert_eq!(follower.unsent(&HashSet::new(), 9), std::slice::from_ref(&carried));
        assert_eq!(follower.unsent(&HashSet::from([carried.op]), 9), []);

        let refusal = Refusal { code: "id_taken".to_owned(), message: "No".to_owned() };
        follower.reject(carried.op, refusal.clone());
        assert_eq!(told(&mut events), [(1, BoardNews::Refused { op: carried.op, refusal })]);
        assert_eq!(follower.n_pending(), 0);
    }
}
