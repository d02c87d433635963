//! Version 2, its binary frames: a kind, the lengths of the header's parts in a byte each, the parts, and the data.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Payload, Reply, ServerMessage, Status};
use crate::reference::Ref;

const PUSH: u8 = 0;
const REPLY: u8 = 1;
const BROADCAST: u8 = 2;

/// From a client: `00 |join_ref| |ref| |topic| |event|`.
pub(crate) fn decode_push(frame: &Bytes) -> Result<Message, DecodeError> {
    match split_kind(frame)? {
        (PUSH, rest) => {
            let ([join_ref, ref_, topic, event], data) = parts(rest)?;
            Ok(message(to_ref(&join_ref), to_ref(&ref_), topic, event, data))
        }
        (kind, _) => Err(DecodeError::UnknownKind(kind)),
    }
}

/// From a server: `00 |join_ref| |topic| |event|`, `01 |join_ref| |ref| |topic| |status|` or `02 |topic| |event|`.
pub(crate) fn decode_from_server(frame: &Bytes) -> Result<ServerMessage, DecodeError> {
    match split_kind(frame)? {
        (PUSH, rest) => {
            let ([join_ref, topic, event], data) = parts(rest)?;
            Ok(ServerMessage::Message(message(to_ref(&join_ref), Ref::NULL, topic, event, data)))
        }
        (REPLY, rest) => {
            let ([join_ref, ref_, topic, status], data) = parts(rest)?;
            Ok(ServerMessage::Reply(Reply {
                join_ref: to_ref(&join_ref),
                ref_: to_ref(&ref_),
                topic,
                status: Status::from(&*status),
                response: Payload::Binary(data),
            }))
        }
        (BROADCAST, rest) => {
            let ([topic, event], data) = parts(rest)?;
            Ok(ServerMessage::Message(message(Ref::NULL, Ref::NULL, topic, event, data)))
        }
        (kind, _) => Err(DecodeError::UnknownKind(kind)),
    }
}

pub(crate) fn encode_push(message: &Message, data: &[u8]) -> Result<Bytes, EncodeError> {
    let header = [
        ("join_ref", message.join_ref.as_binary()),
        ("ref", message.ref_.as_binary()),
        ("topic", &message.topic),
        ("event", &message.event),
    ];
    encode(PUSH, header, data)
}

pub(crate) fn encode_reply(reply: &Reply, data: &[u8]) -> Result<Bytes, EncodeError> {
    let header = [
        ("join_ref", reply.join_ref.as_binary()),
        ("ref", reply.ref_.as_binary()),
        ("topic", &reply.topic),
        ("status", reply.status.as_str()),
    ];
    encode(REPLY, header, data)
}

pub(crate) fn encode_server_push(message: &Message, data: &[u8]) -> Result<Bytes, EncodeError> {
    let header = [("join_ref", message.join_ref.as_binary()), ("topic", &*message.topic), ("event", &*message.event)];
    encode(PUSH, header, data)
}

pub(crate) fn encode_broadcast(topic: &str, event: &str, data: &[u8]) -> Result<Bytes, EncodeError> {
    encode(BROADCAST, [("topic", topic), ("event", event)], data)
}

fn encode<const N: usize>(kind: u8, header: [(&'static str, &str); N], data: &[u8]) -> Result<Bytes, EncodeError> {
    let length = header.iter().map(|(_, text)| text.len()).sum::<usize>();
    let mut frame = BytesMut::with_capacity(1 + N + length + data.len());
    frame.put_u8(kind);
    for (part, text) in header {
        let length = text.len();
        frame.put_u8(u8::try_from(length).map_err(|_| EncodeError::TooLong { part, length })?);
    }
    for (_, text) in header {
        frame.put_slice(text.as_bytes());
    }
    frame.put_slice(data);
    Ok(frame.freeze())
}

fn split_kind(frame: &Bytes) -> Result<(u8, Bytes), DecodeError> {
    let mut rest = frame.clone();
    let kind = rest.try_get_u8().map_err(|_| DecodeError::TooShort)?;
    Ok((kind, rest))
}

/// Takes `N` parts off the front; what remains is the data, which shares the frame's memory.
fn parts<const N: usize>(mut rest: Bytes) -> Result<([String; N], Bytes), DecodeError> {
    if rest.len() < N {
        return Err(DecodeError::TooShort);
    }
    let lengths = rest.split_to(N);
    let mut parts = [const { String::new() }; N];
    for (part, &length) in parts.iter_mut().zip(&lengths) {
        let length = usize::from(length);
        if rest.len() < length {
            return Err(DecodeError::TooShort);
        }
        let bytes = rest.split_to(length);
        *part = std::str::from_utf8(&bytes).map_err(|_| DecodeError::NotUtf8)?.to_owned();
    }
    Ok((parts, rest))
}

fn to_ref(text: &str) -> Ref {
    if text.is_empty() { Ref::NULL } else { Ref::from(text) }
}

fn message(join_ref: Ref, ref_: Ref, topic: String, event: String, data: Bytes) -> Message {
    Message { join_ref, ref_, topic, event, payload: Payload::Binary(data) }
}
