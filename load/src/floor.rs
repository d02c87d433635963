//! Floors: servers without any logic, which send bytes that are ready. No server can do with less.
//!
//! They play as much of the protocol as the generator needs: a join is answered with bytes of about the length that
//! Roost's have, and a proposal with an entry to everybody on the topic and a reply. Nothing is checked, and nothing is
//! kept.

mod one_thread;
mod prepared;
mod tasks;

use std::io::{Write as _, stdout};
use std::net::SocketAddr;

use anyhow::Result;

use crate::target::Floor;
use prepared::Prepared;

/// The answer to the generator's handshake, whose key is always the same.
const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Serves until the process is ended.
pub(crate) fn serve(kind: Floor, join_bytes: usize) -> Result<()> {
    let prepared = Prepared::new(join_bytes);
    let listening = |address: SocketAddr| {
        // Whoever started this reads it; if nobody does, nobody needs to know.
        drop(writeln!(stdout(), "listening on http://{address}"));
    };
    match kind {
        Floor::A => one_thread::serve(prepared, listening),
        Floor::B => tasks::serve(prepared, listening),
    }
}
