//! The socket as a client sees it: real connections, raw frames.
//!
//! What Phoenix answers is in tables, a file for each part of the wire: [`handshake`], [`joins`], [`pushes`],
//! [`version1`], [`binary`], [`malformed`], [`websocket`], [`presence`]. Where Roost answers otherwise on purpose, the
//! row says so; `docs/protocol.md` lists them.

mod binary;
mod boards;
mod client;
mod convergence;
mod documented;
mod endings;
mod handshake;
mod joins;
mod limits;
mod malformed;
mod presence;
mod pushes;
mod rights;
mod table;
mod version1;
mod websocket;
mod world;

/// A frame as a client sends it, with its first byte as given.
fn raw_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length if length < 0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend(u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
