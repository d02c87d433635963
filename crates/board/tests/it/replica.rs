//! A client, a server and the network between them, in every order of events that a client can see.

use std::collections::{HashMap, HashSet, VecDeque};

use proptest::prelude::*;
use proptest::sample::Index;
use roost_board::{
    Board, CardId, Change, Context, Entry, NewComment, OpId, Proposal, Replica, ReplicaError, Seq, Snapshot, Timestamp,
    UserId,
};

use crate::draw::{
    N_PEOPLE, card_added, card_id, comment_id, empty_board, furnished_board, list_added, list_id, op_id, some_actor,
    some_change, user_id, with,
};
use crate::sight::{all_cards, sight};

const ME: u16 = 0;

/// The authority: decides, and keeps the log.
struct Server {
    log: Vec<Entry>,
    /// The board after each entry; the first is the one before all of them.
    boards: Vec<Board>,
    accepted: HashMap<OpId, Seq>,
}

impl Server {
    fn new(board: Board) -> Self {
        Self { log: Vec::new(), boards: vec![board], accepted: HashMap::new() }
    }

    fn board(&self) -> &Board {
        self.boards.last().unwrap()
    }

    fn seq(&self) -> Seq {
        Seq(self.log.len() as u64)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { seq: self.seq(), board: self.board().clone(), last: None }
    }

    fn entries_since(&self, seq: Seq) -> Vec<Entry> {
        self.log[seq.0 as usize..].to_vec()
    }

    /// The entry's `seq` and whether it is new; `None` when refused.
    fn decide(&mut self, actor: UserId, op: OpId, change: &Change) -> Option<(Seq, bool)> {
        if let Some(seq) = self.accepted.get(&op) {
            return Some((*seq, false));
        }
        let seq = self.seq().next();
        // The server's clock, which is not the client's.
        let at = Timestamp::from_millis(1_000_000 + seq.0 as i64);
        let mut board = self.board().clone();
        match change {
            // This server is newer than its clients. What it does about it, they do not see.
            Change::Unknown(_) => drop(board.role(actor)?),
            known => board.apply(&Context { actor, at }, known).ok()?,
        }
        self.boards.push(board);
        self.log.push(Entry { seq, op, actor, at, change: change.clone() });
        self.accepted.insert(op, seq);
        Some((seq, true))
    }
}

/// What travels from the server to the client.
#[derive(Debug, Clone)]
enum Message {
    Entry(Entry),
    Accepted(OpId, Seq),
    Refused(OpId),
    Entries(Vec<Entry>),
    Snapshot(Snapshot),
}

#[derive(Debug, Clone)]
enum Event {
    /// The person makes a change.
    Propose(Change),
    /// The next proposal reaches the server. Its answer and its entry leave in either order.
    Send { answer_first: bool },
    /// Somebody else makes a change; what they may not is refused.
    Other(u16, Change),
    /// The next message reaches the client.
    Deliver,
    /// An entry that was there before comes again.
    Repeat(Index),
    /// A message is lost on the way, as when the client's queue overflowed.
    Lose,
    /// The connection breaks: what is on the way is lost.
    Cut,
    /// The client joins (again), and is answered with a snapshot or with entries.
    Join { with_snapshot: bool },
}

fn some_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => some_change().prop_map(Event::Propose),
        8 => any::<bool>().prop_map(|answer_first| Event::Send { answer_first }),
        6 => (some_actor(), some_change()).prop_map(|(actor, change)| Event::Other(actor, change)),
        14 => Just(Event::Deliver),
        1 => any::<Index>().prop_map(Event::Repeat),
        1 => Just(Event::Lose),
        1 => Just(Event::Cut),
        2 => any::<bool>().prop_map(|with_snapshot| Event::Join { with_snapshot }),
    ]
}

struct World {
    server: Server,
    replica: Replica,
    is_connected: bool,
    /// From the server to the client.
    inbox: VecDeque<Message>,
    /// Proposals that are pending and were not sent over this connection.
    outbox: VecDeque<OpId>,
    proposed: Vec<OpId>,
    refused: HashSet<OpId>,
}

