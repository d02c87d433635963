//! Binary frames of version 2.
//!
//! A client may write any message as one; the server answers in text, since all that Roost says is JSON. How a server
//! writes bytes is tested in `roost-protocol`, for clients of other servers.

use tokio_tungstenite::tungstenite::Message;

use super::table::binary_push;
use super::world::World;

#[tokio::test]
async fn every_message_may_be_binary_and_is_answered_in_text() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let mut client = world.connect(&ada).await;
    let topic = ada.topic();
    let long = "x".repeat(255);
    let unknown = r#"{"response":{"reason":"unknown_event","message":"this topic takes no events; it only tells of what is new"},"status":"error"}"#;
    let unmatched = r#"{"response":{"reason":"unmatched topic"},"status":"error"}"#;
    let ok = r#"{"response":{},"status":"ok"}"#;
    for (parts, answers) in [
        (["", "1", "phoenix", "heartbeat"], vec![format!(r#"[null,"1","phoenix","phx_reply",{ok}]"#)]),
        (["2", "2", &topic, "phx_join"], vec![format!(r#"["2","2","{topic}","phx_reply",{ok}]"#)]),
        (["2", "3", &topic, "dance"], vec![format!(r#"["2","3","{topic}","phx_reply",{unknown}]"#)]),
        // An empty part is null for a ref.
        (["", "", &topic, "dance"], vec![format!(r#"["2",null,"{topic}","phx_reply",{unknown}]"#)]),
        (["1", "4", &topic, "dance"], vec![]),
        (["", "5", "", "phx_join"], vec![format!(r#"[null,"5","","phx_reply",{unmatched}]"#)]),
        ([&long, &long, &long, &long], vec![format!(r#"[null,"{long}","{long}","phx_reply",{unmatched}]"#)]),
        (
            ["2", "6", &topic, "phx_leave"],
            vec![
                format!(r#"["2","6","{topic}","phx_reply",{ok}]"#),
                format!(r#"["2","2","{topic}","phx_close",{{}}]"#),
            ],
        ),
        // What needs a payload says that bytes are none.
        (
            ["7", "7", &board, "phx_join"],
            vec![format!(
                r#"["7","7","{board}","phx_reply",{{"response":{{"reason":"bad_request","message":"the payload is not what this event takes: the payload is binary where JSON is expected"}},"status":"error"}}]"#
            )],
        ),
    ] {
        for data in [&b"{}"[..], b"", b"\0\xff"] {
            // Joins and leaves change what is answered, so they are made once.
            if data != b"{}" && parts[3].starts_with("phx_") {
                continue;
            }
            client.send_message(binary_push(parts, data)).await;
            for answer in &answers {
                assert_eq!(&client.text().await, answer, "an answer to {parts:?}");
            }
        }
        client.expect_silence().await;
    }
}

/// Headers that lie about what follows, kinds that a client may not send, and text: each ends the socket with 1011, as
/// in Phoenix, and with a few words, which Phoenix does not say.
#[tokio::test]
async fn binary_frames_that_are_no_messages() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let rows: [(&[u8], &str); 13] = [
        (b"", "binary frame too short"),
        (b"\x00", "binary frame too short"),
        (b"\x00\x01\x01\x01", "binary frame too short"),
        (b"\x00\x01\x01\x01\x01abc", "binary frame too short"),
        (b"\x00\xff\xff\xff\xffabcd", "binary frame too short"),
        (b"\x00\x00\x01\x07\xff1phoenixheartbeat{}", "binary frame too short"),
        // A reply and a broadcast, which are the server's to send.
        (b"\x01\x01\x01\x01\x02abtok{}", "binary frame of unknown kind"),
        (b"\x02\x01\x01te{}", "binary frame of unknown kind"),
        (b"\x05\x01\x01\x01\x01abcd", "binary frame of unknown kind"),
        (b"\xff", "binary frame of unknown kind"),
        (b"[null,\"1\",\"phoenix\",\"heartbeat\",{}]", "binary frame of unknown kind"),
        (b"\x00\x00\x01\x01\x01\xffte", "the header of the binary frame is not UTF-8"),
        // A letter that is cut in two by the lengths.
        (b"\x00\x00\x01\x01\x011\xc3\xa9", "the header of the binary frame is not UTF-8"),
    ];
    for (bytes, reason) in rows {
        let mut client = world.connect(&ada).await;
        client.send_message(Message::binary(bytes)).await;
        assert_eq!(client.goodbye().await, (1011, reason.to_owned()), "{bytes:?}");
    }
    let mut client = world.connect_with(&ada, "1.0.0").await;
    client.send_message(binary_push(["", "1", "phoenix", "heartbeat"], b"{}")).await;
    assert_eq!(client.goodbye().await, (1011, "binary frames need vsn 2.0.0".to_owned()));
}
