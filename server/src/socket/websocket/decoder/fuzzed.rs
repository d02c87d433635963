//! What has to hold for any bytes that a WebSocket brings.

use super::{Decoder, Event};

/// Reads bytes as a WebSocket brings them, in one piece and cut in two: they have to come to the same.
pub(crate) fn check(bytes: &[u8], cut: usize) {
    let (first, rest) = bytes.split_at(cut.min(bytes.len()));
    assert_eq!(read(&[bytes]), read(&[first, rest]), "cut at {cut}");
}

/// What the pieces come to, in words.
fn read(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = Decoder::new(1_000);
    let (mut unread, mut said) = (Vec::new(), Vec::new());
    for piece in pieces {
        unread.extend_from_slice(piece);
        loop {
            match decoder.next(&mut unread) {
                Ok(None) => break,
                Ok(Some((length, event))) => {
                    let is_over = matches!(event, Some(Event::Close(_)));
                    said.extend(event.map(|event| format!("{event:?}")));
                    if is_over {
                        return said;
                    }
                    drop(unread.drain(..length));
                }
                Err(violation) => {
                    said.push(format!("{violation:?}"));
                    return said;
                }
            }
        }
    }
    said
}