impl World {
    fn new() -> Self {
        let server = Server::new(furnished_board());
        let replica = Replica::new(user_id(ME), server.snapshot());
        Self {
            server,
            replica,
            is_connected: true,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            proposed: Vec::new(),
            refused: HashSet::new(),
        }
    }

    fn fresh_op(&self, of_mine: bool) -> OpId {
        if of_mine { op_id(self.proposed.len() as u16) } else { op_id(10_000 + self.server.log.len() as u16) }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Propose(change) => self.propose(change),
            Event::Send { answer_first } => self.send(answer_first),
            Event::Other(actor, change) => {
                let op = self.fresh_op(false);
                self.server.decide(user_id(actor), op, &change);
                self.announce(op);
            }
            Event::Deliver => self.deliver(),
            Event::Repeat(index) => {
                if !self.server.log.is_empty() && self.is_connected {
                    self.inbox.push_back(Message::Entry(index.get(&self.server.log).clone()));
                }
            }
            Event::Lose => drop(self.inbox.pop_front()),
            Event::Cut => {
                self.is_connected = false;
                self.inbox.clear();
            }
            Event::Join { with_snapshot } => self.join(with_snapshot),
        }
        self.check();
    }

    fn propose(&mut self, change: Change) {
        let op = self.fresh_op(true);
        let at = Timestamp::from_millis(self.proposed.len() as i64);
        let before = self.replica.clone();
        if self.replica.propose(Proposal { op, at, change }).is_ok() {
            self.proposed.push(op);
            self.outbox.push_back(op);
        } else {
            assert_eq!(self.replica, before, "a refused proposal changed something");
        }
    }

    fn send(&mut self, answer_first: bool) {
        if !self.is_connected {
            return;
        }
        let Some(op) = self.outbox.pop_front() else { return };
        // It may have been settled by its entry since.
        let Some(proposal) = self.replica.pending().find(|proposal| proposal.op == op).cloned() else { return };
        let outcome = self.server.decide(user_id(ME), op, &proposal.change);
        let answer = outcome.map_or(Message::Refused(op), |(seq, _)| Message::Accepted(op, seq));
        let is_new = outcome.is_some_and(|(_, is_new)| is_new);
        if answer_first {
            self.inbox.push_back(answer);
        } else if is_new {
            self.announce(op);
            self.inbox.push_back(answer);
            return;
        } else {
            self.inbox.push_back(answer);
        }
        if is_new {
            self.announce(op);
        }
    }

    /// Broadcasts the last entry if it is that of `op`.
    fn announce(&mut self, op: OpId) {
        if let Some(entry) = self.server.log.last().filter(|entry| entry.op == op && self.is_connected) {
            self.inbox.push_back(Message::Entry(entry.clone()));
        }
    }

    /// As a channel does: what was on the way is dropped with the old join, then the answer comes before any entry
    /// that is not in it, and what is pending is sent again.
    fn join(&mut self, with_snapshot: bool) {
        self.is_connected = true;
        self.inbox.clear();
        self.inbox.push_back(if with_snapshot {
            Message::Snapshot(self.server.snapshot())
        } else {
            Message::Entries(self.server.entries_since(self.replica.seq()))
        });
        self.outbox = self.replica.pending().map(|proposal| proposal.op).collect();
    }

    fn deliver(&mut self) {
        let Some(message) = self.inbox.pop_front() else { return };
        match message {
            Message::Entry(entry) => self.confirm(&[entry]),
            Message::Entries(entries) => self.confirm(&entries),
            Message::Accepted(op, seq) => {
                let is_in = self.replica.acknowledge(op, seq);
                assert_eq!(is_in, seq <= self.replica.seq());
            }
            Message::Refused(op) => {
                assert!(self.replica.reject(op).is_some_and(|proposal| proposal.op == op));
                self.refused.insert(op);
            }
            Message::Snapshot(snapshot) => self.replica.reset(snapshot),
        }
    }

    fn confirm(&mut self, entries: &[Entry]) {
        let before = self.replica.clone();
        let pending_before: HashSet<OpId> = before.pending().map(|proposal| proposal.op).collect();
        match self.replica.confirm(entries) {
            Ok(confirmed) => {
                assert_eq!(confirmed.n_new as u64, self.replica.seq().0 - before.seq().0);
                let pending: HashSet<OpId> = self.replica.pending().map(|proposal| proposal.op).collect();
                assert_eq!(HashSet::from_iter(confirmed.settled), &pending_before - &pending);
                let is_unknown = |entry: &Entry| entry.seq > before.seq() && matches!(entry.change, Change::Unknown(_));
                assert_eq!(self.replica.has_unknown(), before.has_unknown() || entries.iter().any(is_unknown));
            }
            Err(ReplicaError::Gap { expected, got }) => {
                assert_eq!(expected, before.seq().next());
                assert_eq!(got, entries[0].seq);
                assert!(got > expected);
                assert_eq!(self.replica, before, "a gap changed something");
                // What a client does then.
                self.join(got.0 % 2 == 0);
            }
            Err(error @ ReplicaError::Diverged { .. }) => panic!("{error}"),
        }
    }

    /// What is true at every moment.
    fn check(&self) {
        let confirmed = &self.server.boards[self.replica.seq().0 as usize];
        assert_eq!(self.replica.confirmed(), confirmed, "confirmed is not what the server had at that seq");
        let mut view = confirmed.clone();
        for proposal in self.replica.pending() {
            drop(view.apply(&Context { actor: user_id(ME), at: proposal.at }, &proposal.change));
        }
        assert_eq!(self.replica.view(), &view, "the view is not what is confirmed with what is pending on top");
        let (cards, cards_confirmed) = (all_cards(&view), HashSet::from_iter(all_cards(confirmed)));
        let cards_once: HashSet<CardId> = cards.iter().copied().collect();
        assert_eq!(cards_once.len(), cards.len(), "a card is there twice");
        assert!(cards_once.is_superset(&cards_confirmed), "a card is lost");
    }

    /// The connection is there and stays, and everything that is on its way arrives.
    fn settle(&mut self) {
        self.join(false);
        while self.replica.pending().len() > 0 || !self.inbox.is_empty() {
            self.send(true);
            self.deliver();
            self.check();
        }
    }
}

