//! Joining, pushing, hearing and leaving.

use std::time::Duration;

use roost_channels::{Channel, ChannelEvent, ChannelEvents, Payload, PushError, Socket};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::peer::{Peer, Server, soon};

const LONG: Duration = Duration::from_secs(60);

async fn next(events: &mut ChannelEvents) -> Option<ChannelEvent> {
    soon(events.recv()).await
}

fn payload(value: &Value) -> Payload {
    Payload::json(value).unwrap()
}

fn joined() -> Option<ChannelEvent> {
    Some(ChannelEvent::Joined { response: Payload::empty() })
}

fn message(event: &str, value: &Value) -> Option<ChannelEvent> {
    Some(ChannelEvent::Message { event: event.to_owned(), payload: payload(value) })
}

struct Room {
    server: Server,
    peer: Peer,
    socket: Socket,
    channel: Channel,
    events: ChannelEvents,
}

/// A server, a client, and the topic `t` joined with ref 1.
async fn room() -> Room {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let (channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.admit(1).await;
    assert_eq!(next(&mut events).await, joined());
    Room { server, peer, socket, channel, events }
}

#[tokio::test]
async fn joins_and_is_told_what_the_server_says_in_order() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let (channel, mut events) = socket.channel("boards:1", || json!({"since": 7}));
    assert_eq!(channel.topic(), "boards:1");
    let mut peer = server.accept().await;
    peer.expect(r#"["1","1","boards:1","phx_join",{"since":7}]"#).await;
    peer.say(r#"["1","1","boards:1","phx_reply",{"response":{"seq":7},"status":"ok"}]"#).await;
    peer.say(r#"[null,null,"boards:1","entry",{"seq":8}]"#).await;
    peer.say(r#"["1",null,"boards:1","presence_state",{}]"#).await;
    peer.say(r#"[null,null,"boards:1","entry",{"seq":9}]"#).await;
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Joined { response: payload(&json!({"seq": 7})) }));
    assert_eq!(next(&mut events).await, message("entry", &json!({"seq": 8})));
    assert_eq!(next(&mut events).await, message("presence_state", &json!({})));
    assert_eq!(next(&mut events).await, message("entry", &json!({"seq": 9})));
}

#[tokio::test]
async fn pushes_are_answered_by_ref() {
    let Room { mut peer, channel, socket: _socket, .. } = room().await;
    let (first, second, ()) = soon(async {
        tokio::join!(
            channel.push("shout", json!({"body": "a"}), LONG),
            channel.push("shout", json!({"body": "b"}), LONG),
            async {
                peer.expect(r#"["1","2","t","shout",{"body":"a"}]"#).await;
                peer.expect(r#"["1","3","t","shout",{"body":"b"}]"#).await;
                peer.say(r#"["1","3","t","phx_reply",{"response":{"reason":"quiet"},"status":"error"}]"#).await;
                peer.say(r#"["1","2","t","phx_reply",{"response":{"seq":8},"status":"ok"}]"#).await;
            },
        )
    })
    .await;
    assert_eq!(first.unwrap().parse::<Value>().unwrap(), json!({"seq": 8}));
    assert_eq!(second, Err(PushError::Refused(payload(&json!({"reason": "quiet"})))));
}

#[tokio::test]
async fn a_push_that_is_not_answered_times_out() {
    let Room { mut peer, channel, socket: _socket, .. } = room().await;
    let answer = soon(channel.push("shout", json!({}), Duration::from_millis(10))).await;
    assert_eq!(answer, Err(PushError::Timeout));
    peer.expect(r#"["1","2","t","shout",{}]"#).await;
}

#[tokio::test]
async fn bytes_go_both_ways() {
    let Room { mut peer, channel, mut events, socket: _socket, .. } = room().await;
    let bytes = Payload::Binary(vec![0, 255].into());
    let (answer, ()) = soon(async {
        tokio::join!(channel.push_payload("draw", bytes.clone(), LONG), async {
            assert_eq!(peer.hear().await, Some(Message::binary(&b"\x00\x01\x01\x01\x0412tdraw\x00\xff"[..])));
            peer.say_bytes(&b"\x02\x01\x04tdraw\x00\xff"[..]).await;
            peer.say_bytes(&b"\x01\x01\x01\x01\x0212tok\x00\xff"[..]).await;
        })
    })
    .await;
    assert_eq!(answer, Ok(bytes.clone()));
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Message { event: "draw".to_owned(), payload: bytes }));
}

#[tokio::test]
async fn a_refused_join_is_told() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let (channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.expect(r#"["1","1","t","phx_join",{}]"#).await;
    peer.say(r#"["1","1","t","phx_reply",{"response":{"reason":"unauthorized"},"status":"error"}]"#).await;
    let refused = ChannelEvent::Refused { response: payload(&json!({"reason": "unauthorized"})) };
    assert_eq!(next(&mut events).await, Some(refused));
    assert_eq!(soon(channel.push("shout", json!({}), LONG)).await, Err(PushError::Closed));
}

#[tokio::test]
async fn pushes_wait_for_the_join() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let mut states = socket.states();
    let (channel, _events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    crate::peer::state(&mut states, |state| state == roost_channels::SocketState::Open).await;
    peer.expect(r#"["1","1","t","phx_join",{}]"#).await;
    let (answer, ()) = soon(async {
        tokio::join!(channel.push("shout", json!({}), LONG), async {
            // A heartbeat that is asked for after the push shows that the push is held back, not slow.
            tokio::task::yield_now().await;
            socket.reconnect_now();
            peer.expect(r#"[null,"2","phoenix","heartbeat",{}]"#).await;
            peer.say(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
            peer.expect(r#"["1","3","t","shout",{}]"#).await;
            peer.say(r#"["1","3","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
        })
    })
    .await;
    assert_eq!(answer, Ok(Payload::empty()));
}

#[tokio::test]
async fn without_a_connection_a_push_fails_at_once() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let (channel, _events) = socket.channel("t", || json!({}));
    assert_eq!(soon(channel.push("shout", json!({}), LONG)).await, Err(PushError::Disconnected));
}

#[tokio::test]
async fn a_cut_connection_is_replaced_and_the_topic_joined_again() {
    let server = Server::start().await;
    let socket = Socket::connect(server.config());
    let since = std::sync::atomic::AtomicU64::new(0);
    let join_payload = move || json!({"since": since.fetch_add(5, std::sync::atomic::Ordering::Relaxed)});
    let (channel, mut events) = socket.channel("t", join_payload);
    let mut peer = server.accept().await;
    peer.expect(r#"["1","1","t","phx_join",{"since":0}]"#).await;
    peer.say(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
    assert_eq!(next(&mut events).await, joined());

    let (answer, ()) = soon(async {
        tokio::join!(channel.push("shout", json!({}), LONG), async {
            peer.expect(r#"["1","2","t","shout",{}]"#).await;
            drop(peer);
        })
    })
    .await;
    assert_eq!(answer, Err(PushError::Disconnected));
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Disconnected));

    let mut peer = server.accept().await;
    peer.expect(r#"["3","3","t","phx_join",{"since":5}]"#).await;
    peer.say(r#"["3","3","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
    peer.say(r#"["1",null,"t","news","of the join before"]"#).await;
    peer.say(r#"["3",null,"t","news","of this one"]"#).await;
    assert_eq!(next(&mut events).await, joined());
    assert_eq!(next(&mut events).await, message("news", &json!("of this one")));
}

#[tokio::test]
async fn a_channel_that_fails_on_the_server_is_joined_again() {
    let Room { mut peer, mut events, socket: _socket, channel: _channel, .. } = room().await;
    peer.say(r#"["1","1","t","phx_error",{}]"#).await;
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Disconnected));
    peer.admit(2).await;
    assert_eq!(next(&mut events).await, joined());
}

#[tokio::test]
async fn a_channel_that_the_server_closes_is_not_joined_again() {
    let Room { server, mut peer, socket, channel, mut events } = room().await;
    peer.say(r#"["1","1","t","phx_close",{}]"#).await;
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Closed));
    assert_eq!(next(&mut events).await, None);
    assert_eq!(soon(channel.push("shout", json!({}), LONG)).await, Err(PushError::Closed));

    drop(peer);
    let mut peer = server.accept().await;
    let (_other, _events) = socket.channel("other", || json!({}));
    peer.expect(r#"["2","2","other","phx_join",{}]"#).await;
}

#[tokio::test]
async fn a_join_that_is_not_answered_is_tried_again() {
    let server = Server::start().await;
    let mut config = server.config();
    config.join_timeout = Duration::from_millis(200);
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.expect(r#"["1","1","t","phx_join",{}]"#).await;
    peer.expect(r#"["1","2","t","phx_leave",{}]"#).await;
    peer.expect(r#"[null,"3","phoenix","heartbeat",{}]"#).await;
    peer.expect(r#"["4","4","t","phx_join",{}]"#).await;
    peer.say(r#"["4","4","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
    assert_eq!(next(&mut events).await, joined());
}

#[tokio::test]
async fn a_channel_is_left_when_it_is_dropped() {
    let Room { mut peer, channel, mut events, socket: _socket, .. } = room().await;
    drop(channel);
    peer.expect(r#"["1","2","t","phx_leave",{}]"#).await;
    assert_eq!(next(&mut events).await, None);
}

#[tokio::test]
async fn leaving_waits_for_the_server() {
    let Room { mut peer, channel, mut events, socket, .. } = room().await;
    soon(async {
        tokio::join!(channel.leave(), async {
            peer.expect(r#"["1","2","t","phx_leave",{}]"#).await;
            peer.say(r#"["1","2","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
            peer.say(r#"["1","1","t","phx_close",{}]"#).await;
        })
    })
    .await;
    assert_eq!(next(&mut events).await, None);

    let (_again, mut events) = socket.channel("t", || json!({}));
    peer.admit(3).await;
    assert_eq!(next(&mut events).await, joined());
}

#[tokio::test]
async fn frames_that_are_no_messages_are_passed_over() {
    let Room { mut peer, mut events, socket: _socket, channel: _channel, .. } = room().await;
    for nonsense in ["", "nonsense", "[]", r#"["1","1","t","phx_reply",{}]"#] {
        peer.say(nonsense).await;
    }
    peer.say_bytes(&b"\xff\x01"[..]).await;
    peer.say(r#"[null,null,"t","news",{}]"#).await;
    assert_eq!(next(&mut events).await, message("news", &json!({})));
}

#[tokio::test]
async fn a_large_message_is_taken() {
    let Room { mut peer, mut events, socket: _socket, channel: _channel, .. } = room().await;
    let size = 20 << 20;
    let mut frame = b"\x02\x01\x04tdraw".to_vec();
    frame.resize(frame.len() + size, 7);
    let (event, ()) = tokio::join!(next(&mut events), peer.say_bytes(frame));
    assert!(
        matches!(event, Some(ChannelEvent::Message { payload: Payload::Binary(bytes), .. }) if bytes.len() == size)
    );
}

#[tokio::test]
async fn a_server_does_not_outrun_whoever_listens() {
    const N_MESSAGES: usize = 300;
    let server = Server::start().await;
    let mut config = server.config();
    config.max_waiting = 1000;
    config.heartbeat_interval = Duration::from_millis(50);
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let mut peer = server.accept().await;
    peer.admit(1).await;
    assert_eq!(next(&mut events).await, joined());

    // More than all buffers between here and there hold.
    let text = "x".repeat(100_000);
    let flood = async {
        for _ in 0..N_MESSAGES {
            peer.say(&format!(r#"[null,null,"t","news","{text}"]"#)).await;
        }
    };
    tokio::pin!(flood);
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut flood).await.is_err(), "the server has to wait");
    let hear = async {
        for _ in 0..N_MESSAGES {
            assert!(matches!(next(&mut events).await, Some(ChannelEvent::Message { .. })));
        }
    };
    tokio::join!(flood, hear);
}
