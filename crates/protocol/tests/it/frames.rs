//! The frames, byte for byte, as Phoenix 1.7 and `phoenix.js` 1.8 write them, in both directions.

use bytes::Bytes;
use expect_test::{Expect, expect};
use roost_protocol::{EncodeError, Frame, Message, Payload, Ref, Reply, ServerMessage, Status, Vsn, event};

fn json(text: &str) -> Payload {
    serde_json::value::RawValue::from_string(text.to_owned()).unwrap().into()
}

fn message(join_ref: Ref, ref_: Ref, event: &str, payload: Payload) -> Message {
    Message { join_ref, ref_, topic: "boards:1".to_owned(), event: event.to_owned(), payload }
}

/// Text as it is, binary as an escaped string.
fn show(frame: &Frame) -> String {
    match frame {
        Frame::Text(text) => text.clone(),
        Frame::Binary(bytes) => format!("{bytes:?}"),
    }
}

#[track_caller]
fn check(frame: Result<Frame, EncodeError>, expect: &Expect) {
    expect.assert_eq(&frame.map_or_else(|error| format!("error: {error}"), |frame| show(&frame)));
}

fn data() -> Payload {
    Bytes::from_static(&[101, 0, 255]).into()
}

#[test]
fn a_client_joins() {
    let join = message(Ref::from("1"), Ref::from("1"), event::PHX_JOIN, json(r#"{"since":7}"#));
    check(Vsn::V2.encode_push(&join), &expect![[r#"["1","1","boards:1","phx_join",{"since":7}]"#]]);
    check(
        Vsn::V1.encode_push(&join),
        &expect![[r#"{"topic":"boards:1","event":"phx_join","payload":{"since":7},"ref":"1","join_ref":"1"}"#]],
    );
    for vsn in [Vsn::V1, Vsn::V2] {
        let Frame::Text(text) = vsn.encode_push(&join).unwrap() else { panic!("a text frame") };
        assert_eq!(vsn.decode_text(&text), Ok(join.clone()));
    }
}

#[test]
fn a_client_sends_a_heartbeat() {
    let heartbeat =
        Message { topic: "phoenix".to_owned(), ..message(Ref::NULL, Ref::from(2), event::HEARTBEAT, Payload::empty()) };
    check(Vsn::V2.encode_push(&heartbeat), &expect![[r#"[null,"2","phoenix","heartbeat",{}]"#]]);
    check(
        Vsn::V1.encode_push(&heartbeat),
        &expect![[r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"2","join_ref":null}"#]],
    );
}

#[test]
fn a_client_pushes_bytes() {
    let push = message(Ref::from("12"), Ref::from("123"), "draw", data());
    check(Vsn::V2.encode_push(&push), &expect![[r#"b"\0\x02\x03\x08\x0412123boards:1drawe\0\xff""#]]);
    check(Vsn::V1.encode_push(&push), &expect!["error: binary payloads need version 2 of the protocol"]);
    let Frame::Binary(bytes) = Vsn::V2.encode_push(&push).unwrap() else { panic!("a binary frame") };
    assert_eq!(Vsn::V2.decode_binary(&bytes), Ok(push));
}

#[test]
fn a_client_of_version_1_may_leave_out_the_join_ref() {
    let text = r#"{"topic":"boards:1","event":"phx_join","payload":{},"ref":"1"}"#;
    let expected = message(Ref::NULL, Ref::from("1"), event::PHX_JOIN, Payload::empty());
    assert_eq!(Vsn::V1.decode_text(text), Ok(expected));
}

#[test]
fn a_server_replies() {
    let push = message(Ref::from("1"), Ref::from("3"), event::PROPOSE, Payload::empty());
    let reply = Reply::to(&push, Status::Ok, json(r#"{"seq":8}"#));
    check(
        Vsn::V2.encode_reply(&reply),
        &expect![[r#"["1","3","boards:1","phx_reply",{"response":{"seq":8},"status":"ok"}]"#]],
    );
    check(
        Vsn::V1.encode_reply(&reply),
        &expect![[
            r#"{"event":"phx_reply","payload":{"response":{"seq":8},"status":"ok"},"ref":"3","topic":"boards:1"}"#
        ]],
    );
    let refusal = Reply::to(&push, Status::Error, json(r#"{"reason":"unauthorized"}"#));
    check(
        Vsn::V2.encode_reply(&refusal),
        &expect![[r#"["1","3","boards:1","phx_reply",{"response":{"reason":"unauthorized"},"status":"error"}]"#]],
    );
}

#[test]
fn a_server_replies_with_bytes() {
    let push = message(Ref::from("12"), Ref::from("123"), "draw", data());
    let reply = Reply::to(&push, Status::Ok, data());
    check(Vsn::V2.encode_reply(&reply), &expect![[r#"b"\x01\x02\x03\x08\x0212123boards:1oke\0\xff""#]]);
    check(Vsn::V1.encode_reply(&reply), &expect!["error: binary payloads need version 2 of the protocol"]);
}

#[test]
fn a_server_broadcasts() {
    let entry = json(r#"{"seq":8}"#);
    check(
        Vsn::V2.encode_broadcast("boards:1", event::ENTRY, &entry),
        &expect![[r#"[null,null,"boards:1","entry",{"seq":8}]"#]],
    );
    check(
        Vsn::V1.encode_broadcast("boards:1", event::ENTRY, &entry),
        &expect![[r#"{"event":"entry","payload":{"seq":8},"ref":null,"topic":"boards:1"}"#]],
    );
    check(Vsn::V2.encode_broadcast("boards:1", "draw", &data()), &expect![[r#"b"\x02\x08\x04boards:1drawe\0\xff""#]]);
    check(
        Vsn::V1.encode_broadcast("boards:1", "draw", &data()),
        &expect!["error: binary payloads need version 2 of the protocol"],
    );
}

#[test]
fn a_server_pushes_to_one() {
    let state = message(Ref::from("1"), Ref::NULL, event::PRESENCE_STATE, Payload::empty());
    check(Vsn::V2.encode_server_push(&state), &expect![[r#"["1",null,"boards:1","presence_state",{}]"#]]);
    check(
        Vsn::V1.encode_server_push(&state),
        &expect![[r#"{"event":"presence_state","payload":{},"ref":null,"topic":"boards:1"}"#]],
    );
    let drawing = message(Ref::from("12"), Ref::NULL, "draw", data());
    check(Vsn::V2.encode_server_push(&drawing), &expect![[r#"b"\0\x02\x08\x0412boards:1drawe\0\xff""#]]);
}

#[test]
fn a_server_closes_a_channel() {
    let close = message(Ref::from("1"), Ref::from("1"), event::PHX_CLOSE, Payload::empty());
    check(Vsn::V2.encode_server_push(&close), &expect![[r#"["1","1","boards:1","phx_close",{}]"#]]);
    check(
        Vsn::V1.encode_server_push(&close),
        &expect![[r#"{"event":"phx_close","payload":{},"ref":"1","topic":"boards:1"}"#]],
    );
}

#[test]
fn a_topic_that_nobody_joined_is_answered_without_a_join_ref() {
    let ref_ = Ref::from("9");
    check(
        Ok(Vsn::V2.encode_unmatched(&ref_, &Ref::from("boards:1"))),
        &expect![[r#"[null,"9","boards:1","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#]],
    );
    check(
        Ok(Vsn::V1.encode_unmatched(&ref_, &Ref::NULL)),
        &expect![[
            r#"{"event":"phx_reply","payload":{"response":{"reason":"unmatched topic"},"status":"error"},"ref":"9","topic":null}"#
        ]],
    );
}

#[test]
fn a_client_reads_what_a_server_writes() {
    let push = message(Ref::from("12"), Ref::from("123"), "draw", Payload::empty());
    for response in [json(r#"{"seq":8}"#), data()] {
        let reply = Reply::to(&push, Status::from("maybe"), response);
        assert_eq!(read(&Vsn::V2.encode_reply(&reply).unwrap()), ServerMessage::Reply(reply));
    }
    for payload in [json(r#"{"seq":8}"#), data()] {
        let pushed = message(Ref::from("12"), Ref::NULL, "draw", payload.clone());
        assert_eq!(read(&Vsn::V2.encode_server_push(&pushed).unwrap()), ServerMessage::Message(pushed));
        let told = message(Ref::NULL, Ref::NULL, "draw", payload.clone());
        let broadcast = Vsn::V2.encode_broadcast("boards:1", "draw", &payload).unwrap();
        assert_eq!(read(&broadcast), ServerMessage::Message(told));
    }
}

fn read(frame: &Frame) -> ServerMessage {
    match frame {
        Frame::Text(text) => Vsn::V2.decode_server_text(text).unwrap(),
        Frame::Binary(bytes) => Vsn::V2.decode_server_binary(bytes).unwrap(),
    }
}

#[test]
fn refs_of_any_type_are_echoed() {
    for ref_ in ["null", "7", r#""7""#, "1.0", "12345678901234567890123", r#"{"a":[1]}"#, "true"] {
        let text = format!(r#"[{ref_},{ref_},"boards:1","propose",{{}}]"#);
        let push = Vsn::V2.decode_text(&text).unwrap();
        let reply = Reply::to(&push, Status::Ok, Payload::empty());
        let Frame::Text(written) = Vsn::V2.encode_reply(&reply).unwrap() else { panic!("a text frame") };
        assert_eq!(written, format!(r#"[{ref_},{ref_},"boards:1","phx_reply",{{"response":{{}},"status":"ok"}}]"#));
    }
}

#[test]
fn strings_are_escaped() {
    let odd = "a\"b\\c\n\u{0}é💡";
    check(
        Vsn::V2.encode_broadcast(odd, odd, &Payload::empty()),
        &expect![[r#"[null,null,"a\"b\\c\n\u0000é💡","a\"b\\c\n\u0000é💡",{}]"#]],
    );
}

#[test]
fn the_header_of_a_binary_frame_has_short_parts() {
    let long = "x".repeat(256);
    check(
        Vsn::V2.encode_broadcast(&long, "draw", &data()),
        &expect!["error: the topic of a binary frame can have 255 bytes at most, not 256"],
    );
    let most = Vsn::V2.encode_broadcast(&long[1..], "draw", &data()).unwrap();
    assert!(matches!(read(&most), ServerMessage::Message(message) if message.topic == long[1..]));
}
