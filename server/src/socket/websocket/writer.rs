//! Frames on their way into a connection.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use super::frame::{Kind, write_head};
use crate::socket::Outgoing;

/// How much is gathered for one write, in bytes. Frames that wait for each other leave together.
const GATHERED: usize = 16 * 1024;

/// A message is written in fragments of this length at most, in bytes: some clients take no longer frames, whatever the
/// length of the message.
const FRAGMENT_MAX: usize = 1 << 20;

/// How many bytes of pongs wait for a client that does not read.
const PONGS_MAX: usize = 1024;

thread_local! {
    /// Where frames are gathered. Each thread has one: a socket with nothing to write needs no memory for it.
    static GATHER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes frames, as many as there are with each call of the system.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Only while the client has not taken all of what was begun.
    begun: Option<Box<Begun>>,
    /// Only while there are any.
    pongs: Option<Box<Pongs>>,
    n_written: u64,
}

/// What was begun, in its order.
#[derive(Debug, Default)]
struct Begun {
    /// What was gathered and not written.
    unwritten: Bytes,
    /// The rest of a long frame, which was not gathered.
    rest: Bytes,
    /// The rest of its message, for more frames.
    fragments: Bytes,
}

/// Pongs that wait. There is an end to them: one that does not fit takes the place of the last, which RFC 6455, section
/// 5.5.3, allows.
#[derive(Debug, Default)]
struct Pongs {
    frames: Vec<u8>,
    /// Where the last one begins; behind the end when a part of it was written.
    last: usize,
}

impl Writer {
    /// How many bytes the client has taken so far.
    pub(super) const fn n_written(&self) -> u64 {
        self.n_written
    }

    /// Whether the client has not taken all messages that were begun.
    pub(super) const fn is_behind(&self) -> bool {
        self.begun.is_some()
    }

    /// Answers a ping.
    pub(super) fn pong(&mut self, content: &[u8]) {
        let pongs = self.pongs.get_or_insert_default();
        if pongs.frames.len() + content.len() > PONGS_MAX {
            pongs.frames.truncate(pongs.last);
        }
        pongs.last = pongs.frames.len();
        write_head(&mut pongs.frames, Kind::Pong, true, content.len());
        pongs.frames.extend_from_slice(content);
    }

    /// Writes everything. Pending while the client does not take the messages; pongs are not waited for.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        outgoing: &mut Outgoing,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_drain(stream, cx))?;
            let is_written = GATHER.with_borrow_mut(|gathered| {
                gathered.clear();
                let (n_pongs, rest) = self.gather(outgoing, gathered);
                if gathered.is_empty() {
                    return Poll::Ready(Ok(true));
                }
                let written = poll_write(stream, gathered, cx)?;
                let n_written = if let Poll::Ready(n_written) = written { n_written } else { 0 };
                self.n_written += n_written as u64;
                self.keep(gathered, n_written, n_pongs, rest);
                match written {
                    Poll::Pending if self.is_behind() => Poll::Pending,
                    Poll::Pending => Poll::Ready(Ok(true)),
                    Poll::Ready(_) => Poll::Ready(io::Result::Ok(false)),
                }
            });
            if ready!(is_written)? {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes what was begun, save for more fragments.
    fn poll_drain<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(begun) = &mut self.begun else { return Poll::Ready(Ok(())) };
        for bytes in [&mut begun.unwritten, &mut begun.rest] {
            while !bytes.is_empty() {
                let n_written = ready!(poll_write(stream, bytes, cx))?;
                self.n_written += n_written as u64;
                bytes.advance(n_written);
            }
            // Even an empty rest keeps alive what it is the end of.
            *bytes = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Gathers frames for one write: pongs, whose length is returned, then messages. A long frame ends it, of which only
    /// the head is copied; the rest and what is left of its message are returned, too.
    fn gather(&mut self, outgoing: &mut Outgoing, gathered: &mut Vec<u8>) -> (usize, Option<Begun>) {
        if let Some(pongs) = &self.pongs {
            gathered.extend_from_slice(&pongs.frames);
        }
        let n_pongs = gathered.len();
        let mut fragments = self.begun.take().map(|begun| begun.fragments);
        while gathered.len() < GATHERED {
            let (kind, mut content) = match fragments.take() {
                Some(fragments) if !fragments.is_empty() => (Kind::Continue, fragments),
                _ => {
                    let Some(written) = outgoing.pop() else { break };
                    (if written.is_text() { Kind::Text } else { Kind::Binary }, written.into_bytes())
                }
            };
            let part = content.split_to(content.len().min(FRAGMENT_MAX));
            write_head(gathered, kind, content.is_empty(), part.len());
            if part.len() > GATHERED {
                return (n_pongs, Some(Begun { unwritten: Bytes::new(), rest: part, fragments: content }));
            }
            gathered.extend_from_slice(&part);
        }
        (n_pongs, None)
    }

    /// Keeps what was gathered and not written, which begins with so many bytes of pongs, and what comes behind it.
    fn keep(&mut self, gathered: &[u8], n_written: usize, n_pongs: usize, rest: Option<Begun>) {
        let left = &gathered[n_written..];
        let are_pongs = gathered.len() == n_pongs;
        self.pongs = self.pongs.take().filter(|_| are_pongs && !left.is_empty());
        if let Some(pongs) = &mut self.pongs {
            pongs.frames.drain(..n_written);
            pongs.last = pongs.last.checked_sub(n_written).unwrap_or(usize::MAX);
        }
        let unwritten = if are_pongs { Bytes::new() } else { Bytes::copy_from_slice(left) };
        if rest.is_some() || !unwritten.is_empty() {
            self.begun = Some(Box::new(Begun { unwritten, ..rest.unwrap_or_default() }));
        }
    }
}

fn poll_write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    match ready!(Pin::new(stream).poll_write(cx, bytes))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        n_written => Poll::Ready(Ok(n_written)),
    }
}

