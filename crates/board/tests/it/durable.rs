//! The rules of a durable replica, one by one. That they hold together, the simulation shows.

use roost_board::durable::{CatchUp, DurableReplica, JoinFrom, News, Outcome, Stored, Trouble, Write};
use roost_board::{Board, Change, Context, Doing, Entry, OpId, Proposal, Seq, Snapshot, Timestamp};

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
    let snapshot = Snapshot { seq: Seq::ZERO, board: with(empty_board(), [list_added(0, "a0")]), last: None };
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
    assert_eq!(outcome.rejoin, Some(JoinFrom::Since(Seq(0))), "with the last one that is here");
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
    drop(replica.joined(CatchUp::Snapshot(Snapshot { seq: Seq(1), board, last: None })));
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
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(0)));
    assert_eq!(replica.view().unwrap().n_cards(), 2);
    // What is on disk is not what entries can be added to.
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(2), entries: vec![entry(1, 1), entry(2, 2)] });
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }]), "{outcome:?}");
    assert_eq!(sent(&mut replica), [op_id(9)], "it was on disk all along");
}

/// The board after these proposals.
fn board_with(proposals: &[u16]) -> Board {
    let cards = proposals.iter().map(|n| card_added(*n, 0, "a0"));
    with(empty_board(), std::iter::once(list_added(0, "a0")).chain(cards))
}

fn snapshot(seq: u64, proposals: &[u16]) -> CatchUp {
    CatchUp::Snapshot(Snapshot { seq: Seq(seq), board: board_with(proposals), last: None })
}

/// One that has the entries 1 to 3, and a proposal that waits; it has just lost the connection.
fn cut_off() -> DurableReplica {
    let mut replica = joined();
    drop(replica.entries(vec![entry(1, 1), entry(2, 2), entry(3, 3)]));
    drop(propose(&mut replica, 9));
    replica.kept(op_id(9));
    assert_eq!(sent(&mut replica), [op_id(9)]);
    replica.disconnected();
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(2)), "with the last one that is here");
    replica
}

/// That the board is taken as a whole, and what waits is sent again.
#[track_caller]
fn assert_takes_the_other_log(replica: &mut DurableReplica, answer: CatchUp) {
    let before = replica.clone();
    let outcome = replica.joined(answer);
    let (rejoin, trouble) = (Some(JoinFrom::Start), Some(Trouble::OtherLog { seq: Seq(3) }));
    assert_eq!(outcome, Outcome { rejoin, trouble, ..Outcome::default() }, "nothing is taken");
    assert_eq!(replica.view(), before.view());
    assert_eq!(sent(replica), []);
    let outcome = replica.joined(snapshot(5, &[1, 4, 5, 6, 7]));
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }]), "{outcome:?}");
    assert_eq!(outcome.news, [News::Reset]);
    assert_eq!(*replica.replica().unwrap().confirmed(), board_with(&[1, 4, 5, 6, 7]));
    assert_eq!(replica.view().unwrap().n_cards(), 6);
    assert_eq!(sent(replica), [op_id(9)]);
}

#[test]
fn a_server_that_was_put_back_and_has_grown_since_is_noticed() {
    let longer = CatchUp::Entries { seq: Seq(5), entries: vec![entry(5, 3), entry(6, 4), entry(7, 5)] };
    assert_takes_the_other_log(&mut cut_off(), longer);
    let as_long = CatchUp::Entries { seq: Seq(3), entries: vec![entry(5, 3)] };
    assert_takes_the_other_log(&mut cut_off(), as_long);
    let shorter_by_one = CatchUp::Entries { seq: Seq(2), entries: Vec::new() };
    assert_takes_the_other_log(&mut cut_off(), shorter_by_one);
}

/// A proposal of somebody who had no answer yet is sent again, and may be entry 3 again, after another entry 2.
#[test]
fn the_same_proposal_at_the_same_place_may_still_be_another_entry() {
    let later = Entry { at: Timestamp::from_millis(2_000), ..entry(3, 3) };
    assert_takes_the_other_log(&mut cut_off(), CatchUp::Entries { seq: Seq(3), entries: vec![later] });
}

#[test]
fn a_server_whose_log_is_shorter_is_believed() {
    let mut replica = cut_off();
    let outcome = replica.joined(snapshot(1, &[1]));
    assert_eq!(outcome.trouble, Some(Trouble::OtherLog { seq: Seq(3) }));
    assert_eq!((outcome.news, outcome.rejoin), (vec![News::Reset], None));
    assert_eq!(*replica.replica().unwrap().confirmed(), board_with(&[1]));
    assert_eq!(sent(&mut replica), [op_id(9)]);
}

