//! A device: a durable replica, a disk and a window, and between them what a desktop core does.

mod driven;

use std::collections::HashSet;

use roost_board::durable::{DurableReplica, JoinFrom, News, Outcome, Write};
use roost_board::{Context, Doing, Entry, OpId, Proposal, Seq, Snapshot, Timestamp, UserId};
use roost_sim::{Note, Plant, Setting, ToDevice, ToServer, draw};

use crate::disk::{Disk, Transaction};
use crate::window::Window;

/// How many proposals may be under way at once.
const UNDER_WAY: usize = 32;

/// A device; see the [module](self).
#[derive(Debug)]
pub(crate) struct ModelDevice {
    person: UserId,
    plant: Option<Plant>,
    pub(crate) disk: Disk,
    /// `None` while the app does not run.
    running: Option<Running>,
    said: Vec<ToServer>,
    notes: Vec<Note>,
    /// Counts the joins, so that answers to earlier ones are told apart.
    join: u64,
}

/// An app that runs.
#[derive(Debug)]
struct Running {
    replica: DurableReplica,
    window: Window,
    at: Stage,
    under_way: HashSet<OpId>,
}

/// How far the way to the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Offline,
    /// The board is being made.
    Making,
    Joining,
    Joined,
    /// The person may not see the board.
    Out,
}

impl ModelDevice {
    pub(crate) fn new(setting: &Setting) -> Self {
        let mut disk = Disk::default();
        if setting.has_new_board {
            let snapshot = Snapshot { seq: Seq::ZERO, board: draw::new_board(), last: None };
            disk.stored.snapshot = Some(snapshot);
            disk.has_new_board = true;
        }
        Self {
            person: setting.person.id,
            plant: setting.plant,
            disk,
            running: None,
            said: Vec::new(),
            notes: Vec::new(),
            join: 0,
        }
    }

