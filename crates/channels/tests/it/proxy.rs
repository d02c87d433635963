//! Connecting through a proxy.

use roost_channels::{Proxy, Socket, SocketConfig, SocketState};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::peer::{Server, soon, state};

/// A socket of a server that only the proxy knows.
async fn socket(proxy: &Server) -> Socket {
    let mut config = SocketConfig::new("ws://roost.invalid:4000/socket").unwrap();
    config.backoff = proxy.config().backoff;
    let port = proxy.port();
    config.proxy = Some(Proxy { host: "127.0.0.1".to_owned(), port, authorization: Some("Basic YTpi".to_owned()) });
    Socket::connect(config)
}

async fn asked(tcp: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(soon(tcp.read_u8()).await.unwrap());
    }
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn a_proxy_lets_it_through() {
    let proxy = Server::start().await;
    let socket = socket(&proxy).await;
    let mut tcp = proxy.tcp().await;
    assert_eq!(
        asked(&mut tcp).await,
        "CONNECT roost.invalid:4000 HTTP/1.1\r\nHost: roost.invalid:4000\r\nProxy-Authorization: Basic YTpi\r\n\r\n"
    );
    tcp.write_all(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n").await.unwrap();
    let _peer = soon(tokio_tungstenite::accept_async(tcp)).await.unwrap();
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_proxy_that_will_not_is_asked_again() {
    let proxy = Server::start().await;
    let socket = socket(&proxy).await;
    for answer in
        ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "?\r\n\r\n"]
    {
        let mut tcp = proxy.tcp().await;
        asked(&mut tcp).await;
        tcp.write_all(answer.as_bytes()).await.unwrap();
        state(&mut socket.states(), |state| matches!(state, SocketState::Waiting { .. })).await;
    }
    asked(&mut proxy.tcp().await).await;
}
