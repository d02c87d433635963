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

use roost_board::{Change, ListId, NewList, Position, Proposal, Timestamp};
use roost_sim::{Act, Device, Note, Plant, Setting, Wrong, draw, first_failure, prove};
use uuid::Uuid;

use device::CoreDevice;

fn new_device(setting: &Setting) -> Box<dyn Device> {
    Box::new(CoreDevice::new(setting))
}

/// `cargo xtask simulate` runs as many as one likes.
#[test]
fn whatever_fails_nothing_is_lost_and_everybody_ends_alike() {
    prove("core", 2_000, &new_device);
}

/// Plants a bug in the server, and expects to be told of it.
fn check(plant: Plant, expected: &[Wrong]) {
    let (seed, failure) = first_failure(0..50, Some(plant), &new_device).expect("a planted bug is found");
    assert!(expected.contains(&failure.wrong), "seed {seed}: {failure}");
}

#[test]
fn a_server_that_takes_a_proposal_twice_is_found() {
    check(Plant::TakesTwice, &[Wrong::AcceptedTwice]);
}

#[test]
fn a_server_that_tells_before_it_commits_is_found() {
    check(Plant::TellsBeforeDisk, &[Wrong::AcknowledgedLost, Wrong::ProposalLost, Wrong::WentBack]);
}

#[test]
fn a_server_that_was_put_back_and_is_taken_for_what_it_was_is_found() {
    check(Plant::RepeatsMarks, &[Wrong::NotTheBoard, Wrong::Unequal]);
}

#[test]
fn a_server_that_leaves_an_entry_out_is_found() {
    check(Plant::AnswersShort, &[Wrong::NotTheBoard, Wrong::NotOnDevice]);
}

/// What is made up for is what was on disk, and nothing that the person was told is not made.
#[test]
fn a_file_that_was_replaced_gets_everything_that_is_known() {
    let at = Timestamp::from_millis(0);
    let list = |n: u64| {
        let id = ListId::from_uuid(Uuid::from_u128(n.into()));
        let list = NewList { id, name: format!("List {n}"), position: Position::first() };
        Act::Make(Proposal { op: draw::op_id(n), at, change: Change::ListAdded { list } })
    };
    let setting = Setting { number: 0, person: draw::person(0), has_new_board: true, plant: None };
    let mut device = CoreDevice::new(&setting);
    device.start();
    for act in [list(1), list(2), Act::Undo(draw::op_id(3), at)] {
        device.act(act);
        device.commit();
    }
    device.act(list(4));
    device.replaced();
    assert_eq!(device.n_writing(), 1, "what becomes of the last one is not known");
    device.fail();
    assert_eq!(device.n_writing(), 1);
    device.commit();
    assert_eq!(device.on_disk().outbox, (1..=3).map(draw::op_id).collect());

    device.crash();
    device.start();
    device.take_notes();
    device.act(Act::Redo(draw::op_id(5), at));
    let notes = device.take_notes();
    assert!(matches!(notes.as_slice(), [Note::Proposed(_)]), "what was taken back can be done again: {notes:?}");
}
