//! The model of the server: what it decides, what of that is on its disk, and whom it has told.
//!
//! As the real one, it decides on top of what it has decided before, writes several entries at once, and tells of an
//! entry, and answers, when that is on disk. A crash takes what is not, and every connection.

use std::collections::{BTreeMap, HashMap, VecDeque};

use fastrand::Rng;
use roost_board::durable::{CatchUp, JoinFrom};
use roost_board::{Board, Change, Context, Entry, OpId, Seq, Snapshot, Timestamp, UserId};

use crate::draw;
use crate::plant::Plant;
use crate::wire::{LineId, ToDevice, ToServer};

/// The server and what it has to say.
#[derive(Debug)]
pub(crate) struct Server {
    plant: Option<Plant>,
    /// Whether it refuses to make boards.
    pub(crate) makes_no_boards: bool,
    /// Everything that is decided.
    log: Vec<Entry>,
    /// The board after each entry, before the first one too; empty until there is a board.
    boards: Vec<Board>,
    /// The same of each log that ended with a restore.
    former: Vec<Vec<Board>>,
    /// What the last of these had in its log.
    lost: Vec<Entry>,
    ops: HashMap<OpId, (Seq, UserId)>,
    /// How many entries are on disk.
    n_saved: usize,
    /// How many of those were told. What anybody is shown is the board after them.
    n_told: usize,
    sessions: BTreeMap<LineId, Session>,
    outgoing: Vec<(LineId, ToDevice)>,
    /// The proposals that it has refused; whether anybody hears of it is not said.
    refused: Vec<OpId>,
    pub(crate) is_up: bool,
}

/// A join that stands.
#[derive(Debug)]
struct Session {
    person: UserId,
    join: u64,
    /// In the order of the questions.
    answers: VecDeque<Answer>,
}

#[derive(Debug)]
enum Answer {
    /// Due once this entry is told.
    Accepted(OpId, Seq),
    Refused(OpId),
}

fn count(n: usize) -> Seq {
    Seq(n as u64)
}

impl Server {
    /// A server that has a board, or has none yet.
    pub(crate) fn new(board: Option<Board>, plant: Option<Plant>) -> Self {
        Self {
            plant,
            makes_no_boards: false,
            log: Vec::new(),
            boards: board.into_iter().collect(),
            former: Vec::new(),
            lost: Vec::new(),
            ops: HashMap::new(),
            n_saved: 0,
            n_told: 0,
            sessions: BTreeMap::new(),
            outgoing: Vec::new(),
            refused: Vec::new(),
            is_up: true,
        }
    }

    /// The log as it is on disk.
    pub(crate) fn saved(&self) -> &[Entry] {
        &self.log[..self.n_saved]
    }

    /// The board after so many entries, if it was ever told of.
    pub(crate) fn board_at(&self, seq: Seq) -> Option<&Board> {
        self.boards.get(usize::try_from(seq.0).ok()?)
    }

    /// The same in each of the logs that ended with a restore.
    pub(crate) fn former_at(&self, seq: Seq) -> impl Iterator<Item = &Board> {
        self.former.iter().filter_map(move |boards| boards.get(usize::try_from(seq.0).ok()?))
    }

    /// The board as anybody is shown it, and its last entry.
    pub(crate) fn told(&self) -> Option<(Seq, &Board)> {
        Some((count(self.n_told), self.boards.get(self.n_told)?))
    }

    /// The board with everything that is decided.
    pub(crate) fn last_board(&self) -> Option<&Board> {
        self.boards.last()
    }

    /// Whether somebody is a member, and will stay one.
    pub(crate) fn is_member(&self, person: UserId) -> bool {
        let is_in = |board: Option<&Board>| board.is_some_and(|board| board.role(person).is_some());
        is_in(self.boards.get(self.n_told)) && is_in(self.boards.last())
    }

    pub(crate) fn has_unsaved(&self) -> bool {
        self.n_saved < self.log.len()
    }

