//! The rules of a durable replica, one by one. That they hold together, the simulation shows.

use roost_board::durable::{CatchUp, DurableReplica, JoinFrom, News, Outcome, Stored, Write};
use roost_board::{Change, Context, Doing, Entry, OpId, Proposal, Seq, Snapshot, Timestamp};

use crate::draw::{card_added, context, empty_board, list_added, op_id, user_id, with};

const ME: u16 = 0;

/// One that follows a board with a list on it, and nothing else.
fn joined() -> DurableReplica {
    let mut replica = DurableReplica::new(user_id(ME), stored());
    let outcome = replica.joined(CatchUp::Entries { seq: Seq::ZERO, entries: Vec::new() });
    assert_eq!(outcome, Outcome::default());
    replica
}

fn stored() -> Stored {
    let snapshot = Snapshot { seq: Seq::ZERO, board: with(empty_board(), [list_added(0, "a0")]) };
    Stored { snapshot: Some(snapshot), ..Stored::default() }
}

fn proposal(n: u16, change: Change) -> Proposal {
    Proposal { op: op_id(n), at: Timestamp::from_millis(i64::from(n)), change }
}

fn propose(replica: &mut DurableReplica, n: u16) -> Outcome {
    let proposal = proposal(n, card_added(n, 0, "a0"));
    let inverse = replica.replica().unwrap().invert(proposal.at, &proposal.change);
    replica.propose(proposal, Doing::Anew, inverse).unwrap()
}

/// The entry that the proposal `n` becomes.
fn entry(n: u16, seq: u64) -> Entry {
    let Context { actor, at } = context(ME, 1_000);
    Entry { seq: Seq(seq), op: op_id(n), actor, at, change: card_added(n, 0, "a0") }
}

fn sent(replica: &mut DurableReplica) -> Vec<OpId> {
    replica.take_to_send(10).into_iter().map(|proposal| proposal.op).collect()
}

fn undoable(replica: &DurableReplica) -> Vec<OpId> {
    replica.history().undo_steps().map(|step| step.op).collect()
}

#[test]
fn a_proposal_is_shown_at_once_and_sent_when_it_is_on_disk() {
    let mut replica = joined();
    let outcome = propose(&mut replica, 1);
    assert!(matches!(outcome.writes.as_slice(), [Write::Queued { .. }]));
    assert_eq!(replica.view().unwrap().n_cards(), 1);
    assert_eq!(sent(&mut replica), []);
    replica.kept(op_id(1));
    assert_eq!(sent(&mut replica), [op_id(1)]);
    assert_eq!(sent(&mut replica), [], "once for each join");
}

#[test]
fn none_is_sent_before_one_that_was_made_earlier() {
    let mut replica = joined();
    for n in 1..=3 {
        drop(propose(&mut replica, n));
    }
    replica.kept(op_id(1));
    replica.kept(op_id(3));
    assert_eq!(sent(&mut replica), [op_id(1)]);
    replica.kept(op_id(2));
    assert_eq!(sent(&mut replica), [op_id(2), op_id(3)]);
}

#[test]
fn all_that_waits_is_sent_again_after_each_join() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    assert_eq!(sent(&mut replica), [op_id(1)]);
    replica.disconnected();
    assert_eq!(sent(&mut replica), [], "nobody hears it");
    drop(replica.joined(CatchUp::Entries { seq: Seq::ZERO, entries: Vec::new() }));
    assert_eq!(sent(&mut replica), [op_id(1)]);
}

#[test]
fn a_proposal_leaves_the_outbox_with_its_entry() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    let outcome = replica.entries(vec![entry(1, 1)]);
    assert_eq!(outcome.writes, [Write::Entries(vec![entry(1, 1)]), Write::Settled(vec![op_id(1)])]);
    assert_eq!(replica.n_waiting(), 0);
    let settled = replica.clone();
    assert_eq!(replica.accepted(op_id(1), Seq(1)), Outcome::default());
    assert_eq!(replica.refused(op_id(1)), Outcome::default());
    assert_eq!(replica, settled, "it is settled already, and can still be taken back");
}

