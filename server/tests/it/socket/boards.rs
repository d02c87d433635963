//! A board's channel: joining, catching up, proposing, inviting, and being removed.

use roost_board::{BoardId, Entry, Seq, Snapshot};
use serde_json::{Value, json};

use super::world::{Client, Person, World, card_added, list_added, proposal};

async fn board() -> (World, Person, BoardId, String) {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    (world, ada, board, format!("boards:{board}"))
}

fn seqs(entries: &Value) -> Vec<u64> {
    entries.as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn joining_brings_the_board_or_what_was_missed() {
    let (world, ada, board, topic) = board().await;
    let mut client = world.connect(&ada).await;
    client.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#)).await;
    let text = client.text().await;
    let json = text.strip_prefix(&format!(r#"["1","1","{topic}","phx_reply",{{"response":"#)).unwrap();
    let json = json.strip_suffix(r#","status":"ok"}]"#).unwrap();
    let snapshot: Snapshot = serde_json::from_str(json).unwrap();
    assert_eq!((snapshot.seq, snapshot.board.id()), (Seq::ZERO, board));
    for number in 1..=3 {
        let (change, _) = list_added(&format!("List {number}"));
        assert_eq!(client.propose(&topic, change).await, number);
    }

    let since = async |since: Value| {
        let mut client = world.connect(&ada).await;
        client.join(&topic, json!({ "since": since })).await
    };
    let answer = since(json!(1)).await;
    assert_eq!((answer["seq"].as_u64(), seqs(&answer["entries"])), (Some(3), vec![2, 3]));
    serde_json::from_value::<Vec<Entry>>(answer["entries"].clone()).unwrap();
    let answer = since(json!(3)).await;
    assert_eq!((answer["seq"].as_u64(), seqs(&answer["entries"])), (Some(3), vec![]));
    // From a server that forgot what came after: the board as it is.
    let answer = since(json!(1_000)).await;
    let whole: Snapshot = serde_json::from_value(answer).unwrap();
    assert_eq!(whole, world.snapshot(&ada, board).await);
    assert_eq!(since(Value::Null).await["board"]["lists"].as_array().unwrap().len(), 3);
}

/// Whoever has the board as a whole knows its last entry, and sees by that entry alone that nothing has changed.
#[tokio::test]
async fn the_last_entry_is_told_with_the_board_and_alone_when_it_is_joined_again() {
    let (world, ada, board, topic) = board().await;
    let mut client = world.connect(&ada).await;
    assert_eq!(client.join(&topic, json!({})).await["last"], Value::Null, "there is none yet");
    for number in 1..=3 {
        client.propose(&topic, list_added(&format!("List {number}")).0).await;
    }
    let mut other = world.connect(&ada).await;
    let whole = other.join(&topic, json!({})).await;
    assert_eq!(whole["last"], json!(world.snapshot(&ada, board).await.last.unwrap()));
    drop(other);
    let mut other = world.connect(&ada).await;
    let again = other.join(&topic, json!({ "since": 2 })).await;
    assert_eq!((again["seq"].as_u64(), seqs(&again["entries"])), (Some(3), vec![3]));
    let Entry { op, at, .. } = serde_json::from_value(again["entries"][0].clone()).unwrap();
    assert_eq!(whole["last"], json!({ "op": op, "at": at }));
    assert!(again.get("board").is_none(), "{again}");
}

#[tokio::test]
async fn a_join_that_is_refused_says_why() {
    let (world, ada, _, topic) = board().await;
    let stranger = world.sign_up("Mallory").await;
    let mut client = world.connect(&stranger).await;
    let foreign_user = ada.topic();
    // A board that is there, one that is not, and what is no id: all the same to a stranger.
    for topic in [
        &topic,
        "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11",
        "boards:1",
        "boards:",
        &topic.to_uppercase().replace("BOARDS", "boards"),
        &foreign_user,
        "users:1",
    ] {
        client.send(&format!(r#"["1","2","{topic}","phx_join",{{"since":"x"}}]"#)).await;
        let response = r#"{"response":{"reason":"unauthorized"},"status":"error"}"#;
        client.expect(&format!(r#"["1","2","{topic}","phx_reply",{response}]"#)).await;
    }
    let mut client = world.connect(&ada).await;
    for payload in [json!({ "since": -1 }), json!({ "since": "1" }), json!(null), json!("since")] {
        let (status, response) = client.push(&topic, "phx_join", payload.clone()).await;
        assert_eq!((status.as_str(), &response["reason"]), ("error", &json!("bad_request")), "{payload}");
        assert!(response["message"].as_str().unwrap().len() > 20);
    }
    client.join(&topic, json!({})).await;
}

#[tokio::test]
async fn a_change_reaches_everyone_and_its_proposer_first_as_an_entry() {
    let (world, ada, _, topic) = board().await;
    let (mut one, mut other) = (world.connect(&ada).await, world.connect_with(&ada, "1.0.0").await);
    one.join(&topic, json!({})).await;
    other.send(&json!({ "topic": topic, "event": "phx_join", "payload": {}, "ref": "1" }).to_string()).await;
    assert_eq!(other.json().await["event"], "phx_reply");
    assert_eq!(other.json().await["event"], "presence_state");
    let (change, _) = list_added("To do");
    let payload = proposal(&change);
    let ref_ = one.begin(&topic, "propose", &payload).await;
    assert_eq!(one.answer(&ref_).await, ("ok".to_owned(), json!({ "seq": 1 })));
    // It was heard before the answer, so nothing has to be waited for.
    let entry = one.events.iter().find(|message| message[3] == "entry").unwrap().clone();
    assert_eq!([&entry[0], &entry[1], &entry[2]], [&Value::Null, &Value::Null, &json!(topic)]);
    assert_eq!([&entry[4]["op"], &entry[4]["change"]], [&payload["op"], &change]);
    assert_eq!([&entry[4]["seq"], &entry[4]["actor"]], [&json!(1), &json!(ada.user.id)]);
    let told = loop {
        let message = other.json().await;
        if message["event"] == "entry" {
            break message;
        }
    };
    assert_eq!(told, json!({ "event": "entry", "payload": entry[4], "ref": null, "topic": topic }));
    // The same proposal again is the same entry.
    assert_eq!(one.push(&topic, "propose", payload).await, ("ok".to_owned(), json!({ "seq": 1 })));
}

#[tokio::test]
async fn what_is_sent_at_once_is_made_and_answered_in_order() {
    let (world, ada, board, topic) = board().await;
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    let (list, list_id) = list_added("To do");
    let mut refs = vec![client.begin(&topic, "propose", &proposal(&list)).await];
    // Each of these needs the list, and every fifth is refused.
    for number in 1..100 {
        let title = if number % 5 == 0 { " ".to_owned() } else { format!("Card {number}") };
        let (card, _) = card_added(&list_id, &title);
        refs.push(client.begin(&topic, "propose", &proposal(&card)).await);
    }
    let mut expected_seq = 0;
    for (number, ref_) in refs.iter().enumerate() {
        // An answer out of order would be among the events that were passed over.
        let (status, response) = client.answer(ref_).await;
        assert!(client.events.iter().all(|message| message[3] != "phx_reply"), "{number}");
        if number > 0 && number % 5 == 0 {
            assert_eq!((status.as_str(), &response["reason"]), ("error", &json!("blank")));
        } else {
            expected_seq += 1;
            assert_eq!((status.as_str(), response), ("ok", json!({ "seq": expected_seq })));
        }
    }
    assert_eq!(world.snapshot(&ada, board).await.seq, Seq(expected_seq));
    // A leave behind pushes waits for their answers.
    let (card, _) = card_added(&list_id, "The last");
    let push = client.begin(&topic, "propose", &proposal(&card)).await;
    let leave = client.begin(&topic, "phx_leave", &json!({})).await;
    assert_eq!(client.answer(&push).await.0, "ok");
    assert_eq!(client.answer(&leave).await.0, "ok");
    assert_eq!(client.event("phx_close").await[2], json!(topic));
}

#[tokio::test]
async fn a_push_that_is_refused_names_what_was_wrong() {
    let (world, ada, _, topic) = board().await;
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    let (list, list_id) = list_added("To do");
    let op = proposal(&list)["op"].clone();
    for (event, payload, reason, named) in [
        ("propose", json!({}), "bad_request", "`op`"),
        ("propose", json!({ "op": op }), "bad_request", "`change`"),
        ("propose", json!({ "op": "1", "change": list }), "bad_request", "not an id"),
        ("propose", json!({ "op": op, "change": { "type": "list_burnt" } }), "unknown_change", "`list_burnt`"),
        ("propose", json!({ "op": op, "change": { "type": "list_renamed" } }), "bad_request", "`list_id`"),
        ("propose", json!({ "op": op, "change": { "name": "To do" } }), "bad_request", "`type`"),
        ("propose", json!({ "op": 7, "change": list }), "bad_request", "op: invalid type"),
        ("propose", json!({ "op": op, "change": 7 }), "bad_request", "change: invalid type"),
        ("propose", json!({ "op": op, "change": 7 }), "bad_request", "expected an object"),
        ("propose", json!(null), "bad_request", "null, expected an object"),
        ("propose", json!("a change"), "bad_request", "string"),
        ("propose", json!({ "op": op, "change": card_added(&list_id, "x").0 }), "no_such_list", &list_id),
        ("propose", json!({ "op": op, "change": list_added("\u{200B} ").0 }), "blank", "the list's name"),
        ("propose", json!({ "op": op, "change": list_added(&"x".repeat(101)).0 }), "too_long", "100"),
        ("invite", json!({}), "bad_request", "`email`"),
        ("invite", json!({ "email": "bob@roost.example", "role": "king" }), "bad_request", "`king`"),
        ("invite", json!({ "email": "bob@roost.example" }), "no_such_user", "sign up"),
        ("dance", json!({}), "unknown_event", "propose and invite"),
        ("phx_close", json!({}), "unknown_event", "propose and invite"),
        ("phx_reply", json!({}), "unknown_event", "propose and invite"),
    ] {
        let (status, response) = client.push(&topic, event, payload.clone()).await;
        assert_eq!((status.as_str(), &response["reason"]), ("error", &json!(reason)), "{event} {payload}: {response}");
        let message = response["message"].as_str().unwrap();
        assert!(message.contains(named), "{event} {payload}: {message}");
    }
    assert_eq!(client.propose(&topic, list).await, 1);
}

async fn next_event(client: &mut Client, topic: &str) -> (String, Value) {
    loop {
        let message = client.json().await;
        let is_presence = message[3].as_str().unwrap().starts_with("presence");
        if message[2] == topic && !is_presence {
            return (message[3].as_str().unwrap().to_owned(), message[4].clone());
        }
    }
}

#[tokio::test]
async fn a_member_comes_and_is_removed() {
    let (world, ada, board, topic) = board().await;
    let bob = world.sign_up("Bob").await;
    let (mut hers, mut his) = (world.connect(&ada).await, world.connect(&bob).await);
    hers.join(&topic, json!({})).await;
    his.join(&bob.topic(), json!({})).await;
    let invitation = json!({ "email": " BOB@roost.example " });
    assert_eq!(hers.push(&topic, "invite", invitation.clone()).await, ("ok".to_owned(), json!({ "seq": 1 })));
    let added = his.event("board_added").await;
    assert_eq!([&added[2], &added[4]["board"]["id"]], [&json!(bob.topic()), &json!(board)]);
    assert_eq!(hers.push(&topic, "invite", invitation).await.1["reason"], "already_a_member");

    his.join(&topic, json!({})).await;
    let removed = json!({ "type": "member_removed", "user_id": bob.user.id });
    // A member cannot remove the owner.
    let coup = json!({ "type": "member_removed", "user_id": ada.user.id });
    assert_eq!(his.push(&topic, "propose", proposal(&coup)).await.1["reason"], "not_an_owner");
    hers.propose(&topic, removed.clone()).await;
    let (event, entry) = next_event(&mut his, &topic).await;
    assert_eq!((event.as_str(), &entry["change"]), ("entry", &removed));
    his.expect_after_presence(&format!(r#"["1","1","{topic}","phx_close",{{}}]"#)).await;
    assert_eq!(his.events.iter().filter(|message| message[3] == "board_removed").count(), 1);
    // Gone is gone: no more entries, no pushes, no way back in.
    hers.propose(&topic, list_added("Secrets").0).await;
    assert_eq!(his.push(&topic, "propose", proposal(&removed)).await.1, json!({ "reason": "unmatched topic" }));
    assert_eq!(his.push(&topic, "phx_join", json!({})).await.1, json!({ "reason": "unauthorized" }));
    assert!(his.events.iter().all(|message| message[3] != "entry"), "{:?}", his.events);
}

/// Somebody joins again and again while somebody else proposes: whatever the join answers, exactly what it does not
/// contain follows.
#[tokio::test]
async fn nothing_is_missed_or_told_twice_between_the_answer_to_a_join_and_the_entries_after_it() {
    const ENTRIES: u64 = 300;
    let (world, ada, _, topic) = board().await;
    let (mut proposer, mut joiner) = (world.connect(&ada).await, world.connect(&ada).await);
    proposer.join(&topic, json!({})).await;
    let proposing = async {
        let mut refs = Vec::new();
        for number in 0..ENTRIES {
            let change = json!({ "type": "board_renamed", "name": format!("Roof {number}") });
            refs.push(proposer.begin(&topic, "propose", &proposal(&change)).await);
            if refs.len() == 10 {
                for ref_ in refs.drain(..) {
                    assert_eq!(proposer.answer(&ref_).await.0, "ok");
                }
            }
        }
    };
    let joining = async {
        let mut known = 0;
        let mut joins = 0;
        while known < ENTRIES {
            joins += 1;
            let payload = if joins % 2 == 0 { json!({}) } else { json!({ "since": known }) };
            let join_ref = format!("j{joins}");
            joiner.send(&json!([join_ref, join_ref, topic, "phx_join", payload]).to_string()).await;
            // Until the answer, what the previous join is told.
            let answer = loop {
                let message = joiner.json().await;
                match message[3].as_str().unwrap() {
                    "entry" => known = next_seq(&message, known),
                    "phx_reply" if message[1] == join_ref.as_str() => break message[4]["response"].clone(),
                    _ => {}
                }
            };
            if let Some(entries) = answer.get("entries").filter(|_| joins % 2 == 1) {
                // It was asked for before the entries that came in the meantime.
                let seqs = seqs(entries);
                assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
            }
            known = answer["seq"].as_u64().unwrap();
            // A few entries of this join, then the next.
            for _ in 0..3 {
                if known >= ENTRIES {
                    break;
                }
                let message = joiner.event("entry").await;
                known = next_seq(&message, known);
            }
            joiner.events.clear();
        }
        joins
    };
    let ((), joins) = tokio::join!(proposing, joining);
    assert!(joins > 10, "{joins} joins are too few to prove anything");
}

fn next_seq(message: &Value, known: u64) -> u64 {
    let seq = message[4]["seq"].as_u64().unwrap();
    assert_eq!(seq, known + 1, "a gap, or an entry told twice");
    seq
}
