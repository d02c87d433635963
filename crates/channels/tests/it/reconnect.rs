//! Coming back soon: pauses that are cut short, tries that hang, and connections that may be dead.

use std::time::Duration;

use roost_channels::{Backoff, Channel, ChannelEvent, ChannelEvents, Socket, SocketState};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::peer::{Peer, Server, soon, state};

const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_pause_can_be_cut_short() {
    let server = Server::start().await;
    let mut config = server.config();
    config.backoff = Backoff { first: NEVER, max: NEVER };
    let socket = Socket::connect(config);
    let mut states = socket.states();
    drop(server.accept().await);
    let waiting = state(&mut states, |state| matches!(state, SocketState::Waiting { .. })).await;
    let SocketState::Waiting { retry_in } = waiting else { panic!("{waiting:?}") };
    assert!((NEVER / 2..=NEVER).contains(&retry_in), "{retry_in:?}");
    socket.reconnect_now();
    let _peer = server.accept().await;
    state(&mut states, |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_try_that_hangs_is_not_waited_for() {
    let server = Server::start().await;
    let mut config = server.config();
    config.connect_timeout = NEVER;
    config.hang_time = Duration::from_millis(50);
    let socket = Socket::connect(config);
    let _silent = [server.tcp().await, server.tcp().await];
    let _peer = server.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn asked_to_reconnect_it_tries_beside_one_that_hangs() {
    let server = Server::start().await;
    let mut config = server.config();
    config.connect_timeout = NEVER;
    config.hang_time = NEVER;
    let socket = Socket::connect(config);
    let mut states = socket.states();
    let slow = server.tcp().await;
    socket.reconnect_now();
    let _silent = server.tcp().await;
    state(&mut states, |state| state == SocketState::Waiting { retry_in: NEVER }).await;
    // The one from before is as good as any.
    let _peer = soon(tokio_tungstenite::accept_async(slow)).await.unwrap();
    state(&mut states, |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn asked_to_reconnect_an_open_connection_shows_that_it_lives() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let mut peer = server.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    socket.reconnect_now();
    peer.expect(r#"[null,"1","phoenix","heartbeat",{}]"#).await;
}

/// A client that is asked to make sure of its connection, and does not hear of it soon.
async fn in_doubt(server: &Server) -> (Socket, ChannelEvents, Channel, Peer) {
    let mut config = server.config();
    config.doubt_time = Duration::from_millis(50);
    config.hang_time = NEVER;
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.admit(1).await;
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
    socket.reconnect_now();
    peer.expect(r#"[null,"2","phoenix","heartbeat",{}]"#).await;
    (socket, events, channel, peer)
}

#[tokio::test]
async fn a_connection_that_is_silent_when_asked_is_replaced() {
    let server = Server::start().await;
    let (socket, mut events, _channel, mut silent) = in_doubt(&server).await;
    let mut peer = server.accept().await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    peer.admit(3).await;
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
    assert_eq!(silent.hear().await, None, "the old connection is gone");
    assert_eq!(*socket.states().borrow(), SocketState::Open);
}

#[tokio::test]
async fn a_connection_that_is_silent_is_given_up_when_a_new_one_fails() {
    let server = Server::start().await;
    let (socket, mut events, _channel, mut silent) = in_doubt(&server).await;
    let mut states = socket.states();
    server.refuse("502 Bad Gateway").await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    state(&mut states, |state| matches!(state, SocketState::Waiting { .. })).await;
    assert_eq!(silent.hear().await, None);
    server.accept().await.admit(3).await;
}

#[tokio::test]
async fn a_connection_that_is_silent_is_given_up_when_a_new_one_hangs() {
    let server = Server::start().await;
    let mut config = server.config();
    config.doubt_time = Duration::from_millis(20);
    config.hang_time = Duration::from_millis(200);
    let socket = Socket::connect(config);
    let mut states = socket.states();
    let _silent = server.accept().await;
    state(&mut states, |state| state == SocketState::Open).await;
    socket.reconnect_now();
    let hanging = server.tcp().await;
    state(&mut states, |state| matches!(state, SocketState::Waiting { .. })).await;
    let _peer = soon(tokio_tungstenite::accept_async(hanging)).await.unwrap();
    state(&mut states, |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_connection_that_is_only_slow_is_kept() {
    let server = Server::start().await;
    let (socket, mut events, channel, mut slow) = in_doubt(&server).await;
    let mut beside = server.tcp().await;
    slow.say(r#"[null,"2","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;
    let gone = async { while beside.read_u8().await.is_ok() {} };
    soon(gone).await;
    let shouted = async { soon(channel.push("shout", json!({}), NEVER)).await };
    let answered = async {
        slow.expect(r#"["1","3","t","shout",{}]"#).await;
        slow.say(r#"["1","3","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
    };
    assert!(tokio::join!(shouted, answered).0.is_ok());
    assert_eq!(*socket.states().borrow(), SocketState::Open);
    drop(slow);
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected), "nothing else has happened");
}

#[tokio::test]
async fn a_server_that_refuses_while_in_doubt_is_believed() {
    let server = Server::start().await;
    let (socket, mut events, _channel, mut silent) = in_doubt(&server).await;
    server.refuse("403 Forbidden").await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    state(&mut socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
    assert_eq!(silent.hear().await, None);
}
