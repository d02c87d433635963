use roost_board::{BoardId, CardId, ListId, NewCard, NewList, Position, Seq, Snapshot, User};
use uuid::Uuid;

use super::*;

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn at() -> Timestamp {
    Timestamp::from_millis(0)
}

fn op(n: u128) -> OpId {
    OpId::from_uuid(uuid(n))
}

fn me() -> UserId {
    UserId::from_uuid(uuid(1))
}

fn user(id: UserId) -> User {
    User { id, first_name: "Ada".into(), last_name: String::new(), email: "ada@example.org".into() }
}

fn list(n: u128) -> Change {
    let id = ListId::from_uuid(uuid(n));
    Change::ListAdded { list: NewList { id, name: format!("List {n}"), position: Position::first() } }
}

fn card(n: u128, list: u128) -> Change {
    let (id, list_id) = (CardId::from_uuid(uuid(n)), ListId::from_uuid(uuid(list)));
    Change::CardAdded { card: NewCard { id, list_id, title: format!("Card {n}"), position: Position::first() } }
}

fn entry(seq: u64, op_id: u128, change: Change) -> Entry {
    Entry { seq: Seq(seq), op: op(op_id), actor: me(), at: at(), change }
}

fn board_id() -> BoardId {
    BoardId::from_uuid(uuid(2))
}

/// What the core would answer, with these entries confirmed.
fn copy(number: u64, entries: &[Entry], pending: Vec<Proposal>) -> BoardCopy {
    let mut board = Board::new(board_id(), "Spring release", user(me())).unwrap();
    for entry in entries {
        board.apply(&entry.context(), &entry.change).unwrap();
    }
    let seq = entries.last().map_or(Seq::ZERO, |entry| entry.seq);
    BoardCopy {
        number,
        me: me(),
        snapshot: Snapshot { seq, board, last: None },
        pending,
        present: Vec::new(),
        has_unknown: false,
        history: History::default(),
    }
}

fn message(number: u64, news: BoardNews) -> BoardMessage {
    BoardMessage { board_id: board_id(), number, news }
}

fn entries(number: u64, entries: &[Entry]) -> BoardMessage {
    message(number, BoardNews::Entries { entries: entries.to_vec() })
}

fn lists(follower: &Follower) -> Vec<String> {
    follower.board().unwrap().lists().iter().map(|list| list.name().to_owned()).collect()
}

#[test]
fn messages_before_the_copy_wait_for_it() {
    let log = [entry(1, 101, list(11)), entry(2, 102, list(12))];
    let mut follower = Follower::default();
    assert_eq!(follower.take_message(entries(5, &log[..1])), []);
    assert_eq!(follower.take_message(entries(6, &log[1..])), []);
    assert!(!follower.take_needs_copy(), "it is on its way");
    // The copy has the first of the two in it already.
    let seen = follower.take_copy(copy(5, &log[..1], Vec::new()));
    assert_eq!(seen, [Seen::Changed { actor: me(), change: list(12) }]);
    assert_eq!(lists(&follower), ["List 11", "List 12"]);
}

#[test]
fn a_gap_asks_for_a_copy_and_what_is_here_stays() {
    let log = [entry(1, 101, list(11)), entry(2, 102, list(12)), entry(3, 103, list(13))];
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    follower.take_message(entries(1, &log[..1]));
    follower.take_message(entries(3, &log[2..]));
    assert!(follower.take_needs_copy());
    assert_eq!(lists(&follower), ["List 11"]);
    // This copy is older than what is here; the next one is not.
    follower.take_copy(copy(0, &[], Vec::new()));
    assert_eq!(lists(&follower), ["List 11"]);
    assert!(follower.take_needs_copy());
    follower.take_copy(copy(2, &log[..2], Vec::new()));
    assert_eq!(lists(&follower), ["List 11", "List 12", "List 13"]);
    assert!(!follower.take_needs_copy());
}

#[test]
fn a_message_late_or_twice_changes_nothing() {
    let log = [entry(1, 101, list(11)), entry(2, 102, list(12))];
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    assert_eq!(follower.take_message(entries(2, &log[1..])), []);
    assert_eq!(follower.take_message(entries(1, &log[..1])).len(), 2, "the one that was early follows");
    assert_eq!(follower.take_message(entries(1, &log[..1])), []);
    assert_eq!(lists(&follower), ["List 11", "List 12"]);
    assert!(!follower.take_needs_copy());
}

#[test]
fn own_proposals_show_at_once_and_are_not_news() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    let proposed = follower.propose(op(101), at(), list(11), Doing::Anew).unwrap();
    assert_eq!(lists(&follower), ["List 11"]);
    assert_eq!(proposed.inverse, Some(Change::ListArchived { list_id: ListId::from_uuid(uuid(11)) }));
    follower.answered(op(101));
    assert_eq!(follower.take_message(entries(1, &[entry(1, 101, list(11))])), []);
    assert_eq!(lists(&follower), ["List 11"]);
    assert!(follower.propose(op(102), at(), card(21, 99), Doing::Anew).is_err(), "no such list");
}

#[test]
fn a_refusal_takes_the_proposal_out_of_the_view_and_the_history() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    follower.propose(op(101), at(), list(11), Doing::Anew).unwrap();
    follower.answered(op(101));
    let refusal = Refusal { code: "too_many".into(), message: "a board can have 500 lists at most".into() };
    let seen = follower.take_message(message(1, BoardNews::Refused { op: op(101), refusal }));
    assert_eq!(seen, [Seen::Refused]);
    assert!(lists(&follower).is_empty());
    assert_eq!(follower.step(Back::Undo, at()), Err(NotPossible::Nothing));
}

