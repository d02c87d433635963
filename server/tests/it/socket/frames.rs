//! How frames are answered, byte for byte.

use tokio_tungstenite::tungstenite::Message;

use super::world::{Client, World};

/// Sends each frame and expects exactly its answers; `T` stands for the caller's own topic.
async fn check(client: &mut Client, topic: &str, rows: &[(&str, &[&str])]) {
    for (frame, answers) in rows {
        client.send(&frame.replace("$T", topic)).await;
        for answer in *answers {
            assert_eq!(client.text().await, answer.replace("$T", topic), "the answer to {frame}");
        }
    }
    client.expect_silence().await;
}

#[tokio::test]
async fn heartbeats_and_unmatched_topics() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let rows: &[(&str, &[&str])] = &[
        (
            r#"[null,"1","phoenix","heartbeat",{}]"#,
            &[r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
        ),
        (
            r#"["7",2,"phoenix","heartbeat",{"a":1}]"#,
            &[r#"[null,2,"phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
        ),
        (
            " [ null , null , \"phoenix\" , \"heartbeat\" , [] , \"a sixth\" ] ",
            &[r#"[null,null,"phoenix","phx_reply",{"response":{},"status":"ok"}]"#],
        ),
        (
            r#"["1","3","phoenix","phx_join",{}]"#,
            &[r#"[null,"3","phoenix","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (
            r#"["1","4","nowhere:1","phx_join",{}]"#,
            &[r#"[null,"4","nowhere:1","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (
            r#"["1","5","","phx_join",{}]"#,
            &[r#"[null,"5","","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (
            r#"["1","6",null,"phx_join",{}]"#,
            &[r#"[null,"6",null,"phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (
            r#"["1","7",42,"phx_join",{}]"#,
            &[r#"[null,"7",42,"phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (
            r#"["1","8","$T","propose",{}]"#,
            &[r#"[null,"8","$T","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#],
        ),
        (r#"["1","9","$T","phx_leave",{}]"#, &[r#"["1","9","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
    ];
    check(&mut client, &ada.topic(), rows).await;
}

#[tokio::test]
async fn joins_leaves_and_refs() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let unknown = r#"{"response":{"reason":"unknown_event","message":"this topic takes no events; it only tells of what is new"},"status":"error"}"#;
    let answers = |refs: &str| format!(r#"[{refs},"$T","phx_reply",{unknown}]"#);
    let (own, null_ref) = (answers(r#""1","2""#), answers(r#""1",null"#));
    let (of_null, of_five, by_own) = (answers(r#""5","6""#), answers(r#""5","7""#), answers(r#""5","8""#));
    let rows: &[(&str, &[&str])] = &[
        (r#"["1","1","$T","phx_join",{}]"#, &[r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#]),
        (r#"["1","2","$T","dance",{}]"#, &[&own]),
        // Null is accepted for the join's ref, and an earlier join's is not.
        (r#"[null,null,"$T","dance",{}]"#, &[&null_ref]),
        (r#"["0","3","$T","dance",{}]"#, &[]),
        (r#"["0","3","$T","phx_leave",{}]"#, &[]),
        (r#"[null,"3","$T","phx_leave",{}]"#, &[]),
        // A second join takes the place of the first.
        (
            r#"["2","4","$T","phx_join",{}]"#,
            &[r#"["2","4","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["1","1","$T","phx_close",{}]"#],
        ),
        (r#"["1","3","$T","dance",{}]"#, &[]),
        (
            r#"["2","5","$T","phx_leave",{}]"#,
            &[r#"["2","5","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"["2","2","$T","phx_close",{}]"#],
        ),
        // A join without a ref of its own goes by the message's.
        (
            r#"[null,"5","$T","phx_join","any payload"]"#,
            &[r#"[null,"5","$T","phx_reply",{"response":{},"status":"ok"}]"#],
        ),
        (r#"[null,"6","$T","dance",{}]"#, &[&of_null]),
        (r#"["5","7","$T","dance",7]"#, &[&of_five]),
        (r#"["5","8","$T",{"no":"name"},null]"#, &[&by_own]),
        (
            r#"[null,"9","$T","phx_leave",{}]"#,
            &[r#"[null,"9","$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"[null,null,"$T","phx_close",{}]"#],
        ),
        // Integers stay integers.
        (r#"[3,10,"$T","phx_join",{}]"#, &[r#"[3,10,"$T","phx_reply",{"response":{},"status":"ok"}]"#]),
        (
            r#"[3,11,"$T","phx_leave",{}]"#,
            &[r#"[3,11,"$T","phx_reply",{"response":{},"status":"ok"}]"#, r#"[3,3,"$T","phx_close",{}]"#],
        ),
    ];
    check(&mut client, &ada.topic(), rows).await;
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
    let rows: &[(&str, &[&str])] = &[(
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
    )];
    check(&mut client, &topic, rows).await;
}

#[tokio::test]
async fn version_1_speaks_in_objects() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let topic = ada.topic();
    let mut client = world.connect_with(&ada, "1.0.0").await;
    for (frame, answers) in [
        (
            r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#,
            &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"phoenix"}"#][..],
        ),
        (
            r#"{"topic":"$T","event":"phx_join","payload":{},"ref":"2","join_ref":"2"}"#,
            &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"2","topic":"$T"}"#],
        ),
        (
            r#"{"topic":"$T","event":"phx_leave","payload":{},"ref":"3","join_ref":"2"}"#,
            &[
                r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"3","topic":"$T"}"#,
                r#"{"event":"phx_close","payload":{},"ref":"2","topic":"$T"}"#,
            ],
        ),
        // The first clients of this version knew no join_ref.
        (
            r#"{"topic":"$T","event":"phx_join","payload":{},"ref":"4"}"#,
            &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"4","topic":"$T"}"#],
        ),
        (
            r#"{"topic":"$T","event":"phx_leave","payload":{},"ref":"5"}"#,
            &[
                r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"5","topic":"$T"}"#,
                r#"{"event":"phx_close","payload":{},"ref":null,"topic":"$T"}"#,
            ],
        ),
        (
            r#"{"topic":"nowhere","event":"phx_join","payload":{},"ref":"6"}"#,
            &[
                r#"{"event":"phx_reply","payload":{"response":{"reason":"unmatched topic"},"status":"error"},"ref":"6","topic":"nowhere"}"#,
            ],
        ),
    ] {
        client.send(&frame.replace("$T", &topic)).await;
        for answer in answers {
            assert_eq!(client.text().await, answer.replace("$T", &topic), "the answer to {frame}");
        }
    }
}

#[tokio::test]
async fn binary_messages_are_answered_in_text() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    for (refs, topic, event, answer) in [
        (["", "1"], "phoenix", "heartbeat", r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#),
        (["2", "2"], &topic, "phx_join", r#"["2","2","$T","phx_reply",{"response":{},"status":"ok"}]"#),
    ] {
        let parts = [refs[0], refs[1], topic, event];
        let lengths = parts.iter().map(|part| u8::try_from(part.len()).unwrap());
        let mut frame: Vec<u8> = std::iter::once(0).chain(lengths).collect();
        frame.extend(parts.concat().bytes());
        frame.extend(b"{}");
        client.send_message(Message::binary(frame)).await;
        assert_eq!(client.text().await, answer.replace("$T", topic));
    }
}

#[tokio::test]
async fn pings_are_answered_between_the_fragments_of_a_message() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let mut client = world.connect(&ada).await;
    let text = br#"[null,"1","phoenix","heartbeat",{}]"#;
    client.send_raw(&super::raw_frame(0x01, &text[..10])).await;
    client.send_raw(&super::raw_frame(0x89, b"hello")).await;
    client.send_raw(&super::raw_frame(0x8A, b"unasked")).await;
    client.send_raw(&super::raw_frame(0x80, &text[10..])).await;
    assert_eq!(client.message().await, Message::Pong(b"hello".as_slice().into()));
    client.expect(r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;
}