#[test]
fn that_the_last_entry_comes_again_is_no_news() {
    let mut replica = cut_off();
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(3), entries: vec![entry(3, 3)] });
    assert_eq!(outcome, Outcome::default());
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(4), entries: vec![entry(3, 3), entry(4, 4)] });
    assert_eq!(outcome.writes, [Write::Entries(vec![entry(4, 4)])]);
    assert_eq!(outcome.news, [News::Entries(vec![entry(4, 4)])]);
}

/// An older server does not say which entry was the last in it.
#[test]
fn a_board_whose_last_entry_is_not_told_is_taken_as_a_whole_until_an_entry_comes() {
    let mut replica = DurableReplica::new(user_id(ME), Stored::default());
    drop(replica.joined(snapshot(2, &[1, 2])));
    assert_eq!(replica.join_from(), JoinFrom::Start);
    replica.disconnected();
    assert_eq!(replica.joined(snapshot(2, &[1, 2])), Outcome::default(), "it is known already");
    drop(replica.entries(vec![entry(3, 3)]));
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(2)));
}

fn marked(seq: u64, proposals: &[u16], last: &Entry) -> CatchUp {
    CatchUp::Snapshot(Snapshot { seq: Seq(seq), board: board_with(proposals), last: Some(last.mark()) })
}

#[test]
fn a_snapshot_that_names_its_last_entry_need_not_be_fetched_again() {
    let mut replica = DurableReplica::new(user_id(ME), Stored::default());
    let outcome = replica.joined(marked(2, &[1, 2], &entry(2, 2)));
    let [Write::Snapshot { snapshot, .. }] = outcome.writes.as_slice() else { panic!("{outcome:?}") };
    assert_eq!(snapshot.last, Some(entry(2, 2).mark()));
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(1)));
    replica.disconnected();
    let quiet = CatchUp::Entries { seq: Seq(2), entries: vec![entry(2, 2)] };
    assert_eq!(replica.joined(quiet), Outcome::default());
    replica.disconnected();
    let other = replica.joined(CatchUp::Entries { seq: Seq(2), entries: vec![entry(7, 2)] });
    assert_eq!((other.rejoin, other.trouble), (Some(JoinFrom::Start), Some(Trouble::OtherLog { seq: Seq(2) })));
}

#[test]
fn a_known_board_whose_last_entry_is_told_later_is_written_with_it() {
    let mut replica = DurableReplica::new(user_id(ME), Stored::default());
    drop(replica.joined(snapshot(2, &[1, 2])));
    replica.disconnected();
    let outcome = replica.joined(marked(2, &[1, 2], &entry(2, 2)));
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }]), "{outcome:?}");
    assert_eq!((outcome.news, replica.join_from()), (Vec::new(), JoinFrom::Since(Seq(1))));
    replica.disconnected();
    assert_eq!(replica.joined(marked(2, &[1, 2], &entry(2, 2))), Outcome::default(), "nothing is new");
}

#[test]
fn a_start_from_disk_knows_the_last_entry() {
    let whole = Some(Snapshot { seq: Seq(2), board: board_with(&[1, 2]), last: None });
    let without = Stored { snapshot: whole.clone(), ..Stored::default() };
    assert_eq!(DurableReplica::new(user_id(ME), without).join_from(), JoinFrom::Start, "an older version wrote it");

    let whole = whole.map(|whole| Snapshot { last: Some(entry(2, 2).mark()), ..whole });
    let stored = Stored { snapshot: whole, ..Stored::default() };
    let mut replica = DurableReplica::new(user_id(ME), stored.clone());
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(1)));
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(2), entries: vec![entry(5, 2)] });
    assert_eq!(outcome.rejoin, Some(JoinFrom::Start));

    let mut replica = DurableReplica::new(user_id(ME), Stored { entries: vec![entry(3, 3)], ..stored });
    assert_eq!(replica.join_from(), JoinFrom::Since(Seq(2)));
    let Some(Write::Snapshot { snapshot, .. }) = replica.whole() else { panic!("there is a board") };
    assert_eq!(snapshot.last, Some(entry(3, 3).mark()));
    let outcome = replica.joined(CatchUp::Entries { seq: Seq(3), entries: vec![entry(3, 3)] });
    assert_eq!(outcome, Outcome::default());
}