proptest! {
    #[test]
    fn a_replica_ends_as_the_board_that_the_server_has(events in prop::collection::vec(some_event(), 0..120)) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
        }
        world.settle();
        let World { server, replica, proposed, refused, .. } = &world;
        prop_assert_eq!(replica.confirmed(), server.board());
        prop_assert_eq!(replica.view(), replica.confirmed());
        prop_assert_eq!(replica.seq(), server.seq());
        for op in proposed {
            let n_entries = server.log.iter().filter(|entry| entry.op == *op).count();
            prop_assert_eq!(n_entries, usize::from(!refused.contains(op)), "{:?} is lost or there twice", op);
        }
        let ops: HashSet<OpId> = server.log.iter().map(|entry| entry.op).collect();
        prop_assert_eq!(ops.len(), server.log.len());
    }

    /// Everybody comes to the same board, whoever they are and whatever they saw first.
    #[test]
    fn all_replicas_end_alike(changes in prop::collection::vec((0..N_PEOPLE, some_change()), 0..40), cut: Index) {
        let mut server = Server::new(furnished_board());
        let first = server.snapshot();
        for (n, (actor, change)) in (0..).zip(&changes) {
            server.decide(user_id(*actor), op_id(n), change);
        }
        for person in 0..N_PEOPLE {
            let mut from_entries = Replica::new(user_id(person), first.clone());
            from_entries.confirm(&server.log).unwrap();
            let since = cut.index(server.boards.len());
            let snapshot = Snapshot { seq: Seq(since as u64), board: server.boards[since].clone(), last: None };
            let mut from_snapshot = Replica::new(user_id(person), snapshot);
            // All of them again, those that are in the snapshot too.
            from_snapshot.confirm(&server.log).unwrap();
            if from_entries.has_unknown() {
                from_snapshot.note_unknown();
            }
            prop_assert_eq!(&from_entries, &from_snapshot);
            prop_assert_eq!(sight(from_entries.view()), sight(server.board()));
        }
    }
}