#[cfg(test)]
mod tests {
    use roost_protocol::{Frame, Vsn};
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::*;
    use crate::socket::websocket::frame::CONTROL_MAX;

    /// What a client reads of these messages, and of pongs with these bytes, with so much room on the way.
    async fn read(outgoing: &mut Outgoing, writer: &mut Writer, room: usize) -> Vec<u8> {
        let (mut near, mut far) = duplex(room);
        let mut read = Vec::new();
        let write = async {
            std::future::poll_fn(|cx| writer.poll_write(outgoing, &mut near, cx)).await.unwrap();
            drop(near);
        };
        let (_, n_read) = tokio::join!(write, far.read_to_end(&mut read));
        assert_eq!(n_read.unwrap(), read.len());
        read
    }

    fn outgoing(lengths: &[usize]) -> Outgoing {
        let mut outgoing = Outgoing::new(Vsn::V2);
        lengths.iter().for_each(|&length| outgoing.add_frame(Frame::Text("x".repeat(length))));
        outgoing
    }

    /// The first byte and the length of each frame.
    fn frames(mut bytes: &[u8]) -> Vec<(u8, usize)> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let first = bytes.get_u8();
            let length = match bytes.get_u8() {
                126 => usize::from(bytes.get_u16()),
                127 => usize::try_from(bytes.get_u64()).unwrap(),
                length => usize::from(length),
            };
            bytes.advance(length);
            frames.push((first, length));
        }
        frames
    }

    #[tokio::test]
    async fn messages_of_all_lengths_arrive_as_they_are_whatever_the_room() {
        let lengths = [0, 3, GATHERED, GATHERED + 1, 5, FRAGMENT_MAX, FRAGMENT_MAX + 1, 2 * FRAGMENT_MAX, 7];
        let expected = [
            (0x81, 0),
            (0x81, 3),
            (0x81, GATHERED),
            (0x81, GATHERED + 1),
            (0x81, 5),
            (0x81, FRAGMENT_MAX),
            (0x01, FRAGMENT_MAX),
            (0x80, 1),
            (0x01, FRAGMENT_MAX),
            (0x80, FRAGMENT_MAX),
            (0x81, 7),
        ];
        for room in [997, 64 * 1024, 8 << 20] {
            let mut writer = Writer::default();
            let bytes = read(&mut outgoing(&lengths), &mut writer, room).await;
            assert_eq!(frames(&bytes), expected);
            assert_eq!(writer.n_written(), bytes.len() as u64);
            assert!(!writer.is_behind());
        }
    }

    /// Takes what there is room for.
    fn write(writer: &mut Writer, outgoing: &mut Outgoing, stream: &mut DuplexStream) -> bool {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        writer.poll_write(outgoing, stream, &mut cx).map(Result::unwrap).is_ready()
    }

    #[tokio::test]
    async fn pongs_wait_for_nobody_and_have_an_end() {
        let (mut near, mut far) = duplex(100);
        let (mut writer, mut none) = (Writer::default(), outgoing(&[]));
        for number in 0..1_000_u16 {
            writer.pong(&number.to_be_bytes());
            assert!(write(&mut writer, &mut none, &mut near));
            assert!(!writer.is_behind());
        }
        assert!(writer.pongs.as_ref().unwrap().frames.len() <= PONGS_MAX + CONTROL_MAX + 2);
        // Those in the middle were left out, the last was not; a message behind them is waited for.
        assert!(!write(&mut writer, &mut outgoing(&[10]), &mut near));
        assert!(writer.is_behind());
        let mut read = vec![0; 100];
        loop {
            let start = read.len();
            read.resize(start + 100, 0);
            let n_read = far.read(&mut read[start..]).await.unwrap();
            read.truncate(start + n_read);
            if write(&mut writer, &mut none, &mut near) {
                break;
            }
        }
        drop(near);
        far.read_to_end(&mut read).await.unwrap();
        let frames = frames(&read[100..]);
        assert_eq!(frames.last(), Some(&(0x81, 10)));
        assert!(frames[..frames.len() - 1].iter().all(|&frame| frame == (0x8A, 2)));
        let last_pong = &read[read.len() - 16..read.len() - 12];
        assert_eq!(last_pong, [0x8A, 2, 0x03, 0xE7]);
    }
}
