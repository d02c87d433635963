//! The way to the server's machine: its name, its addresses, TCP.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use url::{Host, Url};

/// The pause before the next address is called beside those that have not answered, as RFC 8305 has it: on a network
/// where one kind of address leads nowhere, the other kind is there at once.
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the machine that a URL names.
pub(crate) async fn dial(url: &Url) -> io::Result<TcpStream> {
    let port = url.port_or_known_default().expect("the schemes of sockets have ports");
    let addresses: Vec<SocketAddr> = match url.host().expect("the schemes of sockets have hosts") {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => lookup_host((name, port)).await?.collect(),
    };
    let stream = call(&by_turns(addresses)).await?;
    // Messages are small, and none of them is to wait for the next.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// In the order in which they came, but the two kinds by turns.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let of_first_kind = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == of_first_kind);
    // From the back, since that is where a vector gives things away.
    first.reverse();
    second.reverse();
    std::iter::from_fn(|| {
        let next = first.pop().or_else(|| second.pop());
        std::mem::swap(&mut first, &mut second);
        next
    })
    .collect()
}

/// The connection of the first address that answers.
async fn call(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the server's name has no address");
    let mut addresses = addresses.iter();
    let mut calls = FuturesUnordered::new();
    loop {
        if let Some(&address) = addresses.next() {
            calls.push(TcpStream::connect(address));
        }
        tokio::select! {
            called = calls.next() => match called {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failure = error,
                None => return Err(failure),
            },
            () = tokio::time::sleep(STAGGER), if addresses.len() > 0 => {}
        }
    }
}

/// How many bytes have come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<AtomicU64>);

impl Heard {
    pub(crate) fn n_bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that counts what it hears: whoever says something is there, also when what was asked has no answer yet.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    stream: S,
    heard: Heard,
}

impl<S> Counted<S> {
    pub(crate) fn new(stream: S) -> (Self, Heard) {
        let heard = Heard::default();
        (Self { stream, heard: heard.clone() }, heard)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n_before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let n_bytes = buffer.filled().len() - n_before;
        self.heard.0.fetch_add(n_bytes as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn both_kinds_of_addresses_have_their_turn() {
        let [a, b, c, d] = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"].map(address);
        assert_eq!(by_turns(vec![a, b, c, d]), [a, d, b, c]);
        assert_eq!(by_turns(vec![d, a, b]), [d, a, b]);
        assert_eq!(by_turns(Vec::new()), []);
    }

    #[tokio::test]
    async fn an_address_that_refuses_does_not_hide_the_next() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let somebody = server.local_addr().unwrap();
        assert_eq!(call(&[nobody, somebody]).await.unwrap().peer_addr().unwrap(), somebody);
        assert_eq!(call(&[nobody]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(call(&[]).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn what_is_heard_is_counted() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let (near, mut far) = tokio::io::duplex(64);
        let (mut near, heard) = Counted::new(near);
        near.write_all(b"said").await.unwrap();
        assert_eq!(heard.n_bytes(), 0);
        far.write_all(b"answer").await.unwrap();
        near.read_exact(&mut [0; 6]).await.unwrap();
        assert_eq!(heard.n_bytes(), 6);
    }
}