    fn has(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// Does what the replica has answered; `lost` is what came to nothing, besides what the server has refused.
    fn carry_out(&mut self, outcome: Outcome, lost: Vec<Proposal>) {
        let Some(running) = &mut self.running else { return };
        let mut lost = lost;
        for news in &outcome.news {
            if !(*news == News::Reset && self.plant == Some(Plant::HidesResets)) {
                running.window.take(news, &running.replica);
            }
            if let News::Refused(proposal) = news {
                lost.push(proposal.clone());
            }
        }
        self.notes.extend(lost.iter().map(|proposal| Note::NeedsAttention(proposal.op)));
        let attention = lost.into_iter().map(|proposal| (proposal.op, proposal.change)).collect();
        self.write(Transaction { writes: outcome.writes, attention, ..Transaction::default() });
        if let Some(from) = outcome.rejoin {
            self.join(from);
        }
    }

    fn write(&mut self, mut transaction: Transaction) {
        if self.has(Plant::DropsWhatWaits) && transaction.writes == [Write::Gone] {
            transaction.attention.clear();
        }
        let is_early = |write: &mut Write| match write {
            Write::Settled(_) => self.plant == Some(Plant::SettlesFirst),
            Write::Refused(_) => self.plant == Some(Plant::AttendsLate),
            Write::Snapshot { .. } | Write::Entries(_) | Write::Queued { .. } | Write::Waiting { .. } | Write::Gone => {
                false
            }
        };
        if self.has(Plant::ForgetsUndo) {
            transaction.writes.iter_mut().for_each(forget_inverse);
        }
        let early = transaction.writes.extract_if(.., is_early).collect();
        let first = Transaction { writes: early, ..Transaction::default() };
        self.disk.under_way.extend([first, transaction].into_iter().filter(|transaction| !transaction.is_empty()));
    }

    fn join(&mut self, from: JoinFrom) {
        let Some(running) = &mut self.running else { return };
        running.under_way.clear();
        running.at = Stage::Joining;
        self.join += 1;
        self.said.push(ToServer::Join { join: self.join, from });
    }

    /// Sends what may be sent.
    fn send(&mut self) {
        let plant = self.plant;
        let Some(running) = self.running.as_mut().filter(|running| running.at == Stage::Joined) else { return };
        let mut proposals = running.replica.take_to_send(UNDER_WAY - running.under_way.len());
        if plant == Some(Plant::SendsBackwards) {
            proposals.reverse();
        }
        running.under_way.extend(proposals.iter().map(|proposal| proposal.op));
        let join = self.join;
        self.said.extend(proposals.into_iter().map(|Proposal { op, change, .. }| ToServer::Propose {
            join,
            op,
            change,
        }));
    }

    fn propose(&mut self, proposal: Proposal, doing: Doing, attended: Option<OpId>) {
        let plant = self.plant;
        let Some(running) = &mut self.running else { return };
        let inverse = running.replica.replica().and_then(|replica| replica.invert(proposal.at, &proposal.change));
        let is_taken = running.window.propose(proposal.clone());
        let Ok(outcome) = running.replica.propose(proposal.clone(), doing, inverse) else { return };
        assert!(is_taken, "the window would not have what its device has");
        if plant == Some(Plant::SendsBeforeDisk) {
            running.replica.kept(proposal.op);
        }
        self.notes.push(Note::Proposed(proposal));
        let attended = attended.map(|op| (op, true));
        self.write(Transaction { writes: outcome.writes, attended, ..Transaction::default() });
    }

    fn step_back(&mut self, doing: Doing, op: OpId, at: Timestamp) {
        let Some(running) = &self.running else { return };
        let (Some(view), history) = (running.replica.view(), running.replica.history()) else { return };
        let context = Context { actor: self.person, at };
        let step = match doing {
            Doing::Anew => return,
            Doing::Undo => history.undo(view, &context),
            Doing::Redo => history.redo(view, &context),
        };
        let Ok(change) = step.map(|step| step.inverse.clone()) else { return };
        self.propose(Proposal { op, at, change }, doing, None);
    }

    /// The person has lost the board.
    fn gone(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.at = Stage::Out;
        running.under_way.clear();
        let (outcome, lost) = running.replica.gone();
        running.window = Window::default();
        self.carry_out(outcome, lost);
    }

    fn hear_one(&mut self, message: ToDevice) {
        let Some(running) = &mut self.running else { return };
        let is_mine = |join: u64| join == self.join && running.at != Stage::Offline;
        match message {
            ToDevice::Created if running.at == Stage::Making => {
                self.write(Transaction { made: true, ..Transaction::default() });
                self.join(JoinFrom::Since(Seq::ZERO));
            }
            ToDevice::CreateRefused if running.at == Stage::Making => self.gone(),
            ToDevice::Joined { join, answer } if is_mine(join) => {
                running.at = Stage::Joined;
                let outcome = running.replica.joined(answer);
                self.carry_out(outcome, Vec::new());
            }
            ToDevice::JoinRefused { join } | ToDevice::Closed { join } if is_mine(join) => self.gone(),
            ToDevice::Accepted { join, op, seq } if is_mine(join) => {
                running.under_way.remove(&op);
                let outcome = running.replica.accepted(op, seq);
                self.notes.push(Note::Acknowledged(op));
                self.carry_out(outcome, Vec::new());
            }
            ToDevice::Refused { join, op } if is_mine(join) => {
                running.under_way.remove(&op);
                let outcome = running.replica.refused(op);
                self.carry_out(outcome, Vec::new());
            }
            // Entries are taken together; the others belong to what is over.
            ToDevice::Entry(_)
            | ToDevice::Created
            | ToDevice::CreateRefused
            | ToDevice::Told(_)
            | ToDevice::Joined { .. }
            | ToDevice::JoinRefused { .. }
            | ToDevice::Closed { .. }
            | ToDevice::Accepted { .. }
            | ToDevice::Refused { .. } => {}
        }
    }

    fn hear_entries(&mut self, mut entries: Vec<Entry>) {
        let passes_gaps = self.has(Plant::PassesGaps);
        let Some(running) = &mut self.running else { return };
        if entries.is_empty() || !matches!(running.at, Stage::Joining | Stage::Joined) {
            return;
        }
        if let (true, Some(replica)) = (passes_gaps, running.replica.replica()) {
            for (entry, seq) in entries.iter_mut().zip(replica.seq().0 + 1..) {
                entry.seq = entry.seq.min(Seq(seq));
            }
        }
        let outcome = running.replica.entries(entries);
        self.carry_out(outcome, Vec::new());
    }
}

fn forget_inverse(write: &mut Write) {
    if let Write::Queued { inverse, .. } = write {
        *inverse = None;
    }
}