#[test]
fn what_lies_behind_a_gap_is_asked_for_and_not_shown() {
    let mut replica = joined();
    let outcome = replica.entries(vec![entry(1, 1), entry(3, 3)]);
    assert_eq!(outcome.rejoin, Some(JoinFrom::Since(Seq(1))));
    assert_eq!(outcome.news, [News::Entries(vec![entry(1, 1)])]);
    assert_eq!(replica.view().unwrap().n_cards(), 1);
    assert!(!replica.is_joined());
}

/// After a write that failed, entries on disk would follow on what is not there.
#[test]
fn a_proposal_is_not_settled_on_a_disk_that_lacks_its_entry() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    let board = with(empty_board(), [list_added(0, "a0"), card_added(1, 0, "a0")]);
    drop(replica.joined(CatchUp::Snapshot(Snapshot { seq: Seq(1), board })));
    replica.not_written();
    let outcome = replica.accepted(op_id(1), Seq(1));
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }, Write::Settled(_)]), "{outcome:?}");
}

#[test]
fn a_proposal_that_cannot_be_written_was_never_made() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    let before = replica.clone();
    let undo = replica.history().undo_steps().last().unwrap().inverse.clone();
    let undo = proposal(2, undo);
    let back = replica.replica().unwrap().invert(undo.at, &undo.change);
    drop(replica.propose(undo.clone(), Doing::Undo, back).unwrap());
    drop(propose(&mut replica, 3));
    assert_eq!(replica.not_kept(op_id(2)), Some(undo));
    assert_eq!(undoable(&replica), [op_id(1), op_id(3)], "the step that it took back is there again");
    drop(replica.not_kept(op_id(3)));
    assert_eq!(replica, before);
}

#[test]
fn a_refusal_that_cannot_be_written_is_heard_again_after_the_next_join() {
    let mut replica = joined();
    for n in 1..=2 {
        drop(propose(&mut replica, n));
        replica.kept(op_id(n));
    }
    assert_eq!(sent(&mut replica), [op_id(1), op_id(2)]);
    let outcome = replica.refused(op_id(1));
    let [News::Refused(refused)] = outcome.news.as_slice() else { panic!("{outcome:?}") };
    assert_eq!(outcome.writes, [Write::Refused(op_id(1))]);
    replica.not_refused(refused.clone());
    assert_eq!(replica.outbox().map(|proposal| proposal.op).collect::<Vec<_>>(), [op_id(1), op_id(2)]);
    assert_eq!(sent(&mut replica), []);
    drop(replica.joined(CatchUp::Entries { seq: Seq::ZERO, entries: Vec::new() }));
    assert_eq!(sent(&mut replica), [op_id(1), op_id(2)]);
}

#[test]
fn a_board_that_is_gone_answers_what_came_to_nothing() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    let (outcome, lost) = replica.gone();
    assert_eq!(outcome.writes, [Write::Gone]);
    assert_eq!(lost.into_iter().map(|proposal| proposal.op).collect::<Vec<_>>(), [op_id(1)]);
    assert_eq!(replica, DurableReplica::new(user_id(ME), Stored::default()));
    assert_eq!(replica.join_from(), JoinFrom::Start);
}

#[test]
fn a_start_from_disk_has_what_was_there_up_to_what_is_missing() {
    let outbox = vec![proposal(9, card_added(9, 0, "a1"))];
    let stored = Stored { entries: vec![entry(1, 1), entry(3, 3)], outbox, ..stored() };
    let mut replica = DurableReplica::new(user_id(ME), stored);
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(1)));
    assert_eq!(replica.view().unwrap().n_cards(), 2);
    // What is on disk is not what entries can be added to.
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(2), entries: vec![entry(2, 2)] });
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }]), "{outcome:?}");
    assert_eq!(sent(&mut replica), [op_id(9)], "it was on disk all along");
}
