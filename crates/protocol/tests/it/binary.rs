//! Binary frames: every layout in both directions, and every length that a header can state.

use bytes::Bytes;
use roost_protocol::{DecodeError, EncodeError, Frame, Message, Payload, Ref, Reply, ServerMessage, Status, Vsn};

/// The parts of a header, in the order in which they stand in it.
type Parts<'a> = [&'a str];

/// The header's parts and the data, as the other side reads them.
type Read = (Vec<String>, Bytes);

/// How a frame of one layout is written and read: the kind, the names of the header's parts, and the functions.
struct Layout {
    what: &'static str,
    kind: u8,
    parts: &'static [&'static str],
    encode: fn(&Parts<'_>, Bytes) -> Result<Frame, EncodeError>,
    decode: fn(&Bytes) -> Result<Read, DecodeError>,
}

const LAYOUTS: [Layout; 4] = [
    Layout {
        what: "a client's push",
        kind: 0,
        parts: &["join_ref", "ref", "topic", "event"],
        encode: |parts, data| Vsn::V2.encode_push(&message(parts[0], parts[1], parts[2], parts[3], data)),
        decode: |frame| {
            let Message { join_ref, ref_, topic, event, payload } = Vsn::V2.decode_binary(frame)?;
            Ok((vec![text(&join_ref), text(&ref_), topic, event], bytes(payload)))
        },
    },
    Layout {
        what: "a server's reply",
        kind: 1,
        parts: &["join_ref", "ref", "topic", "status"],
        encode: |parts, data| {
            let push = message(parts[0], parts[1], parts[2], "", Bytes::new());
            Vsn::V2.encode_reply(&Reply::to(&push, Status::from(parts[3]), data.into()))
        },
        decode: |frame| {
            let ServerMessage::Reply(reply) = Vsn::V2.decode_server_binary(frame)? else { panic!("no reply") };
            let Reply { join_ref, ref_, topic, status, response } = reply;
            Ok((vec![text(&join_ref), text(&ref_), topic, status.as_str().to_owned()], bytes(response)))
        },
    },
    Layout {
        what: "a server's push",
        kind: 0,
        parts: &["join_ref", "topic", "event"],
        encode: |parts, data| Vsn::V2.encode_server_push(&message(parts[0], "ignored", parts[1], parts[2], data)),
        decode: |frame| {
            let ServerMessage::Message(message) = Vsn::V2.decode_server_binary(frame)? else { panic!("a reply") };
            assert!(message.ref_.is_null());
            Ok((vec![text(&message.join_ref), message.topic, message.event], bytes(message.payload)))
        },
    },
    Layout {
        what: "a broadcast",
        kind: 2,
        parts: &["topic", "event"],
        encode: |parts, data| Vsn::V2.encode_broadcast(parts[0], parts[1], &data.into()),
        decode: |frame| {
            let ServerMessage::Message(message) = Vsn::V2.decode_server_binary(frame)? else { panic!("a reply") };
            assert!(message.join_ref.is_null() && message.ref_.is_null());
            Ok((vec![message.topic, message.event], bytes(message.payload)))
        },
    },
];

fn message(join_ref: &str, ref_: &str, topic: &str, event: &str, data: Bytes) -> Message {
    let to_ref = |text: &str| if text.is_empty() { Ref::NULL } else { Ref::from(text) };
    Message {
        join_ref: to_ref(join_ref),
        ref_: to_ref(ref_),
        topic: topic.to_owned(),
        event: event.to_owned(),
        payload: data.into(),
    }
}

fn text(ref_: &Ref) -> String {
    ref_.as_str().unwrap_or_default().to_owned()
}

fn bytes(payload: Payload) -> Bytes {
    match payload {
        Payload::Binary(bytes) => bytes,
        Payload::Json(json) => panic!("JSON in a binary frame: {json}"),
    }
}

/// The frame, put together by hand.
fn frame(kind: u8, parts: &Parts<'_>, data: &[u8]) -> Bytes {
    let lengths = parts.iter().map(|part| u8::try_from(part.len()).unwrap());
    std::iter::once(kind).chain(lengths).chain(parts.concat().into_bytes()).chain(data.iter().copied()).collect()
}

#[test]
fn every_layout_is_written_and_read_back() {
    let data = Bytes::from_static(b"\0\xff{}");
    for Layout { what, kind, parts: names, encode, decode } in LAYOUTS {
        let parts: Vec<&str> = ["1", "23", "boards:é", "draw"][4 - names.len()..].to_vec();
        let written = encode(&parts, data.clone());
        assert_eq!(written, Ok(Frame::Binary(frame(kind, &parts, &data))), "{what}");
        let Ok(Frame::Binary(written)) = written else { panic!("{what}") };
        assert_eq!(decode(&written), Ok((parts.iter().map(|&part| part.to_owned()).collect(), data.clone())), "{what}");
    }
}