#[test]
fn a_copy_from_before_a_proposal_does_not_lose_it() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    follower.propose(op(101), at(), list(11), Doing::Anew).unwrap();
    follower.take_copy(copy(1, &[], Vec::new()));
    assert_eq!(lists(&follower), ["List 11"]);
    // Whether the copy was from before the proposal or from after its entry, only the next one tells.
    follower.answered(op(101));
    assert!(follower.take_needs_copy());
    follower.take_copy(copy(2, &[entry(1, 101, list(11))], Vec::new()));
    assert_eq!(lists(&follower), ["List 11"]);
    assert_eq!(follower.following.as_ref().unwrap().replica.pending().len(), 0);
}

#[test]
fn what_the_core_would_not_take_is_taken_back() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    follower.propose(op(101), at(), list(11), Doing::Anew).unwrap();
    assert_eq!(follower.not_taken(op(101)), Some(list(11)));
    assert!(lists(&follower).is_empty());
    assert!(follower.take_needs_copy());
}

#[test]
fn a_reset_stands_for_what_is_missing() {
    let log = [entry(1, 101, list(11)), entry(2, 102, list(12))];
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    let reset = message(4, BoardNews::Reset { copy: copy(4, &log, Vec::new()) });
    assert_eq!(follower.take_message(reset), []);
    assert_eq!(lists(&follower), ["List 11", "List 12"]);
    assert!(!follower.take_needs_copy());
}

#[test]
fn an_entry_that_does_not_apply_asks_for_a_copy() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    assert_eq!(follower.take_message(entries(1, &[entry(1, 101, card(21, 99))])), []);
    assert!(follower.take_needs_copy());
}

fn renamed(n: u128, name: &str) -> Change {
    Change::ListRenamed { list_id: ListId::from_uuid(uuid(n)), name: name.to_owned() }
}

#[test]
fn what_was_done_is_undone_and_done_again() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[entry(1, 101, list(11))], Vec::new()));
    follower.propose(op(102), at(), renamed(11, "Soon"), Doing::Anew).unwrap();
    let step = follower.step(Back::Undo, at()).unwrap();
    assert_eq!((step.op, &step.inverse), (op(102), &renamed(11, "List 11")));
    follower.propose(op(103), at(), step.inverse, Doing::Undo).unwrap();
    assert_eq!(lists(&follower), ["List 11"]);
    assert_eq!(follower.last_step(Back::Undo), None);
    let step = follower.step(Back::Redo, at()).unwrap();
    assert_eq!((step.op, &step.inverse), (op(103), &renamed(11, "Soon")));
}

#[test]
fn a_step_that_somebody_wrote_over_is_forgotten_and_the_one_before_is_next() {
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[entry(1, 101, list(11)), entry(2, 102, list(12))], Vec::new()));
    follower.propose(op(103), at(), renamed(12, "Later"), Doing::Anew).unwrap();
    follower.propose(op(104), at(), renamed(11, "Soon"), Doing::Anew).unwrap();
    let log =
        [entry(3, 103, renamed(12, "Later")), entry(4, 104, renamed(11, "Soon")), entry(5, 105, renamed(11, "Now"))];
    follower.take_message(entries(1, &log));
    assert!(matches!(follower.step(Back::Undo, at()), Err(NotPossible::Changed { .. })));
    assert_eq!(follower.step(Back::Undo, at()).map(|step| step.op), Ok(op(103)));
    assert_eq!(lists(&follower), ["Now", "Later"]);
}

#[test]
fn a_copy_brings_the_history_and_what_is_unanswered_goes_on_top() {
    let log = [entry(1, 101, list(11))];
    let mut before = History::default();
    let made = |n, name: &str| Proposal { op: op(n), at: at(), change: renamed(11, name) };
    before.record(Doing::Anew, &made(102, "List 11"), Some(renamed(11, "Once")));
    let brought = |number| BoardCopy { history: before.clone(), ..copy(number, &log, Vec::new()) };
    let mut follower = Follower::default();
    follower.take_copy(brought(0));
    follower.propose(op(103), at(), renamed(11, "Soon"), Doing::Anew).unwrap();
    follower.take_copy(brought(1));
    assert_eq!(follower.last_step(Back::Undo).map(|step| step.op), Some(op(103)));
    follower.not_taken(op(103));
    assert_eq!(follower.last_step(Back::Undo).map(|step| step.op), Some(op(102)));
}

#[test]
fn a_change_of_a_newer_version_is_noted() {
    let unknown = serde_json::from_str(r#"{"type":"card_painted","colour":"red"}"#).unwrap();
    let mut follower = Follower::default();
    follower.take_copy(copy(0, &[], Vec::new()));
    assert!(!follower.has_unknown());
    follower.take_message(entries(1, &[entry(1, 101, unknown), entry(2, 102, list(11))]));
    assert!(follower.has_unknown());
    assert_eq!(lists(&follower), ["List 11"]);
    follower.take_copy(BoardCopy { has_unknown: true, ..copy(2, &[], Vec::new()) });
    assert!(follower.has_unknown(), "of what was not seen here too");
}
