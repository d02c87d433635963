//! What travels, byte by byte: other clients are written against this.

use expect_test::{Expect, expect};
use roost_board::{
    ApplyError, Board, BoardSummary, Change, Entry, Field, NewComment, Proposal, Role, Seq, Snapshot, Timestamp,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::draw::{
    board_id, card_added, card_id, comment_id, empty_board, list_added, list_id, member_added, op_id, position,
    unknown_change, user, user_id, with,
};

/// Checks the JSON of a value, and that it reads back.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, expected: &Expect) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    expected.assert_eq(&json);
}

/// One of each kind, with its JSON.
fn json_of_each() -> Vec<(Change, Expect)> {
    let text = || "Ship it".to_owned();
    vec![
        (Change::BoardRenamed { name: text() }, expect![[r#"{"type":"board_renamed","name":"Ship it"}"#]]),
        (
            list_added(1, "a0"),
            expect![[
                r#"{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-000000020001","name":"List 1","position":"a0"}}"#
            ]],
        ),
        (
            Change::ListMoved { list_id: list_id(1), position: position("a0V") },
            expect![[r#"{"type":"list_moved","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020001","position":"a0V"}"#]],
        ),
        (
            Change::ListRenamed { list_id: list_id(1), name: text() },
            expect![[r#"{"type":"list_renamed","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020001","name":"Ship it"}"#]],
        ),
        (
            Change::ListArchived { list_id: list_id(1) },
            expect![[r#"{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020001"}"#]],
        ),
        (
            Change::ListRestored { list_id: list_id(1) },
            expect![[r#"{"type":"list_restored","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020001"}"#]],
        ),
        (
            card_added(1, 1, "a0"),
            expect![[
                r#"{"type":"card_added","card":{"id":"0190f6a4-7c1e-7b52-9d3f-000000030001","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020001","title":"Card 1","position":"a0"}}"#
            ]],
        ),
        (
            Change::CardMoved { card_id: card_id(1), list_id: list_id(2), position: position("Zz") },
            expect![[
                r#"{"type":"card_moved","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001","list_id":"0190f6a4-7c1e-7b52-9d3f-000000020002","position":"Zz"}"#
            ]],
        ),
        (
            Change::CardRetitled { card_id: card_id(1), title: text() },
            expect![[r#"{"type":"card_retitled","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001","title":"Ship it"}"#]],
        ),
        (
            Change::CardDescribed { card_id: card_id(1), description: "Two\nlines".to_owned() },
            expect![[
                r#"{"type":"card_described","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001","description":"Two\nlines"}"#
            ]],
        ),
        (
            Change::CardArchived { card_id: card_id(1) },
            expect![[r#"{"type":"card_archived","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001"}"#]],
        ),
        (
            Change::CardRestored { card_id: card_id(1) },
            expect![[r#"{"type":"card_restored","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001"}"#]],
        ),
        (
            Change::CommentAdded { card_id: card_id(1), comment: NewComment { id: comment_id(1), body: text() } },
            expect![[
                r#"{"type":"comment_added","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001","comment":{"id":"0190f6a4-7c1e-7b52-9d3f-000000040001","body":"Ship it"}}"#
            ]],
        ),
        (
            Change::CommentRemoved { card_id: card_id(1), comment_id: comment_id(1) },
            expect![[
                r#"{"type":"comment_removed","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001","comment_id":"0190f6a4-7c1e-7b52-9d3f-000000040001"}"#
            ]],
        ),
        (
            member_added(1, Role::Member),
            expect![[
                r#"{"type":"member_added","member":{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-000000050001","first_name":"Person 1","last_name":"Berg","email":"person1@example.org"},"role":"member"}}"#
            ]],
        ),
        (
            Change::MemberRemoved { user_id: user_id(1) },
            expect![[r#"{"type":"member_removed","user_id":"0190f6a4-7c1e-7b52-9d3f-000000050001"}"#]],
        ),
        (unknown_change(), expect![[r#"{"colour":"red","type":"board_painted"}"#]]),
    ]
}

/// The number of a kind among all. A new kind does not compile before it has one, and then asks for its JSON above.
fn kind(change: &Change) -> usize {
    match change {
        Change::BoardRenamed { .. } => 0,
        Change::ListAdded { .. } => 1,
        Change::ListMoved { .. } => 2,
        Change::ListRenamed { .. } => 3,
        Change::ListArchived { .. } => 4,
        Change::ListRestored { .. } => 5,
        Change::CardAdded { .. } => 6,
        Change::CardMoved { .. } => 7,
        Change::CardRetitled { .. } => 8,
        Change::CardDescribed { .. } => 9,
        Change::CardArchived { .. } => 10,
        Change::CardRestored { .. } => 11,
        Change::CommentAdded { .. } => 12,
        Change::CommentRemoved { .. } => 13,
        Change::MemberAdded { .. } => 14,
        Change::MemberRemoved { .. } => 15,
        Change::Unknown(_) => 16,
    }
}

const N_KINDS: usize = 17;

#[test]
fn every_change() {
    let each = json_of_each();
    for (change, expected) in &each {
        check(change, expected);
    }
    let mut kinds: Vec<usize> = each.iter().map(|(change, _)| kind(change)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, Vec::from_iter(0..N_KINDS), "a kind of change whose JSON is not pinned");
}

#[test]
fn entry_and_proposal() {
    let change = Change::CardArchived { card_id: card_id(1) };
    let at = Timestamp::from_millis(1_772_357_400_125);
    check(
        &Entry { seq: Seq(7), op: op_id(1), actor: user_id(0), at, change: change.clone() },
        &expect![[
            r#"{"seq":7,"op":"0190f6a4-7c1e-7b52-9d3f-000000060001","actor":"0190f6a4-7c1e-7b52-9d3f-000000050000","at":"2026-03-01T09:30:00.125Z","change":{"type":"card_archived","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001"}}"#
        ]],
    );
    check(
        &Proposal { op: op_id(1), at, change },
        &expect![[
            r#"{"op":"0190f6a4-7c1e-7b52-9d3f-000000060001","at":"2026-03-01T09:30:00.125Z","change":{"type":"card_archived","card_id":"0190f6a4-7c1e-7b52-9d3f-000000030001"}}"#
        ]],
    );
}

fn small_snapshot() -> Snapshot {
    let board = with(
        empty_board(),
        [
            member_added(1, Role::Member),
            list_added(2, "a1"),
            list_added(1, "a0"),
            list_added(3, "a2"),
            card_added(1, 1, "a1"),
            card_added(2, 1, "a0"),
            card_added(3, 1, "a2"),
            card_added(4, 3, "a0"),
            Change::CardDescribed { card_id: card_id(1), description: "At the gate".to_owned() },
            Change::CommentAdded {
                card_id: card_id(1),
                comment: NewComment { id: comment_id(1), body: "Yes".to_owned() },
            },
            Change::CardArchived { card_id: card_id(3) },
            Change::ListArchived { list_id: list_id(3) },
        ],
    );
    Snapshot { seq: Seq(12), board, last: None }
}

/// Lists and cards in display order; what is archived apart.
#[test]
fn snapshot() {
    let json = serde_json::to_string_pretty(&small_snapshot()).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), small_snapshot());
    expect![[r#"
        {
          "seq": 12,
          "board": {
            "id": "0190f6a4-7c1e-7b52-9d3f-000000010000",
            "name": "Spring release",
            "members": [
              {
                "user": {
                  "id": "0190f6a4-7c1e-7b52-9d3f-000000050000",
                  "first_name": "Person 0",
                  "last_name": "Berg",
                  "email": "person0@example.org"
                },
                "role": "owner"
              },
              {
                "user": {
                  "id": "0190f6a4-7c1e-7b52-9d3f-000000050001",
                  "first_name": "Person 1",
                  "last_name": "Berg",
                  "email": "person1@example.org"
                },
                "role": "member"
              }
            ],
            "lists": [
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000020001",
                "name": "List 1",
                "position": "a0"
              },
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000020002",
                "name": "List 2",
                "position": "a1"
              }
            ],
            "cards": [
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000030002",
                "list_id": "0190f6a4-7c1e-7b52-9d3f-000000020001",
                "title": "Card 2",
                "description": "",
                "position": "a0",
                "comments": []
              },
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000030001",
                "list_id": "0190f6a4-7c1e-7b52-9d3f-000000020001",
                "title": "Card 1",
                "description": "At the gate",
                "position": "a1",
                "comments": [
                  {
                    "id": "0190f6a4-7c1e-7b52-9d3f-000000040001",
                    "author": "0190f6a4-7c1e-7b52-9d3f-000000050000",
                    "body": "Yes",
                    "at": "1970-01-01T00:00:00Z"
                  }
                ]
              },
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000030004",
                "list_id": "0190f6a4-7c1e-7b52-9d3f-000000020003",
                "title": "Card 4",
                "description": "",
                "position": "a0",
                "comments": []
              }
            ],
            "archived_lists": [
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000020003",
                "name": "List 3",
                "position": "a2"
              }
            ],
            "archived_cards": [
              {
                "id": "0190f6a4-7c1e-7b52-9d3f-000000030003",
                "list_id": "0190f6a4-7c1e-7b52-9d3f-000000020001",
                "title": "Card 3",
                "description": "",
                "position": "a2",
                "comments": []
              }
            ]
          }
        }"#]]
    .assert_eq(&json);
}

#[test]
fn summary() {
    let summary = small_snapshot().board.summary();
    let json = serde_json::to_string_pretty(&summary).unwrap();
    assert_eq!(serde_json::from_str::<BoardSummary>(&json).unwrap(), summary);
    expect![[r#"
        {
          "id": "0190f6a4-7c1e-7b52-9d3f-000000010000",
          "name": "Spring release",
          "owner": {
            "id": "0190f6a4-7c1e-7b52-9d3f-000000050000",
            "first_name": "Person 0",
            "last_name": "Berg",
            "email": "person0@example.org"
          },
          "members": [
            {
              "id": "0190f6a4-7c1e-7b52-9d3f-000000050000",
              "first_name": "Person 0",
              "last_name": "Berg",
              "email": "person0@example.org"
            },
            {
              "id": "0190f6a4-7c1e-7b52-9d3f-000000050001",
              "first_name": "Person 1",
              "last_name": "Berg",
              "email": "person1@example.org"
            }
          ],
          "n_members": 2,
          "n_lists": 2,
          "n_cards": 2
        }"#]]
    .assert_eq(&json);
}

/// A server may know more than this client: what it adds is passed over, what is missing and has a default is empty.
#[test]
fn unknown_fields_are_passed_over() {
    let change: Change = serde_json::from_str(r#"{"type":"board_renamed","name":"Ship it","colour":"red"}"#).unwrap();
    assert_eq!(change, Change::BoardRenamed { name: "Ship it".to_owned() });
    let mut json = serde_json::to_value(small_snapshot()).unwrap();
    json["board"].as_object_mut().unwrap().retain(|key, _| !key.starts_with("archived"));
    json["board"]["cards"].as_array_mut().unwrap().retain(|card| card["list_id"] != list_id(3).to_string());
    json["board"]["colour"] = "red".into();
    for card in json["board"]["cards"].as_array_mut().unwrap() {
        card.as_object_mut().unwrap().retain(|key, _| key != "description" && key != "comments");
    }
    let snapshot: Snapshot = serde_json::from_value(json).unwrap();
    assert_eq!(snapshot.board.n_cards(), 2);
}

/// Reading a board checks what applying changes would have checked.
#[test]
fn a_board_that_cannot_be_is_refused() {
    let board = || serde_json::to_value(small_snapshot().board).unwrap();
    let with = |pointer: &str, value: serde_json::Value| {
        let mut board = board();
        *board.pointer_mut(pointer).unwrap() = value;
        board
    };
    let copied = |from: &str, to: &str| with(to, board().pointer(from).unwrap().clone());
    for (broken, expected) in [
        (with("/name", " ".into()), "the board's name cannot be blank"),
        (with("/lists/0/name", "".into()), "the list's name cannot be blank"),
        (with("/cards/0/title", "a\nb".into()), "the card's title cannot contain the character U+000A"),
        (with("/members/0/user/last_name", "a\nb".into()), "the last name cannot contain the character U+000A"),
        (with("/members/1/user/email", "".into()), "the e-mail address cannot be blank"),
        (with("/members/0/role", "member".into()), "a board keeps at least one owner"),
        (copied("/members/0", "/members/1"), "that person is already a member of this board"),
        (copied("/lists/1/id", "/lists/0/id"), "this id is already in use on this board"),
        (copied("/cards/0", "/archived_cards/0"), "this id is already in use on this board"),
        (with("/cards/0/list_id", list_id(9).to_string().into()), "is not on this board"),
    ] {
        let message = serde_json::from_value::<Board>(broken).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
}

/// The codes are a contract, the words are not.
#[test]
fn every_refusal_has_a_code() {
    let (list, card, person) = (list_id(1), card_id(1), user_id(1));
    let field = Field::CardTitle;
    let errors = [
        ApplyError::NotAMember,
        ApplyError::NotAnOwner,
        ApplyError::NotTheAuthor,
        ApplyError::NoSuchList(list),
        ApplyError::ListArchived(list),
        ApplyError::ListNotArchived(list),
        ApplyError::NoSuchCard(card),
        ApplyError::CardArchived(card),
        ApplyError::CardNotArchived(card),
        ApplyError::NoSuchComment(comment_id(1)),
        ApplyError::NoSuchMember(person),
        ApplyError::AlreadyAMember(person),
        ApplyError::LastOwner,
        ApplyError::IdTaken,
        ApplyError::Blank { field },
        ApplyError::TooLong { field, length: 501, max: 500 },
        ApplyError::ControlCharacter { field, character: '\u{7}' },
        ApplyError::TooMany { what: "lists on a board", max: 500 },
        ApplyError::UnknownChange { kind: "board_painted".to_owned() },
    ];
    let lines: Vec<String> = errors.iter().map(|error| format!("{}: {error}", error.code())).collect();
    expect![[r#"
        not_a_member: only members of this board can change it
        not_an_owner: only an owner of this board can do that
        not_the_author: only its author can remove a comment
        no_such_list: the list 0190f6a4-7c1e-7b52-9d3f-000000020001 is not on this board
        list_archived: the list is archived
        list_not_archived: the list is not archived
        no_such_card: the card 0190f6a4-7c1e-7b52-9d3f-000000030001 is not on this board
        card_archived: the card is archived
        card_not_archived: the card is not archived
        no_such_comment: the comment 0190f6a4-7c1e-7b52-9d3f-000000040001 is not on this card
        no_such_member: that person is not a member of this board
        already_a_member: that person is already a member of this board
        last_owner: a board keeps at least one owner
        id_taken: this id is already in use on this board
        blank: the card's title cannot be blank
        too_long: the card's title can have 500 characters at most, not 501
        control_character: the card's title cannot contain the character U+0007
        too_many: there can be 500 lists on a board at most
        unknown_change: this version of Roost does not know the change `board_painted`; update Roost to make it"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_board_has_its_owner_in_it() {
    let board = empty_board();
    assert_eq!(board.id(), board_id());
    assert_eq!(board.summary().owner, user(0));
}
