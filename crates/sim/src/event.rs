//! What may happen next.

use crate::wire::LineId;

/// Something that happens. Devices are known by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A person does something.
    Act(usize),
    /// A person does very much at once.
    Burst(usize),
    /// A person is told that the board is shared with them.
    Invite(usize),
    /// The app starts.
    Start(usize),
    /// The app is killed.
    Crash(usize),
    /// The disk of a device has the next transaction.
    Commit(usize),
    /// The disk of a device is full.
    FullDisk(usize),
    /// A device connects.
    Connect(usize),
    /// A device has waited too long for an answer.
    LosePatience(usize),
    /// A device gives its connection up and makes a new one, while what it sent is still on its way.
    Abandon(usize),
    /// A connection ends, and both ends know.
    Cut(LineId),
    /// A connection ends, and neither end knows.
    Die(LineId),
    /// The next message reaches the server.
    ReachServer(LineId),
    /// The next message reaches the server, and will once more.
    ReachServerTwice(LineId),
    /// The next messages reach the device.
    ReachDevice(LineId),
    /// The next message reaches the device, and will once more.
    ReachDeviceTwice(LineId),
    /// The next message to the device is lost.
    Lose(LineId),
    /// The server's disk has more entries.
    Save,
    /// The server tells of the next entry.
    Tell,
    /// The server is killed.
    CrashServer,
    /// The server is killed and put back from a backup; it goes on with other entries before anybody comes back.
    RestoreServer,
    /// The server starts.
    StartServer,
    /// Somebody with a newer version does something that this version does not know.
    Conjure,
}

/// The events that are possible, and how likely each is.
#[derive(Debug, Default)]
pub(crate) struct Possible {
    events: Vec<(u32, Event)>,
    total: u32,
}

impl Possible {
    /// Adds an event; with a weight of 0 it is not possible.
    pub(crate) fn add(&mut self, weight: u32, event: Event) {
        if weight > 0 {
            self.events.push((weight, event));
            self.total += weight;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.total = 0;
    }

    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> Option<Event> {
        let mut left = rng.u32(0..self.total.max(1));
        self.events.iter().find_map(|(weight, event)| match left.checked_sub(*weight) {
            Some(rest) => {
                left = rest;
                None
            }
            None => Some(*event),
        })
    }
}
