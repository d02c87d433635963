//! The server, the devices and the network between them, one event after the other.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::device::{Act, Device};
use crate::draw;
use crate::event::{Event, Possible};
use crate::failure::{Failure, Wrong, hold};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::server::Server;
use crate::trace::Trace;
use crate::wire::{Line, LineId, ToDevice, ToServer};

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) plan: Plan,
    pub(crate) server: Server,
    pub(crate) devices: Vec<Place>,
    pub(crate) lines: BTreeMap<LineId, Line>,
    pub(crate) ledger: Ledger,
    pub(crate) trace: Trace,
    /// Counts whatever needs a number of its own: steps, proposals, connections.
    n: u64,
    pub(crate) possible: Possible,
}

/// A device, and what is known of it out here.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) device: Box<dyn Device>,
    pub(crate) line: Option<LineId>,
    /// The last entry that it had when it was last looked at.
    pub(crate) seq: Option<roost_board::Seq>,
    /// Whether what it had then is not in the server's log, since that was put back from a backup.
    pub(crate) is_cut_off: bool,
    /// Whether a write has failed, so that what is on disk may lag behind.
    pub(crate) may_lag: bool,
    /// Whether a write has failed since the app started: then proposals may be left in the outbox on disk that are
    /// settled, until the next start sends them again.
    pub(crate) has_failed: bool,
}

impl World {
    pub(crate) fn new(rng: Rng, plan: Plan, server: Server, devices: Vec<Box<dyn Device>>, trace: Trace) -> Self {
        let ledger = Ledger::new(devices.len());
        let devices = devices
            .into_iter()
            .map(|device| Place { device, line: None, seq: None, is_cut_off: false, may_lag: false, has_failed: false })
            .collect();
        let possible = Possible::default();
        Self { rng, plan, server, devices, lines: BTreeMap::new(), ledger, trace, n: 0, possible }
    }

    fn next(&mut self) -> u64 {
        self.n += 1;
        self.n
    }

    /// Makes an event happen, and looks for what must never be.
    pub(crate) fn happen(&mut self, event: Event) -> Result<(), Failure> {
        let now = self.next();
        self.trace.event(now, &event);
        match event {
            Event::Act(d) => self.act(d),
            Event::Burst(d) => (0..self.rng.usize(10..40)).for_each(|_| self.act(d)),
            Event::Invite(d) => self.devices[d].device.invited(),
            Event::Start(d) => {
                self.devices[d].has_failed = false;
                self.devices[d].device.start();
            }
            Event::Crash(d) => {
                self.devices[d].device.crash();
                self.hang_up(d);
            }
            Event::Commit(d) => self.devices[d].device.commit(),
            Event::FullDisk(d) => {
                self.devices[d].may_lag = true;
                self.devices[d].has_failed = true;
                self.devices[d].device.fail();
            }
            Event::Connect(d) => self.connect(d),
            Event::LosePatience(d) => self.devices[d].device.lose_patience(),
            Event::Abandon(d) => self.abandon(d),
            Event::Cut(line) => self.cut(line),
            Event::Die(line) => self.with_line(line, |line| {
                line.is_dead = true;
                line.to_server.clear();
                line.to_device.clear();
            }),
            Event::ReachServer(line) => self.reach_server(line, false, now),
            Event::ReachServerTwice(line) => self.reach_server(line, true, now),
            Event::ReachDevice(line) => self.reach_device(line, false),
            Event::ReachDeviceTwice(line) => self.reach_device(line, true),
            Event::Lose(line) => self.with_line(line, |line| drop(line.to_device.pop_front())),
            Event::Save => self.server.save(self.rng.usize(1..=8)),
            Event::Tell => self.server.tell(),
            Event::CrashServer => self.crash_server(),
            Event::RestoreServer => self.restore_server(now),
            Event::StartServer => self.server.is_up = true,
            Event::Conjure => self.conjure(now),
        }
        self.carry()?;
        self.look_after(event)
    }

    fn act(&mut self, d: usize) {
        let op = draw::op_id(self.next());
        let at = roost_board::Timestamp::from_millis(self.n as i64);
        let n_people = self.plan.n_people;
        let place = &mut self.devices[d];
        let act = match self.rng.u32(0..24) {
            0..2 => Act::Undo(op, at),
            2 => Act::Redo(op, at),
            3 => Act::Retry(op, at),
            4 if self.rng.usize(0..4) == 0 => Act::Discard,
            _ => {
                let Some(sight) = place.device.sight() else { return };
                let change = draw::change(&mut self.rng, sight.view, place.device.person(), n_people, self.n);
                Act::Make(roost_board::Proposal { op, at, change })
            }
        };
        place.device.act(act);
    }

    fn conjure(&mut self, now: u64) {
        let op = draw::op_id(self.next());
        let Some((_, board)) = self.server.told() else { return };
        // Often nothing that would show here.
        let owner = draw::person(0).id;
        let effect = match self.rng.bool() {
            true => draw::change(&mut self.rng, board, owner, 1, self.n),
            false => roost_board::Change::BoardRenamed { name: board.name().to_owned() },
        };
        if !matches!(effect, roost_board::Change::MemberAdded { .. } | roost_board::Change::MemberRemoved { .. }) {
            self.server.append_unknown(owner, op, &effect, now);
        }
    }

