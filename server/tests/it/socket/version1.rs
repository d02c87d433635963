//! Version 1 of the protocol, byte for byte: objects, no join_ref from the server.

use super::table::{check, steady};
use super::world::World;

#[tokio::test]
async fn objects_are_answered_with_objects() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let topic = ada.topic();
    for vsn in ["", "&vsn=1.0.0", "&vsn=1.0.9"] {
        let mut client = world.connect_to(&format!("token={}{vsn}", ada.jwt)).await;
        for (sent, answers) in [
            (
                r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#,
                &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"phoenix"}"#][..],
            ),
            (
                r#"{"topic":"$T","event":"phx_join","payload":{},"ref":"2","join_ref":"2"}"#,
                &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"2","topic":"$T"}"#],
            ),
            (
                r#"{"topic":"$T","event":"phx_join","payload":{},"ref":"3","join_ref":"3"}"#,
                &[
                    r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"3","topic":"$T"}"#,
                    r#"{"event":"phx_close","payload":{},"ref":"2","topic":"$T"}"#,
                ],
            ),
            (r#"{"topic":"$T","event":"phx_leave","payload":{},"ref":"4","join_ref":"2"}"#, &[]),
            (
                r#"{"topic":"$T","event":"phx_leave","payload":{},"ref":"4","join_ref":"3"}"#,
                &[
                    r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"4","topic":"$T"}"#,
                    r#"{"event":"phx_close","payload":{},"ref":"3","topic":"$T"}"#,
                ],
            ),
            // The first clients of this version knew no join_ref.
            (
                r#"{"topic":"$T","event":"phx_join","payload":{},"ref":"5"}"#,
                &[r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"5","topic":"$T"}"#],
            ),
            (
                r#"{"topic":"$T","event":"phx_leave","payload":{},"ref":"6"}"#,
                &[
                    r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"6","topic":"$T"}"#,
                    r#"{"event":"phx_close","payload":{},"ref":null,"topic":"$T"}"#,
                ],
            ),
            // Keys in any order, unknown ones passed over, and of equal ones the first.
            (
                r#" {"ref":7,"ref":"8","more":[],"payload":{},"event":"phx_join","event":"x","topic":"nowhere"} "#,
                &[
                    r#"{"event":"phx_reply","payload":{"response":{"reason":"unmatched topic"},"status":"error"},"ref":7,"topic":"nowhere"}"#,
                ],
            ),
            (
                r#"{"topic":null,"event":"phx_join","payload":{},"ref":null}"#,
                &[
                    r#"{"event":"phx_reply","payload":{"response":{"reason":"unmatched topic"},"status":"error"},"ref":null,"topic":null}"#,
                ],
            ),
        ] {
            client.send(&sent.replace("$T", &topic)).await;
            for answer in answers {
                assert_eq!(client.text().await, answer.replace("$T", &topic), "an answer to {sent}");
            }
        }
    }
}

#[tokio::test]
async fn a_board_tells_both_versions_the_same() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let topic = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let (mut one, mut two) = (world.connect_with(&ada, "1.0.0").await, world.connect(&ada).await);
    one.send(&format!(r#"{{"topic":"{topic}","event":"phx_join","payload":{{}},"ref":"1"}}"#)).await;
    assert!(one.text().await.starts_with(r#"{"event":"phx_reply","payload":{"response":{"seq":0,"board":{"#));
    let metas =
        format!(r#"{{"{}":{{"metas":[{{"phx_ref":"…","name":"Ada Example","online_at":"…"}}]}}}}"#, ada.user.id);
    let state = format!(r#"{{"event":"presence_state","payload":{metas},"ref":null,"topic":"{topic}"}}"#);
    assert_eq!(steady(&one.text().await), state);
    let diff = format!(
        r#"{{"event":"presence_diff","payload":{{"joins":{metas},"leaves":{{}}}},"ref":null,"topic":"{topic}"}}"#
    );
    assert_eq!(steady(&one.text().await), diff);

    two.join(&topic, serde_json::json!({})).await;
    assert_eq!(two.json().await[3], "presence_state");
    assert!(one.text().await.starts_with(r#"{"event":"presence_diff","#));
    let op = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11";
    let payload = format!(
        r#"{{"seq":1,"op":"{op}","actor":"{}","at":"…","change":{{"type":"board_renamed","name":"Attic"}}}}"#,
        ada.user.id
    );
    let (entry, push) = (
        format!(r#"[null,null,"{topic}","entry",{payload}]"#),
        format!(r#"["1","2","{topic}","propose",{{"op":"{op}","change":{{"type":"board_renamed","name":"Attic"}}}}]"#),
    );
    check(
        &mut two,
        &[],
        &[(&push, &[&entry, &format!(r#"["1","2","{topic}","phx_reply",{{"response":{{"seq":1}},"status":"ok"}}]"#)])],
    )
    .await;
    let told = format!(r#"{{"event":"entry","payload":{payload},"ref":null,"topic":"{topic}"}}"#);
    assert_eq!(steady(&one.text().await), told);
}
