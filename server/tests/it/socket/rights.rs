//! The channel half of the table of rights: every event, asked with the ids of somebody else's board.

use std::collections::BTreeSet;

use roost_board::{BoardId, Change};
use serde_json::{Value, json};

use super::world::{Client, Person, World, card_added, list_added, proposal};

/// Every event that a client may push to a board's topic, with a payload that its members could push. A new event has
/// to be added here.
fn events(member: &Person) -> [(&'static str, Value); 2] {
    [("propose", proposal(&list_added("To do").0)), ("invite", json!({ "email": member.user.email, "role": "member" }))]
}

/// How many kinds of changes there are, and which one this is. A new change has to be added here, and to
/// [`foreign_changes`].
const N_CHANGES: usize = 17;

const fn kind(change: &Change) -> usize {
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

/// What lies on somebody else's board.
struct Foreign {
    board: BoardId,
    topic: String,
    list: String,
    card: String,
    comment: String,
    owner: Person,
}

/// Every change, with ids of the foreign board where it takes ids; and what it is refused with, or `ok` where the id is
/// a new one, or none at all.
fn foreign_changes(foreign: &Foreign, own_list: &str, own_card: &str) -> Vec<(Value, &'static str)> {
    let Foreign { list, card, comment, owner, .. } = foreign;
    let position = "a0";
    vec![
        (json!({ "type": "board_renamed", "name": "Mine" }), "ok"),
        // What the same id is on another board, this one does not know.
        (json!({ "type": "list_added", "list": { "id": list, "name": "Mine", "position": position } }), "ok"),
        (json!({ "type": "list_archived", "list_id": list }), "ok"),
        (json!({ "type": "list_moved", "list_id": card, "position": position }), "no_such_list"),
        (json!({ "type": "list_renamed", "list_id": card, "name": "Mine" }), "no_such_list"),
        (json!({ "type": "list_restored", "list_id": card }), "no_such_list"),
        (card_added(card, "Mine").0, "no_such_list"),
        (json!({ "type": "card_moved", "card_id": card, "list_id": own_list, "position": position }), "no_such_card"),
        (json!({ "type": "card_moved", "card_id": own_card, "list_id": card, "position": position }), "no_such_list"),
        (json!({ "type": "card_retitled", "card_id": card, "title": "Mine" }), "no_such_card"),
        (json!({ "type": "card_described", "card_id": card, "description": "Mine" }), "no_such_card"),
        (json!({ "type": "card_archived", "card_id": card }), "no_such_card"),
        (json!({ "type": "card_restored", "card_id": card }), "no_such_card"),
        (
            json!({ "type": "comment_added", "card_id": card, "comment": { "id": own_card, "body": "Mine" } }),
            "no_such_card",
        ),
        (json!({ "type": "comment_removed", "card_id": card, "comment_id": comment }), "no_such_card"),
        (json!({ "type": "comment_removed", "card_id": own_card, "comment_id": comment }), "no_such_comment"),
        (json!({ "type": "member_removed", "user_id": owner.user.id }), "no_such_member"),
        (json!({ "type": "list_burnt", "list_id": list }), "unknown_change"),
        // Whoever is made a member is who the server knows them to be.
        (json!({ "type": "member_added", "member": { "user": owner.user, "role": "member" } }), "ok"),
    ]
}

async fn foreign(world: &World) -> Foreign {
    let owner = world.sign_up("Ada").await;
    let board = world.make_board(&owner, "Roof").await;
    let topic = format!("boards:{board}");
    let mut client = world.connect(&owner).await;
    client.join(&topic, json!({})).await;
    let (change, list) = list_added("To do");
    client.propose(&topic, change).await;
    let (change, card) = card_added(&list, "Tiles");
    client.propose(&topic, change).await;
    let comment = uuid::Uuid::now_v7().to_string();
    let said = json!({ "type": "comment_added", "card_id": card, "comment": { "id": comment, "body": "Red ones" } });
    client.propose(&topic, said).await;
    Foreign { board, topic, list, card, comment, owner }
}

async fn own(world: &World, person: &Person) -> (Client, String, String, String) {
    let board = world.make_board(person, "Cellar").await;
    let topic = format!("boards:{board}");
    let mut client = world.connect(person).await;
    client.join(&topic, json!({})).await;
    let (change, list) = list_added("Here");
    client.propose(&topic, change).await;
    let (change, card) = card_added(&list, "Shelf");
    client.propose(&topic, change).await;
    (client, topic, list, card)
}

#[tokio::test]
async fn no_event_reaches_a_board_of_somebody_else() {
    let world = World::start().await;
    let foreign = foreign(&world).await;
    let before = world.snapshot(&foreign.owner, foreign.board).await;
    let mallory = world.sign_up("Mallory").await;
    let (mut client, topic, ..) = own(&world, &mallory).await;

    // The server names the events that it takes: all of them are asked below.
    let refusal = client.push(&topic, "no such event", json!({})).await.1;
    let named = refusal["message"].as_str().unwrap().split_once("it takes ").unwrap().1;
    let named: BTreeSet<&str> = named.split(" and ").flat_map(|names| names.split(", ")).collect();
    let asked: BTreeSet<&str> = events(&mallory).map(|(event, _)| event).into();
    assert_eq!(named, asked, "an event is missing in the table of rights");

    let nowhere = "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11";
    for topic in [foreign.topic.as_str(), nowhere] {
        for payload in [json!({}), json!({ "since": 0 })] {
            let refused = client.push(topic, "phx_join", payload).await;
            assert_eq!(refused, ("error".to_owned(), json!({ "reason": "unauthorized" })));
        }
        for (event, payload) in events(&mallory) {
            let refused = client.push(topic, event, payload).await;
            assert_eq!(refused, ("error".to_owned(), json!({ "reason": "unmatched topic" })), "{event}");
        }
    }
    let others = client.push(&foreign.owner.topic(), "phx_join", json!({})).await;
    assert_eq!(others, ("error".to_owned(), json!({ "reason": "unauthorized" })));
    assert_eq!(world.snapshot(&foreign.owner, foreign.board).await, before);
}

#[tokio::test]
async fn no_change_reaches_what_lies_on_a_board_of_somebody_else() {
    let world = World::start().await;
    let foreign = foreign(&world).await;
    let before = world.snapshot(&foreign.owner, foreign.board).await;
    let mallory = world.sign_up("Mallory").await;
    let (mut client, topic, list, card) = own(&world, &mallory).await;
    let mut kinds = BTreeSet::new();
    for (change, expected) in foreign_changes(&foreign, &list, &card) {
        kinds.insert(kind(&serde_json::from_value(change.clone()).unwrap()));
        let (status, response) = client.push(&topic, "propose", proposal(&change)).await;
        let reason = if status == "ok" { "ok" } else { response["reason"].as_str().unwrap() };
        assert_eq!(reason, expected, "{change}: {response}");
    }
    assert_eq!(kinds, BTreeSet::from_iter(0..N_CHANGES), "a change is missing in the table of rights");
    assert_eq!(world.snapshot(&foreign.owner, foreign.board).await, before);
}

#[tokio::test]
async fn a_member_who_was_removed_is_a_stranger() {
    let world = World::start().await;
    let foreign = foreign(&world).await;
    let mallory = world.sign_up("Mallory").await;
    let mut hers = world.connect(&foreign.owner).await;
    hers.join(&foreign.topic, json!({})).await;
    assert_eq!(hers.push(&foreign.topic, "invite", json!({ "email": mallory.user.email })).await.0, "ok");
    let mut client = world.connect(&mallory).await;
    client.join(&foreign.topic, json!({})).await;
    // Sent in one go, so that some of it arrives before the end of the channel and some behind it.
    let mut refs = Vec::new();
    hers.begin(&foreign.topic, "propose", &proposal(&json!({ "type": "member_removed", "user_id": mallory.user.id })))
        .await;
    for _ in 0..50 {
        for (event, payload) in events(&mallory) {
            refs.push(client.begin(&foreign.topic, event, &payload).await);
        }
    }
    let mut was_refused = false;
    for ref_ in refs {
        let (status, response) = client.answer(&ref_).await;
        let reason = response["reason"].as_str().unwrap_or("");
        let is_stranger = ["unauthorized", "not_a_member", "unmatched topic"].contains(&reason);
        assert!(status == "ok" && !was_refused || is_stranger || reason == "not_an_owner", "{status} {response}");
        was_refused |= is_stranger;
    }
    assert!(was_refused);
    let refused = client.push(&foreign.topic, "phx_join", json!({ "since": 1 })).await;
    assert_eq!(refused, ("error".to_owned(), json!({ "reason": "unauthorized" })));
}
