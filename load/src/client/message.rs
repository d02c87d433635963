//! Messages of Phoenix Channels, serializer 2.0.0: what of them is of use here, found without reading the JSON.
//!
//! What a client sends has the same length each time, so that a message is a template with a few bytes changed, here
//! and in the floors, which answer it.

use memchr::memmem;
use uuid::Uuid;

/// A topic as bytes.
pub(crate) type Topic = [u8; 43];

/// An id as it is written.
pub(crate) type Id = [u8; 36];

/// How a reference is written: all have this length.
pub(crate) type Reference = [u8; 10];

/// The topic of a board.
pub(crate) fn topic(board: Uuid) -> Topic {
    let mut topic = *b"boards:00000000-0000-0000-0000-000000000000";
    topic[7..].copy_from_slice(&id(board));
    topic
}

/// An id as bytes.
pub(crate) fn id(uuid: Uuid) -> Id {
    let mut id = [0; 36];
    uuid.as_hyphenated().encode_lower(&mut id);
    id
}

/// A number as a reference.
pub(crate) fn reference(number: u64) -> Reference {
    let mut reference = *b"1000000000";
    write_digits(number % 1_000_000_000, &mut reference[1..]);
    reference
}

/// The number in a reference.
pub(crate) fn number(reference: &[u8]) -> Option<u64> {
    digits(reference.strip_prefix(b"1").filter(|rest| rest.len() == 9)?)
}

/// Writes a number into a place, with zeros before it.
fn write_digits(mut number: u64, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("a digit");
        number /= 10;
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.len() < 20 && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Writes a number as hexadecimal digits into a place.
pub(crate) fn write_hex(mut number: u64, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::try_from(number % 16).expect("a digit")];
        number /= 16;
    }
}

/// The number that hexadecimal digits say.
pub(crate) fn hex(text: &[u8]) -> Option<u64> {
    let digit = |number: u64, digit: &u8| Some(number << 4 | u64::from(char::from(*digit).to_digit(16)?));
    text.iter().try_fold(0, digit)
}

