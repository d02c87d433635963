//! Pushes, leaves, heartbeats and ends of channels: how each is answered, byte for byte.
//!
//! Phoenix's rows for what an application decides have no counterpart here: every push is answered (there is no
//! `noreply`), with `ok` or `error`, and every broadcast goes to the sender too (there is no `broadcast_from`).

use serde_json::json;

use super::table::{Row, check, steady};
use super::world::{Client, Person, World, list_added, proposal};

async fn joined() -> (World, Person, Client) {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    let join: Row<'_> =
        (r#"["1","1","$T","phx_join",{}]"#, &[r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#]);
    check(&mut client, &[("$T", &topic)], &[join]).await;
    (world, ada, client)
}

/// What a topic answers that takes no events.
const UNKNOWN: &str = r#"{"response":{"reason":"unknown_event","message":"this topic takes no events; it only tells of what is new"},"status":"error"}"#;

#[tokio::test]
async fn heartbeats() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    check(
        &mut client,
        &[],
        &[
            (
                r#"[null,"1","phoenix","heartbeat",{}]"#,
                &[r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
            ),
            // The join_ref of the answer is null whatever it was.
            (
                r#"["7",2,"phoenix","heartbeat",{"a":1}]"#,
                &[r#"[null,2,"phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
            ),
            // A sixth element and spaces are passed over.
            (
                " [ null ,\tnull ,\r\n\"phoenix\" , \"heartbeat\" , [] , \"a sixth\" ] ",
                &[r#"[null,null,"phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
            ),
            // Strings are what they say, however they are written.
            (
                r#"[null,"\u0033","\u0070hoenix","heart\u0062eat",{}]"#,
                &[r#"[null,"3","phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn events_that_a_topic_does_not_know() {
    // Phoenix's channel crashes (phx_error, and the channel is gone); here it answers and lives on.
    let (_world, ada, mut client) = joined().await;
    let topic = ada.topic();
    let (own, null_ref) =
        (format!(r#"["1","2","$T","phx_reply",{UNKNOWN}]"#), format!(r#"["1",null,"$T","phx_reply",{UNKNOWN}]"#));
    let names = [("$T", topic.as_str())];
    for event in [
        r#""dance""#,
        r#""phx_close""#,
        r#""phx_error""#,
        r#""phx_reply""#,
        r#""""#,
        r#""\u0000""#,
        "7",
        "null",
        r#"{"a":1}"#,
        "[]",
    ] {
        for payload in ["{}", "null", r#""text""#, "[1,2]", "7"] {
            let names = [("$T", topic.as_str()), ("$E", event), ("$P", payload)];
            check(&mut client, &names, &[(r#"["1","2","$T",$E,$P]"#, &[&own])]).await;
        }
    }
    // A push may have no ref; the answer has none either.
    check(&mut client, &names, &[(r#"["1",null,"$T","dance",{}]"#, &[&null_ref])]).await;
    // The answer carries the join_ref of the channel, not the push's.
    check(&mut client, &names, &[(r#"[null,"2","$T","dance",{}]"#, &[&own])]).await;
}

#[tokio::test]
async fn messages_of_an_earlier_join() {
    // Phoenix 1.7.24 did not look at the join_ref of a push; current Phoenix drops one that is not the channel's.
    let (_world, ada, mut client) = joined().await;
    let topic = ada.topic();
    let answer = format!(r#"["2","9","$T","phx_reply",{UNKNOWN}]"#);
    check(
        &mut client,
        &[("$T", &topic)],
        &[
            (
                r#"["2","2","$T","phx_join",{}]"#,
                &[r#"["2","2","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["1","1","$T","phx_close",{}]"#],
            ),
            (r#"["1","3","$T","dance",{}]"#, &[]),
            (r#"["0","4","$T","dance",{}]"#, &[]),
            (r#"[2,"5","$T","dance",{}]"#, &[]),
            (r#"["","6","$T","dance",{}]"#, &[]),
            // A leave has to name the join: an old one, or none, is not answered.
            (r#"["1","7","$T","phx_leave",{}]"#, &[]),
            (r#"[null,"8","$T","phx_leave",{}]"#, &[]),
            (r#"["2","9","$T","dance",{}]"#, &[&answer]),
            (
                r#"["2","10","$T","phx_leave",{}]"#,
                &[r#"["2","10","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["2","2","$T","phx_close",{}]"#],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn joins_without_a_join_ref() {
    // The join's own ref takes its place inside, and null stays null in what the join itself is answered.
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    let (of_null, of_five) =
        (format!(r#"["5","6","$T","phx_reply",{UNKNOWN}]"#), format!(r#"["5","7","$T","phx_reply",{UNKNOWN}]"#));
    check(
        &mut client,
        &[("$T", &topic)],
        &[
            (r#"[null,"5","$T","phx_join",{}]"#, &[r#"[null,"5","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
            (r#"[null,"6","$T","dance",{}]"#, &[&of_null]),
            (r#"["5","7","$T","dance",{}]"#, &[&of_five]),
            (
                r#"[null,"9","$T","phx_leave",{}]"#,
                &[r#"[null,"9","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"[null,null,"$T","phx_close",{}]"#],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn topics_that_are_not_joined() {
    let (_world, ada, mut client) = joined().await;
    let topic = ada.topic();
    let unmatched = r#"{"response":{"reason":"unmatched topic"},"status":"error"}"#;
    let (own, elsewhere) = (
        format!(r#"[null,"5","$T","phx_reply",{unmatched}]"#),
        format!(r#"[null,"6","nowhere","phx_reply",{unmatched}]"#),
    );
    check(
        &mut client,
        &[("$T", &topic)],
        &[
            (
                r#"["1","2","$T","phx_leave",{}]"#,
                &[r#"["1","2","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["1","1","$T","phx_close",{}]"#],
            ),
            // Once more: there is nothing to leave, which is no error, and nothing ends.
            (r#"["1","3","$T","phx_leave",{}]"#, &[r#"["1","3","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
            (
                r#"["1","4","nowhere","phx_leave",{}]"#,
                &[r#"["1","4","nowhere","phx_reply",{"response":{},"status":"ok"}]"#],
            ),
            (r#"["1","5","$T","dance",{}]"#, &[&own]),
            (r#"["1","6","nowhere","propose",{}]"#, &[&elsewhere]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_board_answers_and_tells() {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let (mut hers, mut his) = (world.connect(&ada).await, world.connect(&bob).await);
    hers.join(&topic, json!({})).await;
    let state = steady(&hers.text().await);
    let id = ada.user.id;
    // To one socket: with the join_ref, without a ref.
    assert_eq!(
        state,
        format!(
            r#"["1",null,"{topic}","presence_state",{{"{id}":{{"metas":[{{"phx_ref":"…","name":"Ada Example","online_at":"…"}}]}}}}]"#
        )
    );
    let (change, op) = (list_added("To do").0.to_string(), "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11");
    // As the server writes it: in the order in which the change's fields are documented.
    let list: serde_json::Value = serde_json::from_str(&change).unwrap();
    let written =
        format!(r#"{{"type":"list_added","list":{{"id":{},"name":"To do","position":"a0"}}}}"#, list["list"]["id"]);
    let entry = format!(r#"{{"seq":1,"op":"{op}","actor":"{id}","at":"…","change":{written}}}"#);
    let (actor, names_of_board) = (id.to_string(), topic.as_str());
    let names = [("$B", names_of_board), ("$A", &actor), ("$O", op), ("$C", &change), ("$N", &entry)];
    check(
        &mut hers,
        &names,
        &[
            // A broadcast has neither a join_ref nor a ref, goes to the sender too, and comes before the answer.
            (
                r#"["1","2","$B","propose",{"op":"$O","change":$C}]"#,
                &[r#"[null,null,"$B","entry",$N]"#, r#"["1","2","$B","phx_reply",{"response":{"seq":1},"status":"ok"}]"#],
            ),
            // Sent again it is answered the same, and nothing is told.
            (
                r#"["1",3,"$B","propose",{"op":"$O","change":$C}]"#,
                &[r#"["1",3,"$B","phx_reply",{"response":{"seq":1},"status":"ok"}]"#],
            ),
            // Of equal keys the first counts.
            (
                r#"["1","4","$B","propose",{"op":"$O","op":7,"change":$C,"change":null}]"#,
                &[r#"["1","4","$B","phx_reply",{"response":{"seq":1},"status":"ok"}]"#],
            ),
            // Without a ref it is made all the same.
            (
                r#"["1",null,"$B","propose",{"op":"$O","change":$C}]"#,
                &[r#"["1",null,"$B","phx_reply",{"response":{"seq":1},"status":"ok"}]"#],
            ),
            (
                r#"["1","5","$B","propose",{"op":"$A","change":{"type":"board_renamed","name":" "}}]"#,
                &[r#"["1","5","$B","phx_reply",{"response":{"reason":"blank","message":"the board's name cannot be blank"},"status":"error"}]"#],
            ),
            (
                r#"["1","6","$B","propose",[]]"#,
                &[r#"["1","6","$B","phx_reply",{"response":{"reason":"bad_request","message":"the payload is not what this event takes: invalid length 0, expected an object"},"status":"error"}]"#],
            ),
            (
                r#"["1","7","$B","dance",{}]"#,
                &[r#"["1","7","$B","phx_reply",{"response":{"reason":"unknown_event","message":"this topic has no such event; it takes propose and invite"},"status":"error"}]"#],
            ),
        ],
    )
    .await;

    // Who may no longer be there is told by the end of the channel; the socket and its other channels live on.
    assert_eq!(hers.push(&topic, "invite", json!({ "email": bob.user.email })).await.0, "ok");
    his.join(&topic, json!({})).await;
    his.begin(&bob.topic(), "phx_join", &json!({})).await;
    hers.propose(&topic, json!({ "type": "member_removed", "user_id": bob.user.id })).await;
    assert_eq!(his.event("entry").await[4]["change"]["type"], "member_removed");
    his.expect_after_presence(&format!(r#"["1","1","{topic}","phx_close",{{}}]"#)).await;
    let (own, unmatched) = (bob.topic(), r#"{"response":{"reason":"unmatched topic"},"status":"error"}"#);
    let (gone, lives) =
        (format!(r#"[null,"8","$B","phx_reply",{unmatched}]"#), format!(r#"["1","9","$T","phx_reply",{UNKNOWN}]"#));
    his.event("board_removed").await;
    check(
        &mut his,
        &[("$B", &topic), ("$T", &own)],
        &[(r#"["1","8","$B","propose",{}]"#, &[&gone]), (r#"["1","9","$T","dance",{}]"#, &[&lives])],
    )
    .await;
}

/// A push that waits for the disk, and a join behind it, hold up neither the other channels nor heartbeats.
#[tokio::test]
async fn what_is_slow_is_slow_alone() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let mut client = world.connect(&ada).await;
    client.join(&board, json!({})).await;
    let occupied = world.occupy_database();
    let push = client.begin(&board, "propose", &proposal(&list_added("To do").0)).await;
    client.send(&format!(r#"["2","2","{board}","phx_join",{{}}]"#)).await;
    // Phoenix would answer these after the join.
    client.send(r#"[null,"3","phoenix","heartbeat",{}]"#).await;
    client.send(&format!(r#"["4","4","{}","phx_join",{{}}]"#, ada.topic())).await;
    for ref_ in ["3", "4"] {
        let answer = client.event("phx_reply").await;
        assert_eq!((&answer[1], &answer[4]["status"]), (&json!(ref_), &json!("ok")));
    }
    drop(occupied);
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(client.event("phx_reply").await[1].clone());
    }
    assert_eq!(answers, [json!(push), json!("2")]);
    assert_eq!(client.event("phx_close").await[0], json!("1"));
}

#[tokio::test]
async fn frames_sent_in_one_go_are_answered_as_if_one_by_one() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    for frame in [
        r#"["1","1","$T","phx_join",{}]"#,
        r#"["1","2","$T","phx_leave",{}]"#,
        r#"["1","3","$T","dance",{}]"#,
        r#"["4","4","$T","phx_join",{}]"#,
        r#"["5","5","$T","phx_join",{}]"#,
    ] {
        client.send(&frame.replace("$T", &topic)).await;
    }
    let last: Row<'_> = (
        r#"["5","6","$T","phx_leave",{}]"#,
        &[
            r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#,
            r#"["1","2","$T","phx_reply",{"response":{},"status":"ok"}]"#,
            r#"["1","1","$T","phx_close",{}]"#,
            r#"[null,"3","$T","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#,
            r#"["4","4","$T","phx_reply",{"response":{},"status":"ok"}]"#,
            r#"["5","5","$T","phx_reply",{"response":{},"status":"ok"}]"#,
            r#"["4","4","$T","phx_close",{}]"#,
            r#"["5","6","$T","phx_reply",{"response":{},"status":"ok"}]"#,
            r#"["5","5","$T","phx_close",{}]"#,
        ],
    );
    check(&mut client, &[("$T", &topic)], &[last]).await;
}
