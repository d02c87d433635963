//! Frames that are no messages, and odd ones that are.

use bytes::Bytes;
use expect_test::{Expect, expect};
use roost_protocol::{DecodeError, Frame, Payload, Ref, Vsn};

#[track_caller]
fn check(vsn: Vsn, frames: &[&str], expect: &Expect) {
    let errors: Vec<String> = frames
        .iter()
        .map(|text| {
            let shown = text.replace('\u{FEFF}', "<BOM>").replace('\u{1}', "<U+0001>");
            match vsn.decode_text(text) {
                Ok(message) => format!("{shown}: {message:?}"),
                Err(error) => format!("{shown}: {error}"),
            }
        })
        .collect();
    expect.assert_eq(&errors.join("\n"));
}

#[test]
fn arrays() {
    check(
        Vsn::V2,
        &[
            "",
            "nonsense",
            "{}",
            r#""text""#,
            "[]",
            r#"["1","1","t","e"]"#,
            r#"["1","1","t","e",{}"#,
            r#"["1","1","t","e",{}]]"#,
            "\u{FEFF}[1]",
            r#"["1","1","t","e","\ud800"]"#,
            r#"["1","1","t","e",["\ude00\ud83d"]]"#,
            "[\"1\",\"1\",\"t\",\"e\",\"\u{1}\"]",
            r#"["1","1","t","e",{"n":1e400}]"#,
            r#"["1","1","t","e",01]"#,
        ],
        &expect![[r#"
            : not a message: EOF while parsing a value
            nonsense: not a message: expected ident
            {}: not a message: invalid type: map, expected an array [join_ref, ref, topic, event, payload]
            "text": not a message: invalid type: string "text", expected an array [join_ref, ref, topic, event, payload]
            []: not a message: invalid length 0, expected an array [join_ref, ref, topic, event, payload]
            ["1","1","t","e"]: not a message: invalid length 4, expected an array [join_ref, ref, topic, event, payload]
            ["1","1","t","e",{}: not a message: EOF while parsing a list
            ["1","1","t","e",{}]]: not a message: trailing characters
            <BOM>[1]: not a message: expected value
            ["1","1","t","e","\ud800"]: a string contains half of a surrogate pair
            ["1","1","t","e",["\ude00\ud83d"]]: a string contains half of a surrogate pair
            ["1","1","t","e","<U+0001>"]: not a message: control character (\u0000-\u001F) found while parsing a string
            ["1","1","t","e",{"n":1e400}]: a number is out of range
            ["1","1","t","e",01]: not a message: invalid number"#]],
    );
}

#[test]
fn objects() {
    check(
        Vsn::V1,
        &["[]", "{}", r#"{"topic":"t","event":"e","payload":{}}"#, r#"{"topic":"t","event":"e","ref":"1"}"#],
        &expect![[r#"
            []: not a message: invalid type: sequence, expected an object with topic, event, payload and ref
            {}: not a message: it has no topic
            {"topic":"t","event":"e","payload":{}}: not a message: it has no ref
            {"topic":"t","event":"e","ref":"1"}: not a message: it has no payload"#]],
    );
}

#[test]
fn odd_messages_that_phoenix_takes() {
    check(
        Vsn::V2,
        &[
            r#" [ null , "1" , "t" , "e" , {} , "sixth" ] "#,
            r#"["1","1","t","e","text"]"#,
            r#"["1","1","t","e",[1e2,-0.5,123456789012345678901234567890]]"#,
            r#"["1","1","t\u0000","e",{"a":1,"a":2}]"#,
            r#"["1","1","\ud83d\udca1","e",null]"#,
            r#"["1","1","t",7,{}]"#,
        ],
        &expect![[r#"
             [ null , "1" , "t" , "e" , {} , "sixth" ] : Message { join_ref: Ref(null), ref_: Ref("1"), topic: "t", event: "e", payload: Json({}) }
            ["1","1","t","e","text"]: Message { join_ref: Ref("1"), ref_: Ref("1"), topic: "t", event: "e", payload: Json("text") }
            ["1","1","t","e",[1e2,-0.5,123456789012345678901234567890]]: Message { join_ref: Ref("1"), ref_: Ref("1"), topic: "t", event: "e", payload: Json([1e2,-0.5,123456789012345678901234567890]) }
            ["1","1","t\u0000","e",{"a":1,"a":2}]: Message { join_ref: Ref("1"), ref_: Ref("1"), topic: "t\0", event: "e", payload: Json({"a":1,"a":2}) }
            ["1","1","\ud83d\udca1","e",null]: Message { join_ref: Ref("1"), ref_: Ref("1"), topic: "💡", event: "e", payload: Json(null) }
            ["1","1","t",7,{}]: Message { join_ref: Ref("1"), ref_: Ref("1"), topic: "t", event: "7", payload: Json({}) }"#]],
    );
    check(
        Vsn::V1,
        &[r#"{"ref":"1","ref":"2","x":[],"topic":"t","event":"e","payload":{}}"#],
        &expect![[
            r#"{"ref":"1","ref":"2","x":[],"topic":"t","event":"e","payload":{}}: Message { join_ref: Ref(null), ref_: Ref("1"), topic: "t", event: "e", payload: Json({}) }"#
        ]],
    );
}

#[test]
fn a_topic_that_is_no_string_can_be_answered() {
    for topic in ["null", "7", r#"{"a":1}"#] {
        let error = Vsn::V2.decode_text(&format!(r#"["1","5",{topic},"phx_join",{{}}]"#)).unwrap_err();
        let DecodeError::TopicNotAString { ref_, topic: echoed } = error else { panic!("{error}") };
        assert_eq!(ref_, Ref::from("5"));
        let answer =
            format!(r#"[null,"5",{topic},"phx_reply",{{"response":{{"reason":"unmatched topic"}},"status":"error"}}]"#);
        assert_eq!(Vsn::V2.encode_unmatched(&ref_, &echoed), Frame::Text(answer));
    }
}

#[test]
fn nesting_of_any_depth_is_a_message_and_no_stack_overflow() {
    let depth = 100_000;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let message = Vsn::V2.decode_text(&format!(r#"["1",{deep},"t","e",{deep},{deep}]"#)).unwrap();
    assert!(matches!(&message.payload, Payload::Json(json) if json.get() == deep));
    let error = message.payload.parse::<serde_json::Value>().unwrap_err();
    assert_eq!(error.to_string(), "recursion limit exceeded");
    let object = format!(r#"{{"ref":"1","topic":"t","event":"e","payload":{deep}}}"#);
    assert!(Vsn::V1.decode_text(&object).is_ok());
}

#[test]
fn binary_frames() {
    let cases: &[(&[u8], DecodeError)] = &[
        (b"", DecodeError::TooShort),
        (b"\x00", DecodeError::TooShort),
        (b"\x00\x01\x01\x01", DecodeError::TooShort),
        (b"\x00\x01\x01\x01\x01abc", DecodeError::TooShort),
        (b"\x00\xff\xff\xff\xffabcd", DecodeError::TooShort),
        (b"\x01\x01\x01\x01\x01abcd", DecodeError::UnknownKind(1)),
        (b"[\"1\",\"1\",\"t\",\"e\",{}]", DecodeError::UnknownKind(b'[')),
        (b"\x00\x01\x01\x01\x01a\xffcd", DecodeError::NotUtf8),
    ];
    for (bytes, expected) in cases {
        assert_eq!(Vsn::V2.decode_binary(&Bytes::from_static(bytes)).as_ref(), Err(expected), "{bytes:?}");
    }
    let whole = Bytes::from_static(b"\x00\x01\x01\x01\x01abcd");
    assert_eq!(Vsn::V1.decode_binary(&whole), Err(DecodeError::BinaryInV1));
    let message = Vsn::V2.decode_binary(&whole).unwrap();
    assert_eq!((message.topic.as_str(), message.payload), ("c", Payload::Binary(Bytes::new())));
}

#[test]
fn an_empty_ref_in_a_binary_frame_is_null() {
    let message = Vsn::V2.decode_binary(&Bytes::from_static(b"\x00\x00\x00\x01\x01tedata")).unwrap();
    assert!(message.join_ref.is_null() && message.ref_.is_null());
}

#[test]
fn a_reply_without_a_status_is_no_message() {
    for payload in ["{}", "[]", r#"{"status":"ok"}"#, r#"{"response":{},"status":1}"#] {
        let text = format!(r#"["1","1","t","phx_reply",{payload}]"#);
        assert!(matches!(Vsn::V2.decode_server_text(&text), Err(DecodeError::NotAMessage(_))), "{payload}");
    }
}

#[test]
fn every_reason_fits_into_a_close_frame() {
    for error in [
        DecodeError::NotAMessage("x".repeat(1000)),
        DecodeError::TopicNotAString { ref_: Ref::NULL, topic: Ref::NULL },
        DecodeError::LoneSurrogate,
        DecodeError::NumberOutOfRange,
        DecodeError::TooShort,
        DecodeError::UnknownKind(9),
        DecodeError::NotUtf8,
        DecodeError::BinaryInV1,
    ] {
        assert!(error.close_reason().len() <= 123, "{error:?}");
    }
}
