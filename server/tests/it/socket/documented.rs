//! The exchanges in `docs/protocol.md`, carried out: what it says is sent is sent, and what it says is answered has to
//! come, byte for byte but for ids, tokens and times.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::table::{steady, without_values};
use super::world::{Client, Person, World};

const DOCUMENT: &str = include_str!("../../../../docs/protocol.md");

/// The ids in the document of what the server makes.
const ADA: &str = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e0a";
const BOB: &str = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e0b";
const BOARD: &str = "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e0c";

/// The blocks of one kind: what stands behind the kind, and their lines.
fn blocks(kind: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut blocks = Vec::new();
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("```").and_then(|info| info.strip_prefix(kind)) {
            blocks.push((rest.trim(), lines.by_ref().take_while(|line| *line != "```").collect()));
        }
    }
    assert!(!blocks.is_empty(), "no {kind} in the document");
    blocks
}

/// What the document's names stand for.
struct Names(Vec<(&'static str, String)>);

impl Names {
    fn to_real(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, real)| text.replace(name, real))
    }

    fn to_documented(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, real)| text.replace(real, name))
    }
}

async fn world() -> (World, Person, Names) {
    let world = World::start().await;
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let board = world.make_board(&ada, "Roof").await;
    let names = vec![
        ("<jwt>", ada.jwt.clone()),
        (ADA, ada.user.id.to_string()),
        (BOB, bob.user.id.to_string()),
        (BOARD, board.to_string()),
    ];
    (world, ada, Names(names))
}

/// A frame as the document writes it: text as it is, binary in hexadecimal.
fn frame(text: &str) -> Message {
    let Some(hex) = text.strip_prefix("binary ") else { return Message::text(text) };
    let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap());
    Message::binary(bytes.collect::<Vec<u8>>())
}

/// The next text; who is there is told between any two frames, so it is passed over where it is not expected.
async fn next(client: &mut Client, expected: &str) -> String {
    loop {
        let text = client.text().await;
        if expected.contains("presence_") || !text.contains(r#""presence_"#) {
            return text;
        }
    }
}

/// In one world, one after the other: what a block does the next one finds.
#[tokio::test]
async fn the_exchanges_over_a_web_socket() {
    let (world, ada, names) = world().await;
    for (vsn, lines) in blocks("frames") {
        let mut client = world.connect_with(&ada, vsn).await;
        for line in lines {
            if let Some(sent) = line.strip_prefix("→ ") {
                client.send_message(frame(&names.to_real(sent))).await;
            } else if let Some(code) = line.strip_prefix("← close ") {
                let (closed, reason) = client.goodbye().await;
                assert_eq!(format!("{closed} {reason}"), code);
            } else {
                let expected = line.strip_prefix("← ").unwrap_or_else(|| panic!("neither sent nor answered: {line}"));
                let heard = names.to_documented(&next(&mut client, expected).await);
                // The server makes the `op` of an invitation.
                let comparable = |text: &str| without_values(&steady(text), "op");
                assert_eq!(comparable(&heard), comparable(expected));
            }
        }
        // The next block is not to hear of the end of this one.
        drop(client);
    }
}

#[tokio::test]
async fn the_exchanges_by_long_poll() {
    let (world, _, mut names) = world().await;
    for (_, lines) in blocks("longpoll") {
        let mut lines = lines.into_iter();
        while let Some(request) = lines.next() {
            let (method, path) = request.split_once(' ').unwrap();
            let mut body = Vec::new();
            let expected = loop {
                let line = lines.next().expect("an answer to each request");
                match line.strip_prefix("200 ") {
                    Some(expected) => break expected,
                    None => body.push(names.to_real(line)),
                }
            };
            let answer = world.exchange(method, &names.to_real(path), body.join("\n")).await;
            if path.ends_with("<jwt>") {
                let value: Value = serde_json::from_str(&answer).unwrap();
                names.0.retain(|(name, _)| *name != "<session>");
                if let Some(token) = value["token"].as_str() {
                    names.0.push(("<session>", token.to_owned()));
                }
            }
            assert_eq!(steady(&names.to_documented(&answer)), steady(expected), "{request}");
        }
    }
}

/// The table of bad input: each frame ends the socket as it says.
#[tokio::test]
async fn the_bad_input() {
    let (world, ada, _) = world().await;
    let rows: Vec<(&str, &str)> = blocks("bad")
        .into_iter()
        .flat_map(|(_, lines)| lines)
        .map(|line| line.rsplit_once(" ⇒ ").unwrap_or_else(|| panic!("no end: {line}")))
        .collect();
    for (sent, expected) in rows {
        let mut client = world.connect(&ada).await;
        client.send_message(frame(sent.trim_end())).await;
        let (code, reason) = client.goodbye().await;
        assert_eq!(format!("{code} {reason}"), expected, "{sent}");
    }
}
