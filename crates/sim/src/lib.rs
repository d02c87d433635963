//! A server, devices and a network that fail at any moment, driven by a seed.
//!
//! A simulation has a model of the server, the code under test on a few devices ([`Device`]), and connections on which
//! messages are late, lost, doubled, or still on their way when nobody waits for them any more; apps and servers are
//! killed at any point, and disks are full. There are no threads and no clocks: at each step one of the things that
//! can happen next is drawn by a generator that starts from the seed, so that a seed that fails fails again.
//!
//! After each step it looks for what must never be, and when all is well again everybody must have what the server
//! has, and every proposal that somebody was told is safe must be in the log once, or in what needs attention.
//!
//! [`Plant`] has bugs to plant: tests show that the simulation finds them.

mod device;
pub mod draw;
mod event;
mod failure;
mod ledger;
mod look;
mod plan;
mod plant;
mod prove;
mod seeds;
mod server;
mod trace;
mod turn;
mod wire;
mod world;

pub use device::{Act, Device, Note, OnDisk, Sight};
pub use failure::{Failure, Wrong};
pub use plant::Plant;
pub use prove::{NewDevice, prove};
pub use seeds::{Setting, Tally, first_failure, simulate};
pub use wire::{LineId, ToDevice, ToServer};