fn proposal(n: u16, change: Change) -> Proposal {
    Proposal { op: op_id(n), at: Timestamp::from_millis(i64::from(n)), change }
}

/// When the answer overtakes the entry, the card must not vanish in between.
#[test]
fn nothing_flickers_between_the_answer_and_the_entry() {
    let mut server = Server::new(empty_board());
    let mut replica = Replica::new(user_id(ME), server.snapshot());
    replica.propose(proposal(0, list_added(0, "a0"))).unwrap();
    let (seq, _) = server.decide(user_id(ME), op_id(0), &list_added(0, "a0")).unwrap();
    assert!(!replica.acknowledge(op_id(0), seq));
    assert_eq!(replica.view().lists().len(), 1);
    let confirmed = replica.confirm(&server.log).unwrap();
    assert_eq!((confirmed.n_new, confirmed.settled), (1, vec![op_id(0)]));
    assert_eq!(replica.view().lists().len(), 1);
    assert_eq!(replica.pending().len(), 0);
}

/// A comment is from when the server says, in the view too, whatever was done on top of it meanwhile.
#[test]
fn a_comment_has_the_time_of_the_server_once_it_is_accepted() {
    let said = || Change::CommentAdded {
        card_id: card_id(0),
        comment: NewComment { id: comment_id(1), body: "Ready".to_owned() },
    };
    let unsaid = Change::CommentRemoved { card_id: card_id(0), comment_id: comment_id(1) };
    for after in [
        vec![],
        vec![Change::CardRetitled { card_id: card_id(0), title: "Ready".to_owned() }],
        vec![Change::CardArchived { card_id: card_id(0) }],
        vec![Change::ListArchived { list_id: list_id(0) }],
        vec![unsaid.clone()],
        vec![unsaid, said()],
    ] {
        let mut server = Server::new(furnished_board());
        let mut replica = Replica::new(user_id(ME), server.snapshot());
        let proposals: Vec<Proposal> =
            [said()].into_iter().chain(after).zip(0..).map(|(change, n)| proposal(n, change)).collect();
        for proposal in &proposals {
            replica.propose(proposal.clone()).unwrap();
        }
        for proposal in &proposals {
            server.decide(user_id(ME), proposal.op, &proposal.change).unwrap();
            replica.confirm(&server.log).unwrap();
            let waiting = replica.pending().cloned();
            let fresh = Replica::with_pending(user_id(ME), server.snapshot(), waiting);
            assert_eq!(replica.view(), fresh.view(), "with {:?} on top", proposals.last());
        }
        assert_eq!(replica.view(), server.board());
    }
}

/// The connection broke after the server had accepted: the client sends it again and hears the first one's `seq`.
#[test]
fn an_answer_that_was_lost_is_settled_by_sending_again() {
    let mut server = Server::new(empty_board());
    let mut replica = Replica::new(user_id(ME), server.snapshot());
    replica.propose(proposal(0, list_added(0, "a0"))).unwrap();
    server.decide(user_id(ME), op_id(0), &list_added(0, "a0"));
    replica.reset(server.snapshot());
    assert_eq!(replica.pending().len(), 1, "only the server's word settles it");
    assert_eq!(replica.view().lists().len(), 1, "and it is not drawn twice");
    let (seq, is_new) = server.decide(user_id(ME), op_id(0), &list_added(0, "a0")).unwrap();
    assert!(!is_new);
    assert!(replica.acknowledge(op_id(0), seq));
    assert_eq!(replica.pending().len(), 0);
}

