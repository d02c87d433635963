//! Changes of newer versions, and changes that are none.

use roost_board::{ApplyError, Change, Entry, Proposal, Replica, Seq, Snapshot, Timestamp};
use serde_json::{Value, json};

use crate::draw::{
    card_id, context, empty_board, furnished_board, list_added, list_id, op_id, unknown_change, user_id,
};

/// As another version would write it: numbers of every size, things in things, `type` anywhere.
const FROM_A_NEWER_VERSION: &str = r#"{
    "card_id": "0190f6a4-7c1e-7b52-9d3f-000000030001",
    "due": {"at": [2026, 3, {"day": 1.5}], "zone": null, "öffentlich": true, "type": "card_renamed"},
    "type": "card_scheduled",
    "largest": 18446744073709551615,
    "smallest": -9223372036854775808,
    "far": 1e300,
    "quote": "\"\\\u0000👍"
}"#;

#[test]
fn an_unknown_change_goes_back_out_as_it_came() {
    let original: Value = serde_json::from_str(FROM_A_NEWER_VERSION).unwrap();
    let change: Change = serde_json::from_str(FROM_A_NEWER_VERSION).unwrap();
    assert!(matches!(&change, Change::Unknown(unknown) if unknown.kind() == "card_scheduled"));
    let json = serde_json::to_string(&change).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), original);
    assert_eq!(serde_json::from_str::<Change>(&json).unwrap(), change);
    assert_eq!(serde_json::from_value::<Change>(original.clone()).unwrap(), change);

    let at = Timestamp::from_millis(0);
    let entry = Entry { seq: Seq(1), op: op_id(1), actor: user_id(0), at, change: change.clone() };
    let json = serde_json::to_value(&entry).unwrap();
    assert_eq!(json["change"], original);
    assert_eq!(serde_json::from_value::<Entry>(json).unwrap(), entry);
    let proposal = Proposal { op: op_id(1), at, change };
    assert_eq!(serde_json::from_str::<Proposal>(&serde_json::to_string(&proposal).unwrap()).unwrap(), proposal);
}

/// A type alone can be all that there is to a change.
#[test]
fn an_unknown_change_may_have_no_fields() {
    let change: Change = serde_json::from_str(r#"{"type":""}"#).unwrap();
    assert!(matches!(&change, Change::Unknown(unknown) if unknown.kind().is_empty()));
    assert_eq!(serde_json::to_string(&change).unwrap(), r#"{"type":""}"#);
}

/// What this version knows has to be right; what is no change at all is no change of a newer version.
#[test]
fn a_change_that_is_malformed_is_an_error_which_says_what_is_wrong() {
    let (list, card) = (list_id(1), card_id(1));
    for (json, expected) in [
        (json!({ "type": "list_renamed", "name": "To do" }), "missing field `list_id`"),
        (json!({ "type": "list_renamed", "list_id": list }), "missing field `name`"),
        (json!({ "type": "list_renamed", "list_id": "1", "name": "To do" }), "not an id"),
        (json!({ "type": "list_renamed", "list_id": list, "name": 7 }), "invalid type: integer `7`, expected a string"),
        (json!({ "type": "list_added", "list": 7 }), "invalid type: integer `7`, expected an object"),
        (json!({ "type": "list_added", "list": { "id": list, "name": "To do" } }), "missing field `position`"),
        (json!({ "type": "card_moved", "card_id": card, "list_id": list, "position": "a" }), "position"),
        (json!({ "type": "member_added", "member": { "user": {}, "role": "member" } }), "missing field `id`"),
        (json!({ "name": "To do" }), "missing field `type`"),
        (json!({}), "missing field `type`"),
        (json!({ "type": 7 }), "expected a string as `type`"),
        (json!({ "type": null }), "expected a string as `type`"),
        (json!({ "type": { "list_renamed": {} } }), "expected a string as `type`"),
        (json!(7), "invalid type: integer `7`, expected an object with a type"),
        (json!("list_renamed"), "expected an object with a type"),
        (json!(["board_renamed", "Ship it"]), "expected an object with a type"),
        (json!(null), "expected an object with a type"),
    ] {
        for message in [
            serde_json::from_value::<Change>(json.clone()).unwrap_err().to_string(),
            serde_json::from_str::<Change>(&json.to_string()).unwrap_err().to_string(),
        ] {
            assert!(message.contains(expected), "{json}: {message:?} does not say {expected:?}");
        }
    }
    let message = serde_json::from_str::<Change>(r#"{"type":"list_burnt","type":"x"}"#).unwrap_err().to_string();
    assert!(message.starts_with("duplicate field `type`"), "{message}");
}

#[test]
fn an_unknown_change_cannot_be_made() {
    let mut board = furnished_board();
    let refused = Err(ApplyError::UnknownChange { kind: "board_painted".to_owned() });
    assert_eq!(board.apply(&context(0, 0), &unknown_change()), refused);
    assert_eq!(board.apply(&context(4, 0), &unknown_change()), Err(ApplyError::NotAMember));
    assert_eq!(board, furnished_board());
    let mut replica = Replica::new(user_id(0), Snapshot { seq: Seq(0), board, last: None });
    let proposal = Proposal { op: op_id(0), at: Timestamp::from_millis(0), change: unknown_change() };
    assert_eq!(replica.propose(proposal), refused);
    assert_eq!(replica.pending().len(), 0);
    assert!(!replica.has_unknown());
}

/// The log goes on, the board stays, and the replica knows that it lacks something, for good.
#[test]
fn a_replica_takes_unknown_entries() {
    let entry = |seq, change| Entry {
        seq: Seq(seq),
        op: op_id(seq as u16),
        actor: user_id(4),
        at: Timestamp::from_millis(0),
        change,
    };
    let snapshot = || Snapshot { seq: Seq(0), board: empty_board(), last: None };
    let mut replica = Replica::new(user_id(0), snapshot());
    let mine = Proposal { op: op_id(100), at: Timestamp::from_millis(0), change: list_added(0, "a0") };
    replica.propose(mine).unwrap();
    let confirmed = replica.confirm(&[entry(1, unknown_change()), entry(2, unknown_change())]).unwrap();
    assert_eq!((confirmed.n_new, replica.seq(), replica.has_unknown()), (2, Seq(2), true));
    assert_eq!(replica.confirmed(), &empty_board());
    assert_eq!(replica.view().lists().len(), 1);

    replica.reset(Snapshot { seq: Seq(9), board: empty_board(), last: None });
    assert!(replica.has_unknown());
    let mut kept = Replica::new(user_id(0), snapshot());
    kept.note_unknown();
    assert!(kept.has_unknown());
}

/// An outbox that a newer version left behind: only the server says whether such a change can be made.
#[test]
fn an_unknown_proposal_that_is_pending_waits_for_the_server() {
    let proposal = Proposal { op: op_id(0), at: Timestamp::from_millis(0), change: unknown_change() };
    let snapshot = Snapshot { seq: Seq(0), board: empty_board(), last: None };
    let mut replica = Replica::with_pending(user_id(0), snapshot, [proposal.clone()]);
    assert_eq!(replica.view(), &empty_board());
    let Proposal { op, at, change } = proposal;
    let entry = Entry { seq: Seq(1), op, actor: user_id(0), at, change };
    assert_eq!(replica.confirm([&entry]).unwrap().settled, [op_id(0)]);
    assert!(replica.has_unknown());
    assert_eq!(replica.pending().len(), 0);
}