/// It was accepted, the server was put back before anybody told of the entry, and it is not in what the server has now.
#[test]
fn what_was_accepted_before_the_server_was_put_back_is_proposed_again() {
    let mut replica = cut_off();
    drop(replica.joined(CatchUp::Entries { seq: Seq(3), entries: vec![entry(3, 3)] }));
    assert_eq!(replica.accepted(op_id(9), Seq(4)), Outcome::default());
    replica.disconnected();
    drop(replica.joined(CatchUp::Entries { seq: Seq(4), entries: vec![entry(5, 3), entry(6, 4)] }));
    let outcome = replica.joined(snapshot(4, &[1, 4, 5, 6]));
    assert!(matches!(outcome.writes.as_slice(), [Write::Snapshot { .. }]), "{outcome:?}");
    assert_eq!(sent(&mut replica), [op_id(9)]);
}

#[test]
fn entries_from_before_the_join_is_answered_are_not_taken() {
    let mut replica = cut_off();
    assert_eq!(replica.entries(vec![entry(4, 4)]), Outcome::default());
    assert_eq!(replica.replica().unwrap().seq(), Seq(3));
}

#[test]
fn one_that_holds_back_takes_entries_and_sends_nothing_before_the_next_join() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    replica.hold_back();
    assert_eq!(sent(&mut replica), []);
    assert_eq!(replica.entries(vec![entry(2, 1)]).news, [News::Entries(vec![entry(2, 1)])]);
    drop(replica.joined(CatchUp::Entries { seq: Seq(1), entries: vec![entry(2, 1)] }));
    assert_eq!(sent(&mut replica), [op_id(1)]);
}

#[test]
fn what_the_server_has_lost_cannot_be_taken_back() {
    let mut replica = joined();
    drop(propose(&mut replica, 1));
    replica.kept(op_id(1));
    drop(replica.entries(vec![entry(1, 1), entry(2, 2)]));
    replica.disconnected();
    drop(replica.joined(CatchUp::Entries { seq: Seq(2), entries: vec![entry(3, 2)] }));
    drop(replica.joined(snapshot(2, &[3, 4])));
    let refused = replica.history().undo(replica.view().unwrap(), &context(ME, 2_000)).unwrap_err();
    assert_eq!(refused.step().map(|step| step.op), Some(op_id(1)));
    assert!(!refused.to_string().is_empty(), "it is said why");
}

/// As after a damaged file was replaced: some of what was there may be missing.
#[test]
fn written_anew_there_is_all_that_was_written_before_and_nothing_else() {
    let mut replica = joined();
    for n in 1..=2 {
        drop(propose(&mut replica, n));
        replica.kept(op_id(n));
    }
    let inverse = replica.history().undo_steps().last().unwrap().inverse.clone();
    let undo = proposal(3, inverse);
    let back = replica.replica().unwrap().invert(undo.at, &undo.change);
    drop(replica.propose(undo, Doing::Undo, back).unwrap());
    replica.kept(op_id(3));
    assert_eq!((replica.history().undo_steps().len(), replica.history().redo_steps().len()), (1, 1));
    let (before, kept) = (replica.clone(), replica.history().clone());
    drop(propose(&mut replica, 4));

    let writes = replica.anew();
    let [Write::Snapshot { snapshot, .. }, Write::Waiting { outbox, history }] = writes.as_slice() else {
        panic!("{writes:?}");
    };
    assert_eq!(outbox.iter().map(|proposal| proposal.op).collect::<Vec<_>>(), [op_id(1), op_id(2), op_id(3)]);
    assert_eq!(*history, kept, "what can be done again, too");
    let snapshot = Some(snapshot.clone());
    let (outbox, history) = (outbox.clone(), history.clone());
    let stored = Stored { snapshot, outbox, history, ..Stored::default() };
    let again = DurableReplica::new(user_id(ME), stored);
    assert!(again.outbox().eq(before.outbox()));
    assert_eq!((again.view(), again.history()), (before.view(), before.history()));

    let waiting = Stored { outbox: vec![proposal(9, card_added(9, 0, "a1"))], ..Stored::default() };
    let without_a_board = DurableReplica::new(user_id(ME), waiting).anew();
    assert!(matches!(without_a_board.as_slice(), [Write::Waiting { outbox, .. }] if outbox.len() == 1));
}