/// A proposal that no longer applies waits for the server's word, and what was made after it is drawn.
#[test]
fn what_does_not_apply_any_more_is_left_out_until_the_server_refuses_it() {
    let mut server = Server::new(empty_board());
    server.decide(user_id(ME), op_id(100), &list_added(0, "a0"));
    let mut replica = Replica::new(user_id(ME), server.snapshot());
    replica.propose(proposal(0, card_added(0, 0, "a0"))).unwrap();
    replica.propose(proposal(1, list_added(1, "a1"))).unwrap();
    server.decide(user_id(ME), op_id(101), &Change::ListArchived { list_id: list_id(0) });
    replica.confirm(&server.log).unwrap();
    assert_eq!(replica.pending().len(), 2);
    assert_eq!(replica.view().n_cards(), 0);
    assert_eq!(replica.view().lists().len(), 1);
    assert_eq!(replica.reject(op_id(0)).map(|proposal| proposal.op), Some(op_id(0)));
    assert_eq!(replica.reject(op_id(0)), None);
    assert_eq!(replica.view().lists().len(), 1);
}

/// The interface may hand over the same proposal again; it is the same one.
#[test]
fn a_proposal_made_twice_is_pending_once() {
    let mut replica = Replica::new(user_id(ME), Server::new(empty_board()).snapshot());
    replica.propose(proposal(0, list_added(0, "a0"))).unwrap();
    replica.propose(proposal(0, list_added(0, "a0"))).unwrap();
    assert_eq!(replica.pending().len(), 1);
    assert_eq!(replica.view().lists().len(), 1);
}

#[test]
fn a_replica_starts_with_what_waited() {
    let board = with(empty_board(), [list_added(0, "a0")]);
    let waiting = [proposal(0, card_added(0, 0, "a0")), proposal(1, card_added(1, 7, "a0"))];
    let replica = Replica::with_pending(user_id(ME), Snapshot { seq: Seq(1), board, last: None }, waiting);
    assert_eq!(replica.pending().len(), 2);
    assert_eq!(replica.view().n_cards(), 1);
    assert_eq!(replica.confirmed().n_cards(), 0);
}

#[test]
fn an_entry_that_does_not_apply_is_reported_and_changes_nothing() {
    let mut server = Server::new(empty_board());
    server.decide(user_id(ME), op_id(0), &list_added(0, "a0"));
    let mut replica = Replica::new(user_id(ME), Server::new(empty_board()).snapshot());
    replica.propose(proposal(1, list_added(1, "a0"))).unwrap();
    let mut entry = server.log[0].clone();
    entry.actor = user_id(4);
    let before = replica.clone();
    let error = replica.confirm([&entry]).unwrap_err();
    assert_eq!(error.to_string(), "entry 1 does not apply: only members of this board can change it");
    assert_eq!(replica, before);
}

#[test]
fn an_older_snapshot_is_passed_over() {
    let mut server = Server::new(empty_board());
    let old = server.snapshot();
    server.decide(user_id(ME), op_id(0), &list_added(0, "a0"));
    let mut replica = Replica::new(user_id(ME), server.snapshot());
    replica.reset(old);
    assert_eq!(replica.seq(), Seq(1));
    assert_eq!(replica.view(), server.board());
}

/// No log grows that long, but a snapshot can say that it did.
#[test]
fn the_largest_seq_is_no_trap() {
    let board = empty_board();
    let mut replica = Replica::new(user_id(ME), Snapshot { seq: Seq(u64::MAX), board, last: None });
    let entry = |seq| Entry {
        seq: Seq(seq),
        op: op_id(0),
        actor: user_id(ME),
        at: Timestamp::from_millis(0),
        change: list_added(0, "a0"),
    };
    let before = replica.clone();
    for seq in [0, 1, u64::MAX] {
        assert_eq!(replica.confirm([&entry(seq)]).unwrap().n_new, 0);
        assert_eq!(replica, before);
    }
}
