//! Connecting, staying connected and ending.

use std::time::Duration;

use roost_channels::{Backoff, ChannelEvent, PushError, Socket, SocketConfig, SocketState, Transport};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::peer::{Peer, Server, soon, state};

const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_token_is_sent_as_phoenix_js_sends_it() {
    let server = Server::start().await;
    let mut config = server.config();
    config.auth_token = Some("eyJ0>?.a-b_c~".to_owned());
    config.params.push(("locale".to_owned(), "de".to_owned()));
    let socket = Socket::connect(config);
    let (_peer, request) = server.accept_phoenix().await;
    assert_eq!(request.uri().to_string(), "/socket/websocket?locale=de&vsn=2.0.0");
    assert_eq!(
        request.headers()["sec-websocket-protocol"],
        "phoenix, base64url.bearer.phx.ZXlKMD4_LmEtYl9jfg",
        "URL-safe base64 without padding"
    );
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn without_a_token_there_is_no_sub_protocol() {
    let server = Server::start().await;
    let _socket = Socket::connect(server.config());
    let request = server.refuse("403 Forbidden").await.to_lowercase();
    assert!(request.starts_with("get /socket/websocket?vsn=2.0.0 http/1.1\r\n"), "{request}");
    assert!(!request.contains("sec-websocket-protocol"), "{request}");
}

/// As those before Phoenix 1.8: what they do not know they pass over.
#[tokio::test]
async fn a_server_that_chooses_no_sub_protocol_is_taken_as_it_is() {
    let server = Server::start().await;
    let mut config = server.config();
    config.auth_token = Some("token".to_owned());
    let socket = Socket::connect(config);
    let _unchosen = server.accept().await;
    let mut request = String::new();
    let tcp = server.tcp().await;
    let mut start = [0; 1024];
    while !request.ends_with("\r\n\r\n") {
        let length = soon(tcp.peek(&mut start)).await.unwrap();
        request = String::from_utf8_lossy(&start[..length]).to_lowercase();
        tokio::task::yield_now().await;
    }
    assert!(!request.contains("sec-websocket-protocol"), "{request}");
    let _peer = Peer::accept(tcp).await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn heartbeats_that_are_answered_keep_the_connection() {
    let server = Server::start().await;
    let mut config = server.config();
    config.heartbeat_interval = Duration::from_millis(300);
    config.heartbeat_timeout = NEVER;
    let socket = Socket::connect(config);
    let mut peer = server.accept().await;
    for number in 1..=2 {
        peer.expect(&format!(r#"[null,"{number}","phoenix","heartbeat",{{}}]"#)).await;
        peer.say(&format!(r#"[null,"{number}","phoenix","phx_reply",{{"response":{{}},"status":"ok"}}]"#)).await;
    }
    assert_eq!(*socket.states().borrow(), SocketState::Open);
}

#[tokio::test]
async fn a_heartbeat_that_is_not_answered_reconnects() {
    let server = Server::start().await;
    let mut config = server.config();
    config.heartbeat_interval = Duration::from_millis(300);
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.admit(1).await;
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
    peer.expect(r#"[null,"2","phoenix","heartbeat",{}]"#).await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    assert_eq!(peer.hear().await, None, "the old connection is gone");
    server.accept().await.admit(3).await;
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
}

#[tokio::test]
async fn a_refused_handshake_is_not_tried_again_unless_asked() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let mut states = socket.states();
    server.refuse("403 Forbidden").await;
    state(&mut states, |state| state == SocketState::Refused { status: 403 }).await;
    states.mark_unchanged();
    let changed = tokio::time::timeout(Duration::from_millis(50), states.changed()).await;
    assert!(changed.is_err(), "the pauses are shorter than this: it would have tried");

    socket.reconnect_now();
    let _peer = server.accept().await;
    state(&mut states, |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn other_failures_are_tried_again() {
    let server = Server::start().await;
    let mut config = server.config();
    config.connect_timeout = Duration::from_millis(500);
    let socket = Socket::connect(config);
    server.refuse("503 Service Unavailable").await;
    server.refuse("404 Not Found").await;
    drop(server.tcp().await);
    let _silent = server.tcp().await;
    let _peer = server.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_server_that_goes_is_waited_for() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let peer = server.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    peer.close(CloseFrame { code: CloseCode::Restart, reason: "".into() }).await;
    let _peer = server.accept().await;
}

#[tokio::test]
async fn the_pauses_grow_while_connections_end_at_once() {
    let server = Server::start().await;
    let pauses = Backoff { first: Duration::from_millis(8), max: NEVER };
    for is_closed in [false, true] {
        let mut config = server.config();
        config.backoff.max = NEVER;
        *(if is_closed { &mut config.rejoin_backoff } else { &mut config.backoff }) = pauses;
        let socket = Socket::connect(config);
        let mut states = socket.states();
        let mut pause = Duration::ZERO;
        for _ in 0..4 {
            let peer = server.accept().await;
            if is_closed {
                peer.close(CloseFrame { code: CloseCode::Again, reason: "".into() }).await;
            } else {
                drop(peer);
            }
            let waiting = state(&mut states, |state| matches!(state, SocketState::Waiting { .. })).await;
            let SocketState::Waiting { retry_in } = waiting else { panic!("{waiting:?}") };
            pause = retry_in;
            states.mark_unchanged();
        }
        assert!(pause >= Duration::from_millis(32), "half of eight times the first pause at least: {pause:?}");
    }
}

#[tokio::test]
async fn a_shutdown_says_goodbye_and_ends_everything() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let mut states = socket.states();
    let (channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.admit(1).await;
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));

    let ((), answer, code) = soon(async {
        tokio::join!(
            async {
                tokio::task::yield_now().await;
                socket.shutdown().await;
            },
            channel.push("shout", json!({}), NEVER),
            peer.close_code(),
        )
    })
    .await;
    assert_eq!(code, Some(1000));
    assert_eq!(answer, Err(PushError::Closed));
    assert_eq!(soon(events.recv()).await, None);
    assert_eq!(*states.borrow_and_update(), SocketState::Closed);
    assert!(states.changed().await.is_err(), "the task has ended");
    assert_eq!(soon(channel.push("shout", json!({}), NEVER)).await, Err(PushError::Closed));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_server_that_is_gone() {
    let server = Server::start().await;
    let mut config = server.config();
    config.close_timeout = Duration::from_millis(20);
    let socket = Socket::connect(config);
    let _peer = server.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    soon(socket.shutdown()).await;

    for backoff in [Duration::ZERO, NEVER] {
        let mut config = server.config();
        config.backoff = Backoff { first: backoff, max: backoff };
        let socket = Socket::connect(config);
        server.refuse("500 Internal Server Error").await;
        soon(socket.shutdown()).await;
    }
}

#[tokio::test]
async fn dropping_the_socket_closes_the_connection() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let (channel, mut events) = socket.channel("t", || json!({}));
    let peer = server.accept().await;
    let mut states = socket.states();
    state(&mut states, |state| state == SocketState::Open).await;
    drop(socket);
    assert_eq!(peer.close_code().await, Some(1000));
    assert_eq!(soon(events.recv()).await, None);
    assert_eq!(soon(channel.push("shout", json!({}), NEVER)).await, Err(PushError::Closed));
}

#[tokio::test]
async fn pings_are_answered() {
    let server = Server::start().await;
    let _socket = Socket::connect(server.config());
    let mut peer = server.accept().await;
    peer.ping(b"there?").await;
    assert_eq!(peer.hear().await, Some(Message::Pong(b"there?"[..].into())));
}

/// With the root certificates of the system and no provider installed for the process.
#[tokio::test]
async fn a_secure_address_speaks_tls() {
    for transport in [Transport::WebSocket, Transport::LongPoll] {
        let server = Server::start().await;
        let mut config = SocketConfig::new(&server.url().replace("ws://", "https://")).unwrap();
        (config.transport, config.fallback) = (transport, false);
        let socket = Socket::connect(config);
        let mut tcp = server.tcp().await;
        let record_type = soon(tcp.read_u8()).await.unwrap();
        assert_eq!(record_type, 0x16, "a TLS handshake");
        assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "that is for the program to choose");
        drop(tcp);
        state(&mut socket.states(), |state| matches!(state, SocketState::Waiting { .. })).await;
    }
}
