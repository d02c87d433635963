//! The way to the server's machine: its name, its addresses, TCP, perhaps a proxy.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use url::{Host, Url};

use crate::config::Proxy;

/// The pause before the next address is called beside those that have not answered, as RFC 8305 has it: on a network
/// where one kind of address leads nowhere, the other kind is there at once.
const STAGGER: Duration = Duration::from_millis(250);

/// The longest answer of a proxy that is read, in bytes.
const ANSWER_MAX: usize = 8 * 1024;

/// Connects to the machine that a URL names, through the proxy if there is one.
pub(crate) async fn dial(url: &Url, proxy: Option<&Proxy>) -> io::Result<TcpStream> {
    let host = url.host().expect("the schemes of sockets have hosts");
    let port = url.port_or_known_default().expect("the schemes of sockets have ports");
    match proxy {
        None => reach(host, port).await,
        Some(proxy) => {
            let mut stream = reach(Host::parse(&proxy.host).map_err(io::Error::other)?, proxy.port).await?;
            tunnel(&mut stream, &format!("{host}:{port}"), proxy.authorization.as_deref()).await?;
            Ok(stream)
        }
    }
}

async fn reach<S: AsRef<str>>(host: Host<S>, port: u16) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = match host {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => lookup_host((name.as_ref(), port)).await?.collect(),
    };
    let stream = call(&by_turns(addresses)).await?;
    // Messages are small, and none of them is to wait for the next.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Has a proxy let this connection through to the server.
async fn tunnel(stream: &mut TcpStream, server: &str, authorization: Option<&str>) -> io::Result<()> {
    let authorization = authorization.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
    let request = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte: what follows is the server's.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == ANSWER_MAX {
            return Err(io::Error::other("the proxy does not answer as one"));
        }
        answer.push(stream.read_u8().await?);
    }
    let answer = String::from_utf8_lossy(&answer);
    let line = answer.lines().next().unwrap_or_default();
    match line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)) {
        Some(status) if status.starts_with('2') => Ok(()),
        _ => Err(io::Error::other(format!("the proxy answers {line:?}"))),
    }
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
}
