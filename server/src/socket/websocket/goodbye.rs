//! How a WebSocket ends: a goodbye that arrives.

use std::future::poll_fn;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::frame::{Kind, write_head};
use super::writer::Writer;
use crate::socket::Outgoing;

/// How long a client is given to take what is left, and then to hang up.
const GOODBYE: Duration = Duration::from_secs(2);

/// Writes what is left, says goodbye with a code and a reason if there is one, and hangs up.
///
/// A connection that is closed while unread bytes are left is reset, and a reset can overtake the close frame; so what
/// the client still sends is read, and dropped, until it hangs up too.
pub(super) async fn hang_up<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    mut writer: Writer,
    mut outgoing: Outgoing,
    goodbye: Option<(u16, &'static str)>,
) {
    let hang_up = async {
        poll_fn(|cx| writer.poll_write(&mut outgoing, &mut stream, cx)).await?;
        stream.write_all(&close_frame(goodbye)).await?;
        stream.shutdown().await?;
        let mut unread = vec![0; 4096];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whether it arrives is up to the client.
    drop(timeout(GOODBYE, hang_up).await);
}

fn close_frame(goodbye: Option<(u16, &'static str)>) -> Vec<u8> {
    let mut frame = Vec::new();
    match goodbye {
        Some((code, reason)) => {
            write_head(&mut frame, Kind::Close, true, 2 + reason.len());
            frame.extend_from_slice(&code.to_be_bytes());
            frame.extend_from_slice(reason.as_bytes());
        }
        None => write_head(&mut frame, Kind::Close, true, 0),
    }
    frame
}
