//! A durable replica on devices, networks and servers that fail at any moment: see `roost_sim`.

mod device;
mod disk;
mod planted;
mod window;

use roost_sim::{Device, Setting, prove, simulate};

use device::ModelDevice;

fn new_device(setting: &Setting) -> Box<dyn Device> {
    Box::new(ModelDevice::new(setting))
}

#[test]
fn whatever_fails_nothing_is_lost_and_everybody_ends_alike() {
    prove("board", 2_000, &new_device);
}

/// Without this a seed that fails could not be run again.
#[test]
fn a_seed_tells_the_same_story_each_time() {
    for seed in 0..20 {
        let (outcome, text) = simulate(seed, None, true, &new_device);
        assert!(outcome.is_ok() && text.lines().count() > 50, "{text}");
        let (_, again) = simulate(seed, None, true, &new_device);
        assert_eq!(text, again, "seed {seed}");
    }
}
