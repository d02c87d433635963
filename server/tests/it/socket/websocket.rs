//! The WebSocket below the messages: fragments, control frames, and what is no WebSocket.
//!
//! Where Phoenix's two servers, Bandit and Cowboy, differ, the rows say which one Roost is like.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::raw_frame;
use super::world::{Client, World};

const HEARTBEAT: &[u8] = br#"[null,"1","phoenix","heartbeat",{}]"#;
const ANSWER: &str = r#"[null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#;

/// The first bytes of frames: opcodes, with and without the bit of the last fragment.
const TEXT: u8 = 0x81;
const TEXT_BEGINS: u8 = 0x01;
const GOES_ON: u8 = 0x00;
const ENDS: u8 = 0x80;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

async fn world_and_client() -> (World, Client) {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let client = world.connect(&ada).await;
    (world, client)
}

#[tokio::test]
async fn frames_that_are_no_web_socket() {
    const NO_FRAME: u16 = 1002;
    const NOT_UTF8: u16 = 1007;
    const TOO_LONG: u16 = 1009;
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    // Cowboy's answer; Bandit's connection stalls.
    let mut unmasked = vec![TEXT, u8::try_from(HEARTBEAT.len()).unwrap()];
    unmasked.extend(HEARTBEAT);
    let close = |code: u16, reason: &[u8]| raw_frame(CLOSE, &[&code.to_be_bytes(), reason].concat());
    let letter = "é".as_bytes();
    let rows: [(&str, Vec<u8>, u16); 27] = [
        ("text that is not UTF-8", raw_frame(TEXT, b"\xFF\xFE"), NOT_UTF8),
        ("text that ends in half a letter", raw_frame(TEXT, &letter[..1]), NOT_UTF8),
        (
            "half a letter in the middle of fragments",
            [raw_frame(TEXT_BEGINS, b"[null"), raw_frame(GOES_ON, &letter[..1]), raw_frame(ENDS, b"x")].concat(),
            NOT_UTF8,
        ),
        (
            "fragments that end in half a letter",
            [raw_frame(TEXT_BEGINS, b"["), raw_frame(ENDS, &letter[..1])].concat(),
            NOT_UTF8,
        ),
        ("an overlong letter", raw_frame(TEXT, b"\xC0\x80"), NOT_UTF8),
        ("a surrogate", raw_frame(TEXT, b"\xED\xA0\x80"), NOT_UTF8),
        ("the first reserved bit", raw_frame(0xC1, HEARTBEAT), NO_FRAME),
        ("the second", raw_frame(0xA1, HEARTBEAT), NO_FRAME),
        ("the third", raw_frame(0x91, HEARTBEAT), NO_FRAME),
        ("a reserved opcode", raw_frame(0x83, HEARTBEAT), NO_FRAME),
        ("a reserved control opcode", raw_frame(0x8B, b""), NO_FRAME),
        ("a ping of 126 bytes", raw_frame(PING, &[b'x'; 126]), NO_FRAME),
        ("a pong of 126 bytes", raw_frame(PONG, &[b'x'; 126]), NO_FRAME),
        ("a close of 126 bytes", close(1000, &[b'x'; 124]), NO_FRAME),
        ("a ping in fragments", raw_frame(0x09, b"half"), NO_FRAME),
        ("a close of one byte", raw_frame(CLOSE, b"\x03"), NO_FRAME),
        ("a close code below all others", close(999, b""), NO_FRAME),
        ("a close code that nobody may send", close(1005, b""), NO_FRAME),
        ("another one", close(1006, b""), NO_FRAME),
        ("a close code above all others", close(5000, b""), NO_FRAME),
        ("a close whose reason is not UTF-8", close(1000, b"\xFF"), NOT_UTF8),
        ("nothing to continue", raw_frame(ENDS, HEARTBEAT), NO_FRAME),
        ("a message within a message", [raw_frame(TEXT_BEGINS, b"["), raw_frame(TEXT, HEARTBEAT)].concat(), NO_FRAME),
        ("no mask", unmasked, NO_FRAME),
        (
            "a header that announces a tebibyte",
            b"\x81\xFF\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec(),
            TOO_LONG,
        ),
        (
            "a header that announces 2^64 - 1 bytes",
            b"\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00\x00\x00".to_vec(),
            TOO_LONG,
        ),
        (
            "a fragment that announces a tebibyte",
            [raw_frame(TEXT_BEGINS, b"["), b"\x80\xFF\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec()]
                .concat(),
            TOO_LONG,
        ),
    ];
    for (what, bytes, expected) in rows {
        let mut client = world.connect(&ada).await;
        client.send_raw(&bytes).await;
        let (code, reason) = client.goodbye().await;
        assert_eq!(code, expected, "{what}");
        assert!(!reason.is_empty(), "{what}: it is said in words too");
    }
}

#[tokio::test]
async fn pings_and_pongs() {
    let (_world, mut client) = world_and_client().await;
    for payload in [&b""[..], b"hello", b"\x00\xFF", &[b'x'; 125]] {
        client.send_raw(&raw_frame(PING, payload)).await;
        assert_eq!(client.message().await, Message::Pong(payload.to_vec().into()));
    }
    // A pong that nobody asked for is answered by nothing.
    client.send_raw(&raw_frame(PONG, b"unasked")).await;
    client.expect_silence().await;
}

#[tokio::test]
async fn messages_in_fragments() {
    let (_world, mut client) = world_and_client().await;
    // With a ping inside: the pong first, then the answer.
    client.send_raw(&raw_frame(TEXT_BEGINS, &HEARTBEAT[..10])).await;
    client.send_raw(&raw_frame(PING, b"hello")).await;
    client.send_raw(&raw_frame(PONG, b"unasked")).await;
    client.send_raw(&raw_frame(ENDS, &HEARTBEAT[10..])).await;
    assert_eq!(client.message().await, Message::Pong(b"hello".as_slice().into()));
    client.expect(ANSWER).await;

    // 20 kB in three; Bandit's answer, whose limit of 8 KiB in this row was for each frame.
    let long = format!(r#"[null,"1","phoenix","heartbeat","{}"]"#, "x".repeat(20_000));
    let thirds: Vec<&[u8]> = long.as_bytes().chunks(long.len().div_ceil(3)).collect();
    client
        .send_raw(
            &[raw_frame(TEXT_BEGINS, thirds[0]), raw_frame(GOES_ON, thirds[1]), raw_frame(ENDS, thirds[2])].concat(),
        )
        .await;
    client.expect(ANSWER).await;

    // A byte each, cut within letters too, and with empty ones between them.
    let text = r#"[null,"é💡","phoenix","heartbeat",{}]"#.as_bytes();
    let (last, rest) = text.split_last().unwrap();
    let mut frames = raw_frame(TEXT_BEGINS, b"");
    for byte in rest {
        frames.extend(raw_frame(GOES_ON, &[*byte]));
        frames.extend(raw_frame(GOES_ON, b""));
    }
    frames.extend(raw_frame(ENDS, &[*last]));
    client.send_raw(&frames).await;
    client.expect(r#"[null,"é💡","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;

    // A binary message.
    let binary = b"\x00\x00\x01\x07\x091phoenixheartbeat{}";
    client.send_raw(&[raw_frame(0x02, &binary[..7]), raw_frame(ENDS, &binary[7..])].concat()).await;
    client.expect(ANSWER).await;
}

#[tokio::test]
async fn frames_that_come_byte_by_byte_or_many_at_once() {
    let (_world, mut client) = world_and_client().await;
    for byte in raw_frame(TEXT, HEARTBEAT) {
        client.send_raw(&[byte]).await;
    }
    client.expect(ANSWER).await;
    client.send_raw(&raw_frame(TEXT, HEARTBEAT).repeat(100)).await;
    for _ in 0..100 {
        client.expect(ANSWER).await;
    }
}

#[tokio::test]
async fn messages_that_are_too_long() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let limit = 256 * 1024;
    let too_long = (1009, "message too long (frame_bytes)".to_owned());
    let heartbeat = |length: usize| {
        let empty = r#"[null,"1","phoenix","heartbeat",""]"#;
        format!(r#"[null,"1","phoenix","heartbeat","{}"]"#, "x".repeat(length - empty.len())).into_bytes()
    };
    let mut client = world.connect(&ada).await;
    client.send_raw(&raw_frame(TEXT, &heartbeat(limit))).await;
    client.expect(ANSWER).await;
    client.send_raw(&raw_frame(TEXT, &heartbeat(limit + 1))).await;
    assert_eq!(client.goodbye().await, too_long);

    // In fragments that are each within the limit: Cowboy's answer.
    let mut client = world.connect(&ada).await;
    let text = heartbeat(limit + 1);
    let (one, other) = text.split_at(limit / 2);
    client.send_raw(&raw_frame(TEXT_BEGINS, one)).await;
    client.send_raw(&raw_frame(ENDS, other)).await;
    assert_eq!(client.goodbye().await, too_long);

    // Phoenix has no limit unless one is set.
    let mut client = world.connect(&ada).await;
    client.send_raw(&raw_frame(TEXT, &heartbeat(1 << 20))).await;
    assert_eq!(client.goodbye().await, too_long);
}

/// The client's own code is sent back, as Cowboy does; Bandit says 1000.
#[tokio::test]
async fn the_client_says_goodbye() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let close = |payload: &[u8]| raw_frame(CLOSE, payload);
    let half = raw_frame(TEXT_BEGINS, &HEARTBEAT[..10]);
    for (what, bytes, expected) in [
        ("1000", close(&1000_u16.to_be_bytes()), 1000),
        ("4000", close(&4000_u16.to_be_bytes()), 4000),
        ("with a reason", close(&[&4999_u16.to_be_bytes()[..], b"so long"].concat()), 4999),
        ("no code", close(b""), 1005),
        ("in the middle of a message", [half.clone(), close(&1000_u16.to_be_bytes())].concat(), 1000),
        ("the same without a code", [half, close(b"")].concat(), 1005),
        ("with more behind it", [close(&1001_u16.to_be_bytes()), raw_frame(TEXT, HEARTBEAT)].concat(), 1001),
    ] {
        let mut client = world.connect(&ada).await;
        client.send_raw(&bytes).await;
        assert_eq!(client.goodbye().await.0, expected, "{what}");
    }
}

/// What was half sent is nothing, and the others go on.
#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_message() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let mut other = world.connect(&ada).await;
    other.join(&topic, json!({})).await;
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    other.event("presence_diff").await;
    let push = format!(
        r#"["1","2","{topic}","propose",{{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","change":{{"type":"board_renamed","name":"Attic"}}}}]"#
    );
    client.send_raw(&raw_frame(TEXT_BEGINS, push.as_bytes())).await;
    drop(client);
    loop {
        let diff = other.event("presence_diff").await;
        if diff[4]["leaves"][ada.user.id.to_string()].is_object() {
            break;
        }
    }
    assert_eq!(world.snapshot(&ada, board).await.seq, roost_board::Seq::ZERO);
}
