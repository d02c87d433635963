use std::io::{self, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use super::*;

const MESSAGE_MAX: usize = 300;

/// What a stream comes to: what it brings, and how it breaks the rules in the end if it does.
type Outcome = (Vec<Brought>, Option<Violation>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Brought {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
}

impl From<Event<'_>> for Brought {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.into_owned()),
            Event::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Event::Ping(bytes) => Self::Ping(bytes.to_vec()),
            Event::Pong => Self::Pong,
            Event::Close(code) => Self::Close(code),
        }
    }
}

fn frame(first: u8, content: &[u8]) -> Vec<u8> {
    let key = [0x12, 0xF3, 0, 0x77];
    let mut frame = vec![first];
    match content.len() {
        length @ ..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length => {
            frame.push(0xFE);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend(key);
    let start = frame.len();
    frame.extend(content);
    mask(&mut frame[start..], key);
    frame
}

/// Reads a stream that comes in pieces.
fn read(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(MESSAGE_MAX);
    let (mut unread, mut brought) = (Vec::new(), Vec::new());
    for piece in pieces {
        unread.extend_from_slice(piece);
        loop {
            match decoder.next(&mut unread) {
                Ok(None) => break,
                Ok(Some((length, event))) => {
                    brought.extend(event.map(Brought::from));
                    if matches!(brought.last(), Some(Brought::Close(_))) {
                        return (brought, None);
                    }
                    unread.drain(..length);
                }
                Err(violation) => return (brought, Some(violation)),
            }
        }
    }
    (brought, None)
}

#[test]
fn messages_in_one_piece_and_in_several() {
    let stream = [
        frame(0x81, b"one"),
        frame(0x01, "fragm\u{e9}nt".as_bytes().split_at(6).0),
        frame(0x89, b"in between"),
        frame(0x00, b""),
        frame(0x80, "fragm\u{e9}nt".as_bytes().split_at(6).1),
        frame(0x02, b"\x00"),
        frame(0x8A, b""),
        frame(0x80, b"\xFF"),
        frame(0x82, b""),
        frame(0x88, &4000_u16.to_be_bytes()),
        frame(0x81, b"after the end"),
    ]
    .concat();
    let expected = vec![
        Brought::Text("one".to_owned()),
        Brought::Ping(b"in between".to_vec()),
        Brought::Text("fragm\u{e9}nt".to_owned()),
        Brought::Pong,
        Brought::Binary(vec![0, 0xFF]),
        Brought::Binary(vec![]),
        Brought::Close(Some(4000)),
    ];
    for cut in 0..stream.len() {
        let (one, other) = stream.split_at(cut);
        assert_eq!(read(&[one, other]), (expected.clone(), None), "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes), (expected, None));
}

#[test]
fn what_breaks_the_rules() {
    let long = vec![b'x'; MESSAGE_MAX];
    for (what, stream, expected) in [
        ("nothing to continue", frame(0x80, b"x"), Violation::Frame),
        ("a message in a message", [frame(0x01, b"x"), frame(0x81, b"y")].concat(), Violation::Frame),
        ("a goodbye in pieces", frame(0x08, b""), Violation::Frame),
        ("a goodbye of one byte", frame(0x88, b"x"), Violation::Frame),
        ("a goodbye with a code that is none", frame(0x88, &1005_u16.to_be_bytes()), Violation::Frame),
        ("a goodbye that is not text", frame(0x88, b"\x03\xE8\xFF"), Violation::Text),
        ("not text", frame(0x81, b"\xC3"), Violation::Text),
        ("not text, with more to come", frame(0x01, b"\xC3\x00"), Violation::Text),
        ("text that ends in a character", [frame(0x01, b"\xC3"), frame(0x80, b"")].concat(), Violation::Text),
        ("too long in pieces", [frame(0x01, &long), frame(0x80, b"x")].concat(), Violation::Length),
        ("too long", frame(0x81, &[&*long, b"x"].concat()), Violation::Length),
        ("a head that says too much", vec![0x82, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0], Violation::Length),
        ("a head that says everything", [vec![0x82, 0xFF], vec![0xFF; 8], vec![0; 4]].concat(), Violation::Length),
    ] {
        assert_eq!(read(&[&stream]), (vec![], Some(expected)), "{what}");
    }
    assert_eq!(read(&[&frame(0x81, &long)]).1, None);
}

/// The same stream, for the library that clients have.
struct Stream<'a>(&'a [u8]);

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_by_tungstenite(stream: &[u8]) -> Outcome {
    let config = WebSocketConfig::default().max_frame_size(Some(MESSAGE_MAX)).max_message_size(Some(MESSAGE_MAX));
    let mut websocket = WebSocket::from_raw_socket(Stream(stream), Role::Server, Some(config));
    let mut brought = Vec::new();
    loop {
        let violation = match websocket.read() {
            Ok(Message::Text(text)) => {
                brought.push(Brought::Text(text.to_string()));
                continue;
            }
            Ok(Message::Binary(bytes)) => {
                brought.push(Brought::Binary(bytes.to_vec()));
                continue;
            }
            Ok(Message::Ping(bytes)) => {
                brought.push(Brought::Ping(bytes.to_vec()));
                continue;
            }
            Ok(Message::Pong(_)) => {
                brought.push(Brought::Pong);
                continue;
            }
            Ok(Message::Close(Some(frame))) if frame.reason == "Protocol violation" => Some(Violation::Frame),
            Ok(Message::Close(frame)) => {
                brought.push(Brought::Close(frame.map(|frame| frame.code.into())));
                None
            }
            Err(Error::Utf8(_)) => Some(Violation::Text),
            Err(Error::Capacity(_)) => Some(Violation::Length),
            Err(Error::Protocol(error)) if !error.to_string().contains("without closing handshake") => {
                Some(Violation::Frame)
            }
            // The end of the stream.
            Err(_) => None,
            Ok(message) => panic!("unexpected {message:?}"),
        };
        return (brought, violation);
    }
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    // Mostly what makes sense, so that some streams get far.
    let first = prop_oneof![
        8 => prop_oneof![Just(0x81_u8), Just(0x01), Just(0x00), Just(0x80), Just(0x82), Just(0x02), Just(0x89), Just(0x8A)],
        1 => any::<u8>(),
        1 => Just(0x88),
    ];
    let content = prop_oneof![
        8 => "[a-z\u{e4}\u{20ac}\u{1f980}]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (990..5_010_u16).prop_map(|code| code.to_be_bytes().to_vec()),
    ];
    // Characters are cut, too.
    let cut = (content, 0..4_usize).prop_map(|(mut content, n_cut)| {
        content.drain(..n_cut.saturating_sub(2).min(content.len()));
        content
    });
    prop::collection::vec((first, cut).prop_map(|(first, content)| frame(first, &content)), 0..12)
}

proptest! {
    #[test]
    fn every_stream_means_the_same_as_to_the_library_wherever_it_is_cut(
        frames in frames(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let stream = frames.concat();
        let expected = read_by_tungstenite(&stream);
        prop_assert_eq!(&read(&[&stream]), &expected);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
        prop_assert_eq!(&read(&pieces), &expected);
    }

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&[&bytes]);
    }
}
