//! What was made of a board in one place, to be compared with what is found there and on the server.

use std::collections::{HashMap, HashSet};

use roost_board::{Board, Entry, History, OpId, Proposal, Replica, Seq, Snapshot, Step, UserId};
use roost_bridge::{AttentionItem, Wanted};

use super::life::hash;
use super::process::{FoundBoard, Made};

/// The log of a board, as far as it was read.
#[derive(Default)]
pub(super) struct Log {
    pub(super) entries: Vec<Entry>,
    ops: HashSet<OpId>,
}

impl Log {
    /// More of it: without a gap, and no proposal twice.
    pub(super) fn add(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            assert!(self.ops.insert(entry.op), "{} is in the log twice", entry.op);
            self.entries.push(entry);
            assert_eq!(self.seq(), self.entries.last().unwrap().seq);
        }
    }

    pub(super) const fn seq(&self) -> Seq {
        Seq(self.entries.len() as u64)
    }

    fn has(&self, op: OpId) -> bool {
        self.ops.contains(&op)
    }
}

/// What needs attention.
pub(super) type Attention = HashMap<OpId, AttentionItem>;

/// What was made of a board in one place.
pub(super) struct Record {
    /// Whether others change it too.
    is_shared: bool,
    /// Whether it has to be there.
    pub(super) is_kept: bool,
    /// In the order in which it was made; what was not acknowledged may be missing.
    made: Vec<Made>,
    pub(super) kept: HashSet<OpId>,
    /// What was made so far and can be taken back.
    history: History,
    n_in_history: usize,
    /// Whether damage may have taken some of the history.
    pub(super) is_history_unsure: bool,
    /// The board as the server has it, as far as it was last found.
    replica: Replica,
}

impl Record {
    pub(super) fn new(me: UserId, board: Board, is_shared: bool) -> Self {
        Self {
            is_shared,
            is_kept: false,
            made: Vec::new(),
            kept: HashSet::new(),
            history: History::default(),
            n_in_history: 0,
            is_history_unsure: false,
            replica: Replica::new(me, Snapshot { seq: Seq::ZERO, board, last: None }),
        }
    }

    /// Everything that was tried.
    pub(super) fn ops(&self) -> impl Iterator<Item = OpId> {
        self.made.iter().map(|made| made.proposal.op)
    }

    pub(super) fn tries(&mut self, made: Made) {
        self.made.push(made);
    }

    pub(super) fn refused(&mut self, op: OpId, code: &str) {
        assert!(self.is_shared && code != "storage", "a change was refused: {code}");
        self.made.retain(|made| made.proposal.op != op);
    }

    /// Whether what is found at a start follows from what was made before. `log` was read later.
    pub(super) fn check(&mut self, found: &FoundBoard, log: &Log, attention: &Attention) {
        self.check_proposals(found, log, attention);
        self.check_view(found, log);
        self.check_history(found, attention);
    }

    /// Nothing that was acknowledged is missing, nothing is there that was not made, and all is in order.
    fn check_proposals(&mut self, found: &FoundBoard, log: &Log, attention: &Attention) {
        let pending: HashSet<OpId> = found.pending.iter().copied().collect();
        let kept = &self.kept;
        self.made.retain(|Made { proposal: Proposal { op, change, .. }, .. }| {
            if let Some(item) = attention.get(op) {
                assert_eq!((item.board_id, &item.wanted), (found.id, &Wanted::Change { change: change.clone() }));
                assert!(!log.has(*op), "{op} is in the log and needs attention");
            }
            let is_there = log.has(*op) || pending.contains(op) || attention.contains_key(op);
            assert!(is_there || !kept.contains(op), "acknowledged and lost: {op} on {}, {change:?}", found.id);
            is_there
        });
        let mine: HashSet<OpId> = self.ops().collect();
        let in_log = log.entries.iter().map(|entry| entry.op).filter(|op| mine.contains(op));
        let waits: Vec<OpId> = found.pending.iter().copied().filter(|op| !log.has(*op)).collect();
        let mut there: Vec<OpId> = in_log.chain(waits.iter().copied()).collect();
        let made: Vec<OpId> = self.ops().filter(|op| !attention.contains_key(op)).collect();
        assert!(made.iter().filter(|op| waits.contains(op)).eq(&waits), "what waits is not in order");
        if self.is_shared {
            // What is refused because of others waits again if there was no time to note it; later it may be taken, behind
            // what came after it.
            let places: HashMap<OpId, usize> = made.iter().enumerate().map(|(place, op)| (*op, place)).collect();
            there.sort_by_key(|op| places.get(op));
        }
        let n_same = there.iter().zip(&made).take_while(|(there, made)| there == made).count();
        assert_eq!(
            there[n_same..],
            made[n_same..],
            "behind {n_same} that are in order: what is there, and what was made"
        );
    }

    fn check_view(&mut self, found: &FoundBoard, log: &Log) {
        assert!(found.seq <= log.seq().0, "an entry that the server does not have");
        let of_log = |seq: u64| usize::try_from(seq).unwrap();
        self.replica.confirm(&log.entries[of_log(self.replica.seq().0)..of_log(found.seq)]).unwrap();
        assert_eq!(self.replica.seq().0, found.seq, "older than before");
        assert_eq!(hash(self.replica.confirmed()), found.confirmed, "the board is not what the log says");
        let snapshot = Snapshot { seq: self.replica.seq(), board: self.replica.confirmed().clone(), last: None };
        let pending = found.pending.iter().map(|op| self.step(*op).proposal.clone());
        let replica = Replica::with_pending(self.replica.actor(), snapshot, pending);
        assert_eq!(hash(replica.view()), found.view, "the view does not follow from what waits");
    }

    fn check_history(&mut self, found: &FoundBoard, attention: &Attention) {
        for Made { proposal, doing, inverse } in &self.made[self.n_in_history..] {
            self.history.record(*doing, proposal, inverse.clone());
        }
        self.n_in_history = self.made.len();
        let found_steps = [&found.undo, &found.redo];
        if !self.is_shared && !self.is_history_unsure {
            let undo: Vec<OpId> = self.history.undo_steps().map(|step| step.op).collect();
            let redo: Vec<OpId> = self.history.redo_steps().map(|step| step.op).collect();
            assert_eq!(found_steps, [&undo, &redo], "the history, and what was made");
            return;
        }
        assert!(found_steps.into_iter().flatten().all(|op| !attention.contains_key(op)), "refused, and in the history");
        let steps = |ops: &[OpId]| ops.iter().map(|op| self.as_step(*op)).collect::<Vec<_>>();
        self.history = History::from_steps(steps(&found.undo), steps(&found.redo));
        self.is_history_unsure = false;
    }

    fn as_step(&self, op: OpId) -> Step {
        let Made { proposal, inverse, .. } = self.step(op);
        Step { op, change: proposal.change.clone(), inverse: inverse.clone().unwrap() }
    }

    fn step(&self, op: OpId) -> &Made {
        self.made.iter().find(|made| made.proposal.op == op).unwrap_or_else(|| panic!("{op} was never made"))
    }
}
