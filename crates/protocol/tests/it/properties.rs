//! What holds for all bytes and all messages.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use roost_protocol::{Frame, Message, Payload, Ref, Reply, ServerMessage, Status, Topic, Vsn};

fn vsn() -> impl Strategy<Value = Vsn> {
    prop_oneof![Just(Vsn::V1), Just(Vsn::V2)]
}

fn a_ref() -> impl Strategy<Value = Ref> {
    prop_oneof![
        Just(Ref::NULL),
        ".{1,20}".prop_map(Ref::from),
        any::<i64>().prop_map(|number| serde_json::from_str(&number.to_string()).unwrap()),
    ]
}

/// As binary frames can carry them: strings and null.
fn a_plain_ref() -> impl Strategy<Value = Ref> {
    prop_oneof![Just(Ref::NULL), "[0-9]{1,20}".prop_map(Ref::from)]
}

fn json() -> impl Strategy<Value = Payload> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    });
    value.prop_map(|value| Payload::json(&value).unwrap())
}

fn text_message() -> impl Strategy<Value = Message> {
    (a_ref(), a_ref(), ".{0,20}", ".{0,20}", json()).prop_map(|(join_ref, ref_, topic, event, payload)| Message {
        join_ref,
        ref_,
        topic,
        event,
        payload,
    })
}

fn binary_message() -> impl Strategy<Value = Message> {
    (a_plain_ref(), a_plain_ref(), ".{0,20}", ".{0,20}", prop::collection::vec(any::<u8>(), 0..50)).prop_map(
        |(join_ref, ref_, topic, event, data)| Message {
            join_ref,
            ref_,
            topic,
            event,
            payload: Bytes::from(data).into(),
        },
    )
}

fn read(vsn: Vsn, frame: &Frame) -> ServerMessage {
    match frame {
        Frame::Text(text) => vsn.decode_server_text(text).unwrap(),
        Frame::Binary(bytes) => vsn.decode_server_binary(bytes).unwrap(),
    }
}

/// Whatever the text is, it gives an error or a message, and a message can be written so that it is read the same.
fn check_text(vsn: Vsn, text: &str) -> TestCaseResult {
    if let Ok(message) = vsn.decode_text(text) {
        let Ok(Frame::Text(again)) = vsn.encode_push(&message) else { panic!("a text frame") };
        prop_assert_eq!(vsn.decode_text(&again), Ok(message));
    }
    if let Ok(ServerMessage::Reply(reply)) = vsn.decode_server_text(text) {
        prop_assert!(vsn.encode_reply(&reply).is_ok());
    }
    Ok(())
}

/// The same for bytes.
fn check_bytes(vsn: Vsn, bytes: Bytes) -> TestCaseResult {
    if let Ok(message) = vsn.decode_server_binary(&bytes) {
        prop_assert!(vsn == Vsn::V2, "only version 2 has binary frames, not that of {message:?}");
    }
    if let Ok(message) = vsn.decode_binary(&bytes) {
        prop_assert_eq!(vsn.encode_push(&message), Ok(Frame::Binary(bytes)));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_gives_a_value_or_an_error(vsn in vsn(), text in any::<String>()) {
        check_text(vsn, &text)?;
    }

    /// Closer to messages than any text is.
    #[test]
    fn any_json_like_text_gives_a_value_or_an_error(
        vsn in vsn(),
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "[", "]", "{", "}", ",", ":", "\"", "\\u", "\\", "d83d", "dca1", "null", "1e400", "-", "12", "\"1\"",
                "\"t\"", "\"topic\":", "\"event\":", "\"ref\":", "\"payload\":", "\"phx_reply\"", "\"status\":", "é",
            ]),
            0..24,
        ),
    ) {
        let text = parts.concat();
        check_text(vsn, &text)?;
        check_text(vsn, &format!("[{text}]"))?;
    }

    #[test]
    fn any_bytes_give_a_value_or_an_error(vsn in vsn(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_bytes(vsn, Bytes::from(bytes))?;
    }

    /// Lengths that lie about what follows.
    #[test]
    fn any_binary_header_gives_a_value_or_an_error(
        kind in 0u8..4,
        lengths in prop::collection::vec(0u8..12, 0..5),
        rest in "[a-z]{0,40}",
    ) {
        check_bytes(Vsn::V2, std::iter::once(kind).chain(lengths).chain(rest.into_bytes()).collect())?;
    }

    #[test]
    fn any_text_is_a_topic_or_an_error(text in "(users|boards|phoenix)?:?.{0,40}") {
        if let Ok(topic) = text.parse::<Topic>() {
            prop_assert_eq!(topic.to_string(), text);
        }
    }

    #[test]
    fn a_push_is_read_as_it_was_written(vsn in vsn(), message in text_message()) {
        let Frame::Text(text) = vsn.encode_push(&message).unwrap() else { panic!("a text frame") };
        prop_assert_eq!(vsn.decode_text(&text), Ok(message));
    }

    #[test]
    fn a_binary_push_is_read_as_it_was_written(message in binary_message()) {
        let Frame::Binary(bytes) = Vsn::V2.encode_push(&message).unwrap() else { panic!("a binary frame") };
        prop_assert_eq!(Vsn::V2.decode_binary(&bytes), Ok(message));
    }

    #[test]
    fn what_a_server_writes_is_read_as_it_was_written(
        message in prop_oneof![text_message(), binary_message()],
        status in prop_oneof![Just(Status::Ok), Just(Status::Error), "[a-z]{0,10}".prop_map(|word| Status::from(&*word))],
    ) {
        prop_assume!(message.event != "phx_reply");
        let reply = Reply::to(&message, status, message.payload.clone());
        prop_assert_eq!(read(Vsn::V2, &Vsn::V2.encode_reply(&reply).unwrap()), ServerMessage::Reply(reply.clone()));

        let broadcast = Vsn::V2.encode_broadcast(&message.topic, &message.event, &message.payload).unwrap();
        let expected = Message { join_ref: Ref::NULL, ref_: Ref::NULL, ..message.clone() };
        prop_assert_eq!(read(Vsn::V2, &broadcast), ServerMessage::Message(expected));

        let pushed = Message { ref_: Ref::NULL, ..message.clone() };
        let frame = Vsn::V2.encode_server_push(&pushed).unwrap();
        prop_assert_eq!(read(Vsn::V2, &frame), ServerMessage::Message(pushed));

        if matches!(message.payload, Payload::Json(_)) {
            let expected = Reply { join_ref: Ref::NULL, ..reply.clone() };
            let frame = Vsn::V1.encode_reply(&reply).unwrap();
            prop_assert_eq!(read(Vsn::V1, &frame), ServerMessage::Reply(expected));
        }
    }
}
