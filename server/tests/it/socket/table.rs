//! Exchanges as tables: what a client sends, and exactly what answers it.

use tokio_tungstenite::tungstenite::Message;

use super::world::Client;

/// What is sent, and what answers it, frame by frame.
pub(crate) type Row<'a> = (&'a str, &'a [&'a str]);

/// Sends each frame and expects exactly its answers, then silence. Names such as `$T` stand for what is known only once
/// the server runs.
///
/// Who comes and goes is told some time later and between any two frames, so that is passed over where no row expects
/// it.
pub(crate) async fn check(client: &mut Client, names: &[(&str, &str)], rows: &[Row<'_>]) {
    for (sent, answers) in rows {
        client.send(&spell_out(sent, names)).await;
        for answer in *answers {
            let expected = spell_out(answer, names);
            assert_eq!(steady(&next(client, &expected).await), expected, "an answer to {sent}");
        }
    }
    let (sent, answer) = HEARTBEAT;
    client.send(sent).await;
    assert_eq!(next(client, answer).await, answer, "nothing follows the last row");
}

const HEARTBEAT: (&str, &str) =
    (r#"[null,"end","phoenix","heartbeat",{}]"#, r#"[null,"end","phoenix","phx_reply",{"response":{},"status":"ok"}]"#);

/// The next text; of who comes and goes only where that is expected.
async fn next(client: &mut Client, expected: &str) -> String {
    loop {
        let text = client.text().await;
        if expected.contains("presence_diff") || !text.contains(r#","presence_diff",{"#) {
            return text;
        }
    }
}

fn spell_out(text: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// The text with `…` for what differs from run to run: times, and the refs of presence.
pub(crate) fn steady(text: &str) -> String {
    ["phx_ref", "online_at", "at"].iter().fold(text.to_owned(), |text, key| without_values(&text, key))
}

/// The text with `…` for the strings behind a key.
pub(crate) fn without_values(text: &str, key: &str) -> String {
    let start = format!(r#""{key}":""#);
    let mut parts = text.split(&start);
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('"').unwrap();
        steady.extend([start.as_str(), "…\"", rest]);
    }
    steady
}

/// A client's binary frame: `00`, the lengths of the header's parts, the parts, and the data.
pub(crate) fn binary_push(parts: [&str; 4], data: &[u8]) -> Message {
    let lengths = parts.iter().map(|part| u8::try_from(part.len()).unwrap());
    let frame = std::iter::once(0).chain(lengths).chain(parts.concat().into_bytes()).chain(data.iter().copied());
    Message::binary(frame.collect::<Vec<u8>>())
}