    fn connect(&mut self, d: usize) {
        let line = LineId(self.next());
        self.lines.insert(line, Line::new(d));
        self.devices[d].line = Some(line);
        self.devices[d].device.connected();
    }

    /// The device makes a new connection at once; the server learns that the old one is gone when all has arrived.
    fn abandon(&mut self, d: usize) {
        self.hang_up(d);
        self.devices[d].device.disconnected();
        self.connect(d);
    }

    /// The device's end of its connection is gone.
    fn hang_up(&mut self, d: usize) {
        let Some(id) = self.devices[d].line.take() else { return };
        self.with_line(id, |line| {
            line.is_abandoned = true;
            line.to_device.clear();
        });
        self.sweep(id);
    }

    /// Forgets a connection that the device has given up once everything has arrived.
    fn sweep(&mut self, id: LineId) {
        if self.lines.get(&id).is_some_and(|line| line.is_abandoned && line.to_server.is_empty()) {
            self.lines.remove(&id);
            self.server.disconnected(id);
        }
    }

    /// A connection ends, and both ends know.
    pub(crate) fn cut(&mut self, id: LineId) {
        self.server.disconnected(id);
        let Some(line) = self.lines.remove(&id) else { return };
        let place = &mut self.devices[line.device];
        if place.line == Some(id) {
            place.line = None;
            place.device.disconnected();
        }
    }

    fn crash_server(&mut self) {
        self.server.crash();
        self.hang_up_on_all();
    }

    fn hang_up_on_all(&mut self) {
        let lines: Vec<LineId> = self.lines.keys().copied().collect();
        lines.into_iter().for_each(|line| self.cut(line));
    }

    /// The server goes back to a backup and goes on from there, perhaps further than it was.
    fn restore_server(&mut self, now: u64) {
        let n_before = self.server.saved().len();
        let n_lost = self.rng.usize(0..=n_before.min(10));
        self.server.restore(n_before - n_lost);
        self.hang_up_on_all();
        let devices = &self.devices;
        self.ledger.restored(self.server.saved(), |d, op| devices[d].device.is_pending(op));
        for place in &mut self.devices {
            place.is_cut_off |= place.seq.is_some_and(|seq| seq.0 > self.server.saved().len() as u64);
        }
        let owner = draw::person(0).id;
        for _ in 0..self.rng.usize(0..=2 * n_lost + 1) {
            let op = draw::op_id(self.next());
            let Some(board) = self.server.last_board() else { return };
            let change = draw::change(&mut self.rng, board, owner, self.plan.n_people, self.n);
            self.server.append_other(owner, op, change, now);
        }
        self.server.save(usize::MAX);
        while self.server.has_untold() {
            self.server.tell();
        }
    }

    fn with_line(&mut self, id: LineId, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.get_mut(&id) {
            change(line);
        }
    }

    fn reach_server(&mut self, id: LineId, twice: bool, now: u64) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let message = if twice { line.to_server.front().cloned() } else { line.to_server.pop_front() };
        let Some(message) = message else { return };
        self.trace.arrives_at_server(id, &message);
        let person = self.devices[line.device].device.person();
        self.server.hear(id, person, message, now, &mut self.rng);
        self.sweep(id);
    }

    fn reach_device(&mut self, id: LineId, twice: bool) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let n = self.rng.usize(1..=4).min(line.to_device.len());
        let messages: Vec<ToDevice> =
            if twice { line.to_device.iter().take(1).cloned().collect() } else { line.to_device.drain(..n).collect() };
        self.trace.arrives_at_device(line.device, &messages);
        self.devices[line.device].device.hear(messages);
    }

    /// Puts on the lines what was said, and takes note of what was done.
    fn carry(&mut self) -> Result<(), Failure> {
        for op in self.server.take_refused() {
            self.ledger.refused(op);
        }
        for (id, message) in self.server.take_outgoing() {
            let Some(line) = self.lines.get_mut(&id) else { continue };
            line.tell(message);
            if line.to_device.len() > self.plan.mailbox {
                self.trace.say(|| format!("  {id:?} does not keep up"));
                self.cut(id);
            }
        }
        for d in 0..self.devices.len() {
            for note in self.devices[d].device.take_notes() {
                self.trace.note(d, &note);
                self.ledger.note(d, &note);
            }
            for message in self.devices[d].device.take_said() {
                if let ToServer::Propose { op, .. } = message {
                    hold(self.devices[d].device.is_kept(op), Wrong::SentBeforeDisk, || {
                        format!("device {d} sends {op}, which is not on its disk")
                    })?;
                }
                if let Some(line) = self.devices[d].line {
                    self.with_line(line, |line| line.say(message));
                }
            }
        }
        Ok(())
    }
}
