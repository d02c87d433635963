//! A followed board on networks, servers and disks that fail at any moment: see `roost_sim`.
//!
//! What runs here is the task of a followed board as it is, with the channels of a real socket and a real file; only
//! what wakes it is replaced. The network is the simulation's, and what is written waits until the simulation lets the
//! disk take it.

// Helpers outside of `#[test]` functions may unwrap too: a failure there is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod device;
mod disk;
mod window;
mod wire;

use roost_sim::{Device, Setting, prove};

use device::CoreDevice;

fn new_device(setting: &Setting) -> Box<dyn Device> {
    Box::new(CoreDevice::new(setting))
}

#[test]
fn whatever_fails_nothing_is_lost_and_everybody_ends_alike() {
    let tally = prove(100, &new_device);
    // It proves little if little happens.
    assert!(tally.n_made >= 20 * tally.n_seeds, "{tally:?}");
    assert!(tally.n_entries >= 10 * tally.n_seeds, "{tally:?}");
}