    pub(crate) fn has_untold(&self) -> bool {
        self.n_told < self.n_saved
    }

    pub(crate) fn take_outgoing(&mut self) -> Vec<(LineId, ToDevice)> {
        std::mem::take(&mut self.outgoing)
    }

    pub(crate) fn take_refused(&mut self) -> Vec<OpId> {
        std::mem::take(&mut self.refused)
    }

    /// A message has arrived. `now` is the time, in steps.
    pub(crate) fn hear(&mut self, line: LineId, person: UserId, message: ToServer, now: u64, rng: &mut Rng) {
        match message {
            ToServer::Create => self.create(line),
            ToServer::Ask => self.outgoing.push((line, ToDevice::Told(self.is_member(person)))),
            ToServer::Join { join, from } => self.join(line, person, join, from, rng),
            ToServer::Propose { join, op, change } => {
                let Some(session) = self.sessions.get(&line) else { return };
                if session.join != join {
                    // What belongs to an earlier join is dropped.
                } else if self.is_member(session.person) {
                    self.propose(line, op, change, now);
                    self.answer(line);
                } else {
                    // Turned away; that it is over is told when it is on disk.
                    self.refused.push(op);
                }
            }
        }
    }

    fn create(&mut self, line: LineId) {
        if self.boards.is_empty() && !self.makes_no_boards {
            self.boards.push(draw::new_board());
        }
        let answer = if self.boards.is_empty() { ToDevice::CreateRefused } else { ToDevice::Created };
        self.outgoing.push((line, answer));
    }

    fn join(&mut self, line: LineId, person: UserId, join: u64, from: JoinFrom, rng: &mut Rng) {
        self.sessions.remove(&line);
        let Some((seq, board)) = self.told().filter(|_| self.is_member(person)) else {
            self.outgoing.push((line, ToDevice::JoinRefused { join }));
            return;
        };
        // Older servers do not tell it.
        let last = if rng.bool() { self.log[..self.n_told].last().map(Entry::mark) } else { None };
        let whole = || CatchUp::Snapshot(Snapshot { seq, board: board.clone(), last });
        let answer = match from {
            JoinFrom::Start => whole(),
            JoinFrom::Since(since) if since > seq => whole(),
            // Where many entries are missing the whole board is shorter.
            JoinFrom::Since(since) if rng.u64(0..=seq.0 - since.0) > 12 => whole(),
            JoinFrom::Since(since) => {
                let mut entries = self.log[since.0 as usize..self.n_told].to_vec();
                if self.plant == Some(Plant::AnswersShort) && entries.len() > 2 {
                    entries.remove(1);
                    for (entry, seq) in entries.iter_mut().zip(since.0 + 1..) {
                        entry.seq = Seq(seq);
                    }
                }
                CatchUp::Entries { seq, entries }
            }
        };
        self.sessions.insert(line, Session { person, join, answers: VecDeque::new() });
        self.outgoing.push((line, ToDevice::Joined { join, answer }));
    }

    fn propose(&mut self, line: LineId, op: OpId, change: Change, now: u64) {
        let Some(session) = self.sessions.get_mut(&line) else { return };
        let actor = session.person;
        if let Some((seq, by)) = self.ops.get(&op).filter(|_| self.plant != Some(Plant::TakesTwice)) {
            let answer = if *by == actor { Answer::Accepted(op, *seq) } else { Answer::Refused(op) };
            session.answers.push_back(answer);
            return;
        }
        let answer = match self.append(actor, op, change, None, now) {
            Some(seq) => Answer::Accepted(op, seq),
            None => {
                self.refused.push(op);
                Answer::Refused(op)
            }
        };
        if let Some(session) = self.sessions.get_mut(&line) {
            session.answers.push_back(answer);
        }
    }