/// What a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// An entry of the board's log.
    Entry { seq: u64, op: &'a [u8] },
    /// The answer to a message.
    Reply { reference: &'a [u8], is_ok: bool, payload: &'a [u8] },
    /// Who is there.
    PresenceState(&'a [u8]),
    /// Who has come and gone.
    PresenceDiff(&'a [u8]),
    /// The channel is at its end.
    Ended(&'a [u8]),
    /// Something else.
    Other,
}

/// Reads a message; `None` when it is none.
pub(crate) fn read(text: &[u8]) -> Option<Message<'_>> {
    let rest = text.strip_prefix(b"[")?;
    let (_, rest) = text_or_null(rest)?;
    let (reference, rest) = text_or_null(rest)?;
    let (_, rest) = text_or_null(rest)?;
    let (event, payload) = text_or_null(rest)?;
    Some(match event {
        b"entry" => {
            let op = payload.get(after(payload, b"\"op\":\"")?..)?;
            Message::Entry { seq: seq(payload)?, op: op.get(..36)? }
        }
        b"phx_reply" => {
            // The one or the other comes last.
            let is_ok = payload.ends_with(b"\"status\":\"ok\"}]") || payload.starts_with(b"{\"status\":\"ok\"");
            Message::Reply { reference, is_ok, payload }
        }
        b"presence_state" => Message::PresenceState(payload),
        b"presence_diff" => Message::PresenceDiff(payload),
        b"phx_close" | b"phx_error" => Message::Ended(event),
        _ => Message::Other,
    })
}

/// The first `seq` in a payload.
pub(crate) fn seq(payload: &[u8]) -> Option<u64> {
    let rest = &payload[after(payload, b"\"seq\":")?..];
    let start = rest.iter().position(|byte| *byte != b' ')?;
    let length = rest[start..].iter().position(|byte| !byte.is_ascii_digit())?;
    digits(&rest[start..start + length])
}

/// Where what follows `needle` begins.
fn after(payload: &[u8], needle: &[u8]) -> Option<usize> {
    memmem::find(payload, needle).map(|at| at + needle.len())
}

/// A text without escapes, or nothing for `null`; and what follows the comma behind it.
fn text_or_null(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(rest) = rest.strip_prefix(b"null,") {
        return Some((&[], rest));
    }
    let rest = rest.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', rest)?;
    Some((&rest[..end], rest[end + 1..].strip_prefix(b",")?))
}

/// Where in a message of ours its parts are.
pub(crate) mod at {
    use std::ops::Range;

    pub(crate) const JOIN_REF: Range<usize> = 2..12;
    pub(crate) const REF: Range<usize> = 15..25;
    pub(crate) const TOPIC: Range<usize> = 28..71;
    pub(crate) const EVENT: usize = 74;
    /// Of a proposal.
    pub(crate) const OP: Range<usize> = 90..126;
    /// The last digit of the list's id in a proposal.
    pub(crate) const LIST_END: usize = 253;
}

/// The reference of every join: a socket joins once.
pub(crate) const JOIN: u64 = 0;

/// What joins a topic.
pub(crate) fn join(topic: &Topic, since: Option<u64>) -> Vec<u8> {
    let payload = since.map_or_else(|| "{}".to_owned(), |since| format!("{{\"since\":{since}}}"));
    push(topic, "phx_join", &payload)
}

/// What proposes to move a card.
pub(crate) fn propose(topic: &Topic, op: Uuid, card: Uuid, list: Uuid) -> Vec<u8> {
    let change = format!(r#"{{"type":"card_moved","card_id":"{card}","list_id":"{list}","position":"a0"}}"#);
    push(topic, "propose", &format!(r#"{{"op":"{op}","change":{change}}}"#))
}

fn push(topic: &Topic, event: &str, payload: &str) -> Vec<u8> {
    let reference = reference(JOIN);
    let mut text = Vec::new();
    for part in [&b"[\""[..], &reference, b"\",\"", &reference, b"\",\"", topic, b"\",\"", event.as_bytes(), b"\","] {
        text.extend(part);
    }
    text.extend(payload.as_bytes());
    text.push(b']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: Uuid = Uuid::from_u128(0x0190_f6a4_7c1e_7b52_9d3f_2f6f_2a9c_1e11);

    #[test]
    fn the_parts_of_a_message_of_ours_are_where_they_should_be() {
        let topic = topic(BOARD);
        let text = propose(&topic, Uuid::from_u128(7), Uuid::nil(), Uuid::nil());
        assert_eq!(&text[at::JOIN_REF], b"1000000000");
        assert_eq!(&text[at::REF], b"1000000000");
        assert_eq!(&text[at::TOPIC], topic);
        assert!(text[at::EVENT..].starts_with(b"propose\""));
        assert_eq!(&text[at::OP], b"00000000-0000-0000-0000-000000000007");
        assert!(join(&topic, Some(3))[at::EVENT..].starts_with(b"phx_join\",{\"since\":3}"));
    }

    #[test]
    fn references_are_numbers_of_one_length() {
        for expected in [0, 1, 123_456_789, 999_999_999] {
            assert_eq!(number(&reference(expected)), Some(expected));
        }
        assert_eq!(number(b"100000000x"), None);
        assert_eq!(number(b"1"), None);
    }

    #[test]
    fn what_a_server_says_is_read() {
        let op = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11";
        let entry = format!(r#"[null,null,"boards:x","entry",{{"seq":12,"op":"{op}","change":{{"seq":1}}}}]"#);
        assert_eq!(read(entry.as_bytes()), Some(Message::Entry { seq: 12, op: op.as_bytes() }));
        let padded = format!(r#"[null,null,"boards:x","entry",{{"op":"{op}","seq":     7}}]"#);
        assert_eq!(read(padded.as_bytes()), Some(Message::Entry { seq: 7, op: op.as_bytes() }));
        let reply = br#"["1","2","boards:x","phx_reply",{"response":{"seq":3},"status":"ok"}]"#;
        let Some(Message::Reply { reference: b"2", is_ok: true, payload }) = read(reply) else { panic!() };
        assert_eq!(seq(payload), Some(3));
        let reply = br#"["1","2","boards:x","phx_reply",{"status":"error","response":{"reason":"blank"}}]"#;
        assert!(matches!(read(reply), Some(Message::Reply { is_ok: false, .. })));
        assert!(matches!(read(br#"["1",null,"t","presence_state",{}]"#), Some(Message::PresenceState(b"{}]"))));
        assert_eq!(read(br#"["1","1","t","phx_close",{}]"#), Some(Message::Ended(b"phx_close")));
        for nonsense in [&b""[..], b"[", b"{}", b"[1,2]", br#"[null,null,"t","entry",{}]"#] {
            assert_eq!(read(nonsense), None);
        }
    }

    #[test]
    fn hexadecimal() {
        let mut place = *b"............";
        write_hex(0x0123_4567_89ab, &mut place);
        assert_eq!((&place, hex(&place)), (b"0123456789ab", Some(0x0123_4567_89ab)));
        assert_eq!(hex(b"xyz"), None);
    }
}