#[test]
fn each_part_may_have_any_length_that_a_byte_can_state() {
    for Layout { what, kind, parts: names, encode, decode } in LAYOUTS {
        for (index, name) in names.iter().enumerate() {
            for length in 0..=255 {
                let long = "x".repeat(length);
                let mut parts = vec!["t"; names.len()];
                parts[index] = &long;
                let expected = frame(kind, &parts, b"data");
                assert_eq!(encode(&parts, "data".into()), Ok(Frame::Binary(expected.clone())), "{what}, {name}");
                let (read, data) = decode(&expected).unwrap();
                assert_eq!((read[index].len(), &data[..]), (length, &b"data"[..]), "{what}, {name}");
            }
            for length in [256, 257, 511, 512, 65_536] {
                let long = "x".repeat(length);
                let mut parts = vec!["t"; names.len()];
                parts[index] = &long;
                let refusal = EncodeError::TooLong { part: name, length };
                assert_eq!(encode(&parts, Bytes::new()), Err(refusal), "{what}, {name}");
            }
        }
    }
}

#[test]
fn the_longest_header_there_is() {
    for Layout { what, kind, parts: names, encode, decode } in LAYOUTS {
        let long = "é".repeat(127) + "x";
        let parts = vec![long.as_str(); names.len()];
        let written = frame(kind, &parts, b"");
        assert_eq!(encode(&parts, Bytes::new()), Ok(Frame::Binary(written.clone())), "{what}");
        assert_eq!(decode(&written), Ok((vec![long.clone(); names.len()], Bytes::new())), "{what}");
    }
}

/// Every frame that is cut off somewhere in its header, and every header that states more or less than there is.
#[test]
fn a_header_that_lies_is_refused() {
    for Layout { what, kind, parts: names, decode, .. } in LAYOUTS {
        let parts = &["1", "23", "boards:1", "draw"][4 - names.len()..];
        let whole = frame(kind, parts, b"");
        for end in 0..whole.len() {
            assert_eq!(decode(&whole.slice(..end)), Err(DecodeError::TooShort), "{what}, {end} bytes of it");
        }
        for index in 0..names.len() {
            let there = whole[1 + index];
            for stated in 0..=255_u8 {
                let mut lying = whole.to_vec();
                lying[1 + index] = stated;
                let outcome = decode(&lying.into()).map(|(read, data)| (read[index].len(), data.len()));
                // What the parts leave over is data.
                let expected = match there.checked_sub(stated) {
                    Some(over) => Ok((usize::from(stated), usize::from(over))),
                    None => Err(DecodeError::TooShort),
                };
                assert_eq!(outcome, expected, "{what}, {stated} rather than {there}");
            }
        }
    }
}

#[test]
fn every_kind_but_those_of_a_direction_is_unknown() {
    let rest = b"\x01\x01\x01\x01abcd";
    for kind in 0..=255_u8 {
        let frame: Bytes = std::iter::once(kind).chain(rest.iter().copied()).collect();
        let (client, server) = (Vsn::V2.decode_binary(&frame), Vsn::V2.decode_server_binary(&frame));
        assert_eq!(client.err(), (kind != 0).then_some(DecodeError::UnknownKind(kind)));
        assert_eq!(server.err(), (kind > 2).then_some(DecodeError::UnknownKind(kind)));
        assert_eq!(Vsn::V1.decode_binary(&frame), Err(DecodeError::BinaryInV1));
        assert_eq!(Vsn::V1.decode_server_binary(&frame), Err(DecodeError::BinaryInV1));
    }
}

#[test]
fn every_part_has_to_be_utf8_and_the_data_does_not() {
    for Layout { what, kind, parts: names, decode, .. } in LAYOUTS {
        let good = frame(kind, &vec!["x"; names.len()], b"\xff");
        assert!(decode(&good).is_ok(), "{what}");
        for index in 0..names.len() {
            let mut bad = good.to_vec();
            bad[1 + names.len() + index] = 0xFF;
            assert_eq!(decode(&bad.into()), Err(DecodeError::NotUtf8), "{what}, {}", names[index]);
        }
    }
}

/// Refs that are no strings have no layout of their own: their JSON is sent, and it comes back as a string.
#[test]
fn refs_that_are_no_strings_go_as_their_json() {
    let seven: Ref = serde_json::from_str("7").unwrap();
    let push = Message { join_ref: seven.clone(), ref_: seven, ..message("", "", "t", "e", "data".into()) };
    let written = frame(0, &["7", "7", "t", "e"], b"data");
    assert_eq!(Vsn::V2.encode_push(&push), Ok(Frame::Binary(written)));
}
