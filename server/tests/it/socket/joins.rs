//! Joins: how each is answered, byte for byte.
//!
//! Phoenix's `{"reason":"join crashed"}` has no row: no join of Roost's crashes, and one that cannot read its board is
//! answered `unavailable`.

use super::table::check;
use super::world::World;

/// The answers that end in the same way.
macro_rules! unmatched {
    ($ref_:literal, $topic:literal) => {
        concat!(
            "[null,",
            $ref_,
            ",",
            $topic,
            r#","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#
        )
    };
}

#[tokio::test]
async fn joins_are_answered() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    check(
        &mut client,
        &[("$T", &topic)],
        &[
            (r#"["1","1","$T","phx_join",{}]"#, &[r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
            // A second join of the topic: the answer first, then the end of the first join, by its own join_ref.
            (
                r#"["2","9","$T","phx_join",{}]"#,
                &[r#"["2","9","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["1","1","$T","phx_close",{}]"#],
            ),
            // The same join_ref again is a second join all the same.
            (
                r#"["2","10","$T","phx_join",{}]"#,
                &[r#"["2","10","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["2","2","$T","phx_close",{}]"#],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn refs_are_echoed_with_their_type() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let topic = ada.topic();
    for (join_ref, ref_) in [
        ("null", r#""1""#),
        ("null", "null"),
        (r#""1""#, "null"),
        ("1", "2"),
        ("-1", "-99999999999999999999999999999999999999999"),
        ("123456789012345678901234567890", "1.50"),
        (r#"{"a":[1,null]}"#, "[true,false]"),
        (r#""""#, r#""\u0000\"\\é💡""#),
        ("true", r#"{"ref":"1","ref":"2"}"#),
    ] {
        let mut client = world.connect(&ada).await;
        let names = [("$T", topic.as_str()), ("$J", join_ref), ("$R", ref_)];
        check(
            &mut client,
            &names,
            &[
                (r#"[$J,$R,"$T","phx_join",{}]"#, &[r#"[$J,$R,"$T","phx_reply",{"response":{},"status":"ok"}]"#]),
                (
                    r#"[$J,$R,"$T","phx_leave",{}]"#,
                    &[r#"[$J,$R,"$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"[$J,$J,"$T","phx_close",{}]"#],
                ),
                (r#"[$J,$R,"$T","phx_leave",{}]"#, &[r#"[$J,$R,"$T","phx_reply",{"response":{},"status":"ok"}]"#]),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn topics_that_match_no_channel() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    // The join_ref of the answer is null whatever the join's was.
    check(
        &mut client,
        &[],
        &[
            (r#"["1","1","nowhere:1","phx_join",{}]"#, &[unmatched!(r#""1""#, r#""nowhere:1""#)]),
            (r#"["1","2","users","phx_join",{}]"#, &[unmatched!(r#""2""#, r#""users""#)]),
            (r#"["1","3","","phx_join",{}]"#, &[unmatched!(r#""3""#, r#""""#)]),
            (r#"["1",4,null,"phx_join",{}]"#, &[unmatched!("4", "null")]),
            (r#"["1","5",42,"phx_join",{}]"#, &[unmatched!(r#""5""#, "42")]),
            (r#"["1","6",{"a":[]},"phx_leave",{}]"#, &[unmatched!(r#""6""#, r#"{"a":[]}"#)]),
            (r#"["1","7",null,"heartbeat",{}]"#, &[unmatched!(r#""7""#, "null")]),
            (r#"["1","8","phoenix","phx_join",{}]"#, &[unmatched!(r#""8""#, r#""phoenix""#)]),
            (r#"["1","9","phoenix","phx_leave",{}]"#, &[unmatched!(r#""9""#, r#""phoenix""#)]),
            (r#"["1","10","phoenix","dance",{}]"#, &[unmatched!(r#""10""#, r#""phoenix""#)]),
            (r#"["1","11","Phoenix","heartbeat",{}]"#, &[unmatched!(r#""11""#, r#""Phoenix""#)]),
            (r#"["1","12","phoenix\u0000","heartbeat",{}]"#, &[unmatched!(r#""12""#, r#""phoenix\u0000""#)]),
        ],
    )
    .await;
}

#[tokio::test]
async fn joins_are_refused() {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let board = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let mut client = world.connect(&bob).await;
    let (hers, upper) = (ada.topic(), board.to_uppercase().replace("BOARDS", "boards"));
    // There or not, and whatever the payload is: whoever may not be there learns nothing.
    for topic in
        [&hers, &board, &upper, "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11", "boards:1", "boards:", "users:1"]
    {
        for payload in ["{}", r#"{"since":1}"#, r#"{"since":"x"}"#, "null", r#""text""#, "[]", "7"] {
            let names = [("$T", topic), ("$P", payload)];
            let refused = r#"["1","2","$T","phx_reply",{"response":{"reason":"unauthorized"},"status":"error"}]"#;
            check(&mut client, &names, &[(r#"["1","2","$T","phx_join",$P]"#, &[refused])]).await;
        }
    }
    // The socket and its other channels live on.
    let topic = bob.topic();
    let row = (r#"["1","3","$T","phx_join",{}]"#, &[r#"["1","3","$T","phx_reply",{"response":{},"status":"ok"}]"#][..]);
    check(&mut client, &[("$T", &topic)], &[row]).await;
}

/// The channel is asked, not the socket: one takes any payload, the other says what it needs.
#[tokio::test]
async fn payloads_of_any_type_reach_the_channel() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let (topic, board) = (ada.topic(), format!("boards:{}", world.make_board(&ada, "Roof").await));
    let mut client = world.connect(&ada).await;
    for payload in [r#""text""#, "null", "[1]", "7", "true", r#"{"a":{"a":[]}}"#] {
        check(
            &mut client,
            &[("$T", topic.as_str()), ("$P", payload)],
            &[
                (r#"["1","1","$T","phx_join",$P]"#, &[r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
                (
                    r#"["1","1","$T","phx_leave",$P]"#,
                    &[
                        r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#,
                        r#"["1","1","$T","phx_close",{}]"#,
                    ],
                ),
            ],
        )
        .await;
    }
    for (payload, problem) in [
        (r#""text""#, r#"invalid type: string \"text\", expected an object"#),
        ("null", "invalid type: null, expected an object"),
        ("7", "invalid type: integer `7`, expected an object"),
        (r#"{"since":-1}"#, "since: invalid value: integer `-1`, expected u64"),
        (r#"{"since":1.5}"#, "since: invalid type: floating point `1.5`, expected u64"),
        (r#"{"since":"1"}"#, r#"since: invalid type: string \"1\", expected u64"#),
        (
            r#"{"since":18446744073709551616}"#,
            "since: invalid type: floating point `1.8446744073709552e+19`, expected u64",
        ),
    ] {
        let refused = format!(
            r#"["1","1","$B","phx_reply",{{"response":{{"reason":"bad_request","message":"the payload is not what this event takes: {problem}"}},"status":"error"}}]"#
        );
        let names = [("$B", board.as_str()), ("$P", payload)];
        check(&mut client, &names, &[(r#"["1","1","$B","phx_join",$P]"#, &[refused.as_str()])]).await;
    }
}

#[tokio::test]
async fn one_topic_too_many() {
    let world = World::start_with(|config| config.limits.channels_per_socket = 2).await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let (own, one, other) = (ada.topic(), world.make_board(&ada, "Roof").await, world.make_board(&ada, "Cellar").await);
    client.join(&own, serde_json::json!({})).await;
    client.join(&format!("boards:{one}"), serde_json::json!({})).await;
    assert_eq!(client.json().await[3], "presence_state");
    let other = format!("boards:{other}");
    check(
        &mut client,
        &[("$T", &own), ("$B", &other)],
        &[
            (
                r#"["3","4","$B","phx_join",{}]"#,
                &[r#"["3","4","$B","phx_reply",{"response":{"limit":"channels_per_socket","reason":"too many channels joined"},"status":"error"}]"#],
            ),
            // A topic that is joined already is no other one.
            (
                r#"["5","5","$T","phx_join",{}]"#,
                &[r#"["5","5","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["1","1","$T","phx_close",{}]"#],
            ),
            // A place that is left is free.
            (
                r#"["5","6","$T","phx_leave",{}]"#,
                &[r#"["5","6","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["5","5","$T","phx_close",{}]"#],
            ),
        ],
    )
    .await;
    client.join(&other, serde_json::json!({})).await;
}
