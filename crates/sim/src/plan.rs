//! What a seed says about a simulation before it begins.
//!
//! Each kind of trouble is absent from about half of the simulations: bugs that need one kind only are found sooner
//! where no other gets in the way, and the others need all of them.

use fastrand::Rng;

/// How likely each thing is, next to the others; 0 is never.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) n_people: usize,
    /// Whose device each is, by the number of the person.
    pub(crate) devices: Vec<usize>,
    /// Whether the board was made on the first device while it was offline, and is not on the server yet.
    pub(crate) is_made_offline: bool,
    /// Whether the server refuses to make it.
    pub(crate) makes_no_boards: bool,
    /// Steps with trouble.
    pub(crate) n_steps: usize,
    /// How many messages may wait for a device before the server closes its connection.
    pub(crate) mailbox: usize,
    pub(crate) acts: u32,
    pub(crate) bursts: u32,
    pub(crate) cuts: u32,
    pub(crate) dead_lines: u32,
    pub(crate) lost_messages: u32,
    pub(crate) double_messages: u32,
    pub(crate) impatience: u32,
    pub(crate) device_crashes: u32,
    pub(crate) full_disks: u32,
    pub(crate) server_crashes: u32,
    pub(crate) restores: u32,
    pub(crate) unknown_changes: u32,
}

impl Plan {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let n_people = rng.usize(1..=3);
        let mut devices: Vec<usize> = (0..n_people).collect();
        devices.extend((0..rng.usize(0..=1)).map(|_| rng.usize(0..n_people)));
        let is_made_offline = rng.usize(0..5) == 0;
        let mut sometimes = |most: u32| if rng.bool() { rng.u32(1..=most) } else { 0 };
        Self {
            bursts: sometimes(3),
            cuts: sometimes(6),
            dead_lines: sometimes(3),
            lost_messages: sometimes(4),
            double_messages: sometimes(6),
            impatience: sometimes(5),
            device_crashes: sometimes(6),
            full_disks: sometimes(4),
            server_crashes: sometimes(6),
            restores: sometimes(3),
            unknown_changes: sometimes(4),
            n_people,
            devices,
            is_made_offline,
            makes_no_boards: is_made_offline && rng.usize(0..4) == 0,
            n_steps: rng.usize(60..300),
            mailbox: if rng.bool() { rng.usize(4..20) } else { 1_000 },
            acts: rng.u32(10..60),
        }
    }
}
