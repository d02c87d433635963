//! The other end of the wire, moved by hand.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use roost_channels::{Backoff, SocketConfig, SocketState};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// What a test may take before it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The future's value, unless it takes so long that it will never come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("what the test waits for did not happen")
}

pub(crate) struct Server(TcpListener);

impl Server {
    pub(crate) async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/socket", self.0.local_addr().unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// For this server, which knows WebSockets and nothing else, with pauses too short to notice.
    pub(crate) fn config(&self) -> SocketConfig {
        let mut config = SocketConfig::new(&self.url()).unwrap();
        let pauses = Backoff { first: Duration::from_millis(1), max: Duration::from_millis(10) };
        config.backoff = pauses;
        config.rejoin_backoff = pauses;
        config.fallback = false;
        config
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        soon(self.0.accept()).await.unwrap().0
    }

    pub(crate) async fn accept(&self) -> Peer {
        Peer::accept(self.tcp().await).await
    }

    /// Accepts as a server does that knows tokens in sub-protocols, and returns the request.
    // The library says what the callback returns.
    #[expect(clippy::result_large_err)]
    pub(crate) async fn accept_phoenix(&self) -> (Peer, Request) {
        let mut seen = None;
        let accept = |request: &Request, mut response: Response| {
            seen = Some(request.clone());
            response.headers_mut().insert("sec-websocket-protocol", "phoenix".parse().unwrap());
            Ok(response)
        };
        let stream = soon(tokio_tungstenite::accept_hdr_async(self.tcp().await, accept)).await.unwrap();
        (Peer(stream), seen.unwrap())
    }

    /// Answers a handshake with something else than a WebSocket, and returns the request.
    pub(crate) async fn refuse(&self, status: &str) -> String {
        let mut tcp = self.tcp().await;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(soon(tcp.read_u8()).await.unwrap());
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        tcp.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    }
}

/// The server's end of one connection. Dropping it cuts the connection.
pub(crate) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    pub(crate) async fn accept(tcp: TcpStream) -> Self {
        Self(soon(tokio_tungstenite::accept_async(tcp)).await.unwrap())
    }

    pub(crate) async fn hear(&mut self) -> Option<Message> {
        soon(self.0.next()).await.and_then(Result::ok)
    }

    pub(crate) async fn expect(&mut self, text: &str) {
        assert_eq!(self.hear().await, Some(Message::text(text)));
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn say_bytes(&mut self, bytes: impl Into<Bytes>) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    pub(crate) async fn ping(&mut self, bytes: &'static [u8]) {
        self.0.send(Message::Ping(bytes.into())).await.unwrap();
    }

    /// Expects a join of `t` under this ref and accepts it.
    pub(crate) async fn admit(&mut self, number: u64) {
        self.expect(&format!(r#"["{number}","{number}","t","phx_join",{{}}]"#)).await;
        self.say(&format!(r#"["{number}","{number}","t","phx_reply",{{"response":{{}},"status":"ok"}}]"#)).await;
    }

    /// Starts the closing handshake and sees it through.
    pub(crate) async fn close(mut self, frame: CloseFrame) {
        self.0.close(Some(frame)).await.unwrap();
        while self.hear().await.is_some() {}
    }

    /// The code with which the client closes; `None` when it just goes.
    pub(crate) async fn close_code(mut self) -> Option<u16> {
        loop {
            match self.hear().await {
                Some(Message::Close(frame)) => {
                    let code = frame.map(|frame| frame.code.into());
                    assert_eq!(self.hear().await, None, "nothing comes after the goodbye");
                    return code;
                }
                Some(_) => {}
                None => return None,
            }
        }
    }
}

/// Waits until the socket is in such a state.
pub(crate) async fn state(
    states: &mut watch::Receiver<SocketState>,
    wanted: impl Fn(SocketState) -> bool,
) -> SocketState {
    *soon(states.wait_for(|state| wanted(*state))).await.unwrap()
}
