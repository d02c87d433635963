//! Bugs that the simulation has to find: if it did not, it would prove nothing.

use roost_sim::{Plant, Wrong, first_failure};

use crate::new_device;

/// How many simulations it may take.
const SEEDS: u64 = 200;

/// Plants a bug, and expects to be told of it.
fn check(plant: Plant, expected: &[Wrong]) {
    let (seed, failure) = first_failure(0..SEEDS, Some(plant), &new_device).expect("a planted bug is found");
    assert!(expected.contains(&failure.wrong), "seed {seed}: {failure}");
}

#[test]
fn a_server_that_does_not_ask_whether_it_knows_a_proposal() {
    check(Plant::TakesTwice, &[Wrong::AcceptedTwice]);
}

#[test]
fn a_server_that_forgets_what_it_knows_when_it_starts() {
    check(Plant::ForgetsOps, &[Wrong::AcceptedTwice]);
}

#[test]
fn a_server_that_applies_and_tells_before_it_commits() {
    check(Plant::TellsBeforeDisk, &[Wrong::AcknowledgedLost, Wrong::ProposalLost, Wrong::WentBack]);
}

#[test]
fn a_server_that_was_put_back_and_is_taken_for_what_it_was() {
    check(Plant::RepeatsMarks, &[Wrong::NotTheBoard, Wrong::Unequal]);
}

#[test]
fn a_server_that_leaves_an_entry_out() {
    check(Plant::AnswersShort, &[Wrong::NotTheBoard, Wrong::NotOnDevice]);
}

#[test]
fn a_device_that_does_not_look_for_gaps() {
    check(Plant::PassesGaps, &[Wrong::NotTheBoard, Wrong::NotOnDevice]);
}

#[test]
fn a_device_that_sends_before_it_commits() {
    check(Plant::SendsBeforeDisk, &[Wrong::SentBeforeDisk]);
}

#[test]
fn a_device_that_sends_in_another_order() {
    check(Plant::SendsBackwards, &[Wrong::OutOfOrder]);
}

#[test]
fn a_device_that_settles_in_another_transaction_than_the_entry() {
    check(Plant::SettlesFirst, &[Wrong::NotOnDevice]);
}

#[test]
fn a_device_that_loses_at_a_crash_what_needs_attention() {
    check(Plant::AttendsLate, &[Wrong::ProposalLost]);
}

#[test]
fn a_device_that_drops_what_waits_on_a_board_that_is_gone() {
    check(Plant::DropsWhatWaits, &[Wrong::ProposalLost]);
}

#[test]
fn a_device_that_does_not_tell_its_window_to_look_anew() {
    check(Plant::HidesResets, &[Wrong::WindowDiffers]);
}

#[test]
fn a_device_that_says_nothing_of_a_full_disk() {
    check(Plant::HidesFullDisk, &[Wrong::ProposalLost, Wrong::SentBeforeDisk]);
}

#[test]
fn a_device_that_keeps_something_else_than_it_shows() {
    check(Plant::ForgetsUndo, &[Wrong::DiskDiffers]);
}