    /// Somebody with a newer version does something that this version does not know: to it, it looks like `effect`.
    pub(crate) fn append_unknown(&mut self, actor: UserId, op: OpId, effect: &Change, now: u64) {
        let unknown = serde_json::from_str(r#"{"type":"board_conjured","with":{"a":"wand"}}"#).expect("it has a type");
        self.append(actor, op, unknown, Some(effect), now);
    }

    /// Somebody whom nobody watches makes a change.
    pub(crate) fn append_other(&mut self, actor: UserId, op: OpId, change: Change, now: u64) {
        let lost = self.lost.get(self.log.len()).filter(|_| self.plant == Some(Plant::RepeatsMarks));
        let (op, now) = lost.map_or((op, now), |lost| (lost.op, lost.at.as_millis().unsigned_abs()));
        self.append(actor, op, change, None, now);
    }

    /// Decides on a change; `effect` is what it really does, where that is something else.
    fn append(&mut self, actor: UserId, op: OpId, change: Change, effect: Option<&Change>, now: u64) -> Option<Seq> {
        let mut board = self.boards.last()?.clone();
        let at = Timestamp::from_millis(now as i64);
        board.apply(&Context { actor, at }, effect.unwrap_or(&change)).ok()?;
        self.boards.push(board);
        let seq = count(self.log.len()).next();
        self.log.push(Entry { seq, op, actor, at, change });
        self.ops.insert(op, (seq, actor));
        if self.plant == Some(Plant::TellsBeforeDisk) {
            self.tell();
        }
        Some(seq)
    }

    /// The disk has the next entries, so many at most.
    pub(crate) fn save(&mut self, n_max: usize) {
        self.n_saved = self.log.len().min(self.n_saved.saturating_add(n_max));
    }

    /// Everybody on the board is told of the next entry, and then whoever asked for it is answered.
    pub(crate) fn tell(&mut self) {
        let Some(entry) = self.log.get(self.n_told).cloned() else { return };
        self.n_told += 1;
        self.outgoing.extend(self.sessions.keys().map(|line| (*line, ToDevice::Entry(entry.clone()))));
        let lines: Vec<LineId> = self.sessions.keys().copied().collect();
        for line in lines {
            self.answer(line);
        }
        if let Change::MemberRemoved { user_id } = entry.change {
            let closed = self.sessions.extract_if(.., |_, session| session.person == user_id);
            self.outgoing.extend(closed.map(|(line, session)| (line, ToDevice::Closed { join: session.join })));
        }
    }

    /// Gives the answers that are due, in the order of the questions.
    fn answer(&mut self, line: LineId) {
        let Some(session) = self.sessions.get_mut(&line) else { return };
        let (join, told) = (session.join, count(self.n_told));
        while let Some(answer) = session.answers.pop_front_if(|answer| answer.is_due(told)) {
            let message = match answer {
                Answer::Accepted(op, seq) => ToDevice::Accepted { join, op, seq },
                Answer::Refused(op) => ToDevice::Refused { join, op },
            };
            self.outgoing.push((line, message));
        }
    }

    /// A connection is gone, and the server knows.
    pub(crate) fn disconnected(&mut self, line: LineId) {
        self.sessions.remove(&line);
    }

    /// It is killed, and what is not on disk is gone.
    pub(crate) fn crash(&mut self) {
        self.is_up = false;
        self.sessions.clear();
        self.outgoing.clear();
        self.log.truncate(self.n_saved);
        self.boards.truncate(self.n_saved + 1);
        self.n_told = self.n_saved;
        let n_saved = count(self.n_saved);
        let forgets = self.plant == Some(Plant::ForgetsOps);
        self.ops.retain(|_, (seq, _)| *seq <= n_saved && !forgets);
    }

    /// It is killed, and comes back with the first entries of its log alone.
    pub(crate) fn restore(&mut self, n_entries: usize) {
        self.former.push(self.boards.clone());
        self.lost.clone_from(&self.log);
        self.n_saved = n_entries;
        self.crash();
    }
}

impl Answer {
    fn is_due(&self, told: Seq) -> bool {
        match self {
            Self::Accepted(_, seq) => *seq <= told,
            Self::Refused(_) => true,
        }
    }
}
