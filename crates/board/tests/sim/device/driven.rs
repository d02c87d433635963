//! What happens to a device, and what can be seen of it.

use std::collections::HashSet;

use roost_board::durable::{DurableReplica, Stored, Write};
use roost_board::{Change, Doing, Entry, OpId, Proposal, Seq, Timestamp, UserId};
use roost_sim::{Act, Device, Failure, Note, OnDisk, Plant, Sight, ToDevice, ToServer, Wrong};

use super::{ModelDevice, Running, Stage};
use crate::disk::Transaction;
use crate::window::Window;

impl Device for ModelDevice {
    fn person(&self) -> UserId {
        self.person
    }

    fn start(&mut self) {
        let replica = DurableReplica::new(self.person, self.disk.stored.clone());
        let window = Window::open(&replica);
        self.running = Some(Running { replica, window, at: Stage::Offline, under_way: HashSet::new() });
    }

    fn crash(&mut self) {
        self.running = None;
        self.disk.under_way.clear();
        self.said.clear();
    }

    fn update(&mut self) {
        if self.disk.stored.has_unknown || self.disk.stored.entries.iter().any(is_unknown) {
            self.disk.stored.snapshot = None;
            self.disk.stored.entries.clear();
            self.disk.stored.has_unknown = false;
        }
        self.start();
    }

    fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Make(proposal) => self.propose(proposal, Doing::Anew, None),
            Act::Undo(op, at) => self.step_back(Doing::Undo, op, at),
            Act::Redo(op, at) => self.step_back(Doing::Redo, op, at),
            Act::Retry(op, at) => {
                let is_idle = self.disk.under_way.is_empty();
                if let Some((old, change)) = self.disk.attention.first().filter(|_| is_idle).cloned() {
                    self.propose(Proposal { op, at, change }, Doing::Anew, Some(old));
                }
            }
            Act::Discard => {
                if let Some((op, _)) = self.disk.attention.first() {
                    let attended = Some((*op, false));
                    self.write(Transaction { attended, ..Transaction::default() });
                }
            }
        }
    }

    fn n_writing(&self) -> usize {
        self.disk.under_way.len()
    }

    fn commit(&mut self) {
        let Some(done) = self.disk.commit() else { return };
        for op in done.queued() {
            self.notes.push(Note::Kept(op));
            if let Some(running) = &mut self.running {
                running.replica.kept(op);
            }
        }
        if let Some((op, is_retried)) = done.attended {
            self.notes.push(if is_retried { Note::Retried(op) } else { Note::Discarded(op) });
        }
        self.send();
    }

    fn fail(&mut self) {
        let Some(failed) = self.disk.under_way.pop_front() else { return };
        let hides = self.has(Plant::HidesFullDisk);
        let Some(running) = &mut self.running else { return };
        for op in failed.queued() {
            if hides {
                running.replica.kept(op);
                self.notes.push(Note::Kept(op));
                continue;
            }
            running.window.not_kept(op);
            running.replica.not_kept(op);
            self.notes.push(Note::NotKept(op));
        }
        let is_refused = |op: OpId| failed.writes.contains(&Write::Refused(op));
        for (op, change) in failed.attention.into_iter().filter(|(op, _)| is_refused(*op)) {
            running.replica.not_refused(Proposal { op, at: Timestamp::from_millis(0), change });
            running.window = Window::open(&running.replica);
        }
        if failed.writes.iter().any(|write| matches!(write, Write::Snapshot { .. } | Write::Entries(_))) {
            running.replica.not_written();
        }
        self.send();
    }

    fn connected(&mut self) {
        if self.running.as_ref().is_some_and(|running| running.at == Stage::Out) {
            // As if it were opened for the first time, once all is written.
            if !self.disk.under_way.is_empty() {
                return;
            }
            self.start();
        }
        let Some(running) = &mut self.running else { return };
        if self.disk.has_new_board {
            running.at = Stage::Making;
            self.said.push(ToServer::Create);
        } else {
            let from = running.replica.join_from();
            self.join(from);
        }
    }

    fn disconnected(&mut self) {
        if let Some(running) = self.running.as_mut().filter(|running| running.at != Stage::Out) {
            running.replica.disconnected();
            running.under_way.clear();
            running.at = Stage::Offline;
        }
    }

    fn invited(&mut self) {
        self.connected();
    }

    fn hear(&mut self, messages: Vec<ToDevice>) {
        let mut entries = Vec::new();
        for message in messages {
            match message {
                ToDevice::Entry(entry) => entries.push(entry),
                message => {
                    self.hear_entries(std::mem::take(&mut entries));
                    self.hear_one(message);
                }
            }
        }
        self.hear_entries(entries);
        self.send();
    }

    fn is_waiting(&self) -> bool {
        self.running.as_ref().is_some_and(|running| match running.at {
            Stage::Making | Stage::Joining => true,
            Stage::Joined => running.replica.n_waiting() > 0,
            Stage::Offline | Stage::Out => false,
        })
    }

    fn is_following(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.at != Stage::Out)
    }

    fn lose_patience(&mut self) {
        let Some(running) = &mut self.running else { return };
        if running.at == Stage::Joined {
            let outcome = running.replica.unanswered();
            self.carry_out(outcome, Vec::new());
        } else {
            self.connected();
        }
    }

    fn take_said(&mut self) -> Vec<ToServer> {
        std::mem::take(&mut self.said)
    }

    fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn sight(&self) -> Option<Sight<'_>> {
        let replica = &self.running.as_ref()?.replica;
        let n_waiting = replica.n_waiting();
        let replica = replica.replica()?;
        Some(Sight {
            seq: replica.seq(),
            confirmed: replica.confirmed(),
            view: replica.view(),
            has_unknown: replica.has_unknown(),
            n_waiting,
        })
    }

    fn on_disk(&self) -> OnDisk {
        let Stored { snapshot, entries, outbox, .. } = &self.disk.stored;
        // Entries behind one that is missing do not count.
        let next = |seq: Seq, entry: &Entry| if entry.seq == seq.next() { entry.seq } else { seq };
        let seq = snapshot.as_ref().map(|snapshot| entries.iter().fold(snapshot.seq, next));
        let outbox = outbox.iter().map(|proposal| proposal.op).collect();
        OnDisk { seq, outbox, attention: self.disk.attention.clone() }
    }

    fn is_kept(&self, op: OpId) -> bool {
        self.disk.stored.outbox.iter().any(|proposal| proposal.op == op)
    }

    fn is_pending(&self, op: OpId) -> bool {
        match &self.running {
            Some(running) => running.replica.outbox().any(|proposal| proposal.op == op),
            None => self.is_kept(op),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let Some(running) = &self.running else { return Ok(()) };
        if let Some(trouble) = &running.window.trouble {
            return Err(Failure::new(Wrong::WindowDiffers, format!("the window cannot take the news: {trouble}")));
        }
        let is_alike = running.window.view() == running.replica.view();
        hold(is_alike, Wrong::WindowDiffers, "the window shows another board")
    }

    fn check_disk(&self) -> Result<(), Failure> {
        let Some(running) = &self.running else { return Ok(()) };
        let (now, next) = (&running.replica, DurableReplica::new(self.person, self.disk.stored.clone()));
        hold(now.history() == next.history(), Wrong::DiskDiffers, "the history on disk is another")?;
        hold(now.outbox().eq(next.outbox()), Wrong::DiskDiffers, "the outbox on disk is another")?;
        hold(now.view() == next.view(), Wrong::DiskDiffers, "the board on disk is another")
    }
}

fn hold(holds: bool, wrong: Wrong, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(wrong, what)) }
}

fn is_unknown(entry: &Entry) -> bool {
    matches!(entry.change, Change::Unknown(_))
}
