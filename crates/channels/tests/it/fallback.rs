//! Taking one transport where the other is blocked, remembering that, and coming back.

use std::time::Duration;

use roost_channels::{
    Backoff, Channel, ChannelEvent, ChannelEvents, Proxy, Socket, SocketConfig, SocketState, Transport,
};
use serde_json::json;

use crate::peer::{Peer, soon, state};
use crate::web::{NEVER, Web};

const SOON: Backoff = Backoff { first: Duration::from_millis(20), max: Duration::from_millis(20) };

async fn is_open(socket: &Socket, transport: Transport) {
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    soon(socket.transport().wait_for(|works| *works == transport)).await.unwrap();
}

async fn is_joined(events: &mut ChannelEvents) {
    assert!(matches!(soon(events.recv()).await, Some(ChannelEvent::Joined { .. })));
}

/// A topic joined over long poll, since this is how WebSockets are blocked.
async fn blocked(config: SocketConfig, web: &mut Web) -> (Socket, Channel, ChannelEvents) {
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    web.block("501 Not Implemented", "").await;
    web.open("A").await;
    web.admit(1).await;
    is_joined(&mut events).await;
    (socket, channel, events)
}

async fn answer_heartbeat(peer: &mut Peer) {
    peer.expect(r#"[null,"0","phoenix","heartbeat",{}]"#).await;
    peer.say(r#"[null,"0","phoenix","phx_reply",{"response":{},"status":"ok"}]"#).await;
}

#[tokio::test]
async fn whatever_else_answers_an_upgrade() {
    for head in [
        "200 OK\r\ncontent-type: text/html",
        "302 Found\r\nlocation: http://portal.example/",
        "400 Bad Request",
        "403 Forbidden\r\ncontent-type: Text/HTML; charset=utf-8",
        "404 Not Found",
        "405 Method Not Allowed",
        "426 Upgrade Required",
        "501 Not Implemented",
        "502 Bad Gateway",
        "503 Service Unavailable",
    ] {
        let mut web = Web::start().await;
        let socket = Socket::connect(web.config());
        web.block(head, "<h1>No</h1>").await;
        web.open("A").await;
        is_open(&socket, Transport::LongPoll).await;
    }
}

#[tokio::test]
async fn a_refusal_is_no_block() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.config());
    web.block("403 Forbidden", "").await;
    state(&mut socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
    assert!(!web.has_poll());
}

#[tokio::test]
async fn a_refusal_by_long_poll_is_one() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.config());
    web.block("400 Bad Request", "").await;
    web.poll().await.status(403);
    state(&mut socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
}

#[tokio::test]
async fn an_upgrade_that_is_cut() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.config());
    drop(web.websocket().await);
    web.open("A").await;
    is_open(&socket, Transport::LongPoll).await;
}

#[tokio::test]
async fn an_upgrade_that_hangs() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.fallback_time = Duration::from_millis(50);
    config.hang_time = NEVER;
    let socket = Socket::connect(config);
    let _silent = web.websocket().await;
    web.open("A").await;
    is_open(&socket, Transport::LongPoll).await;
}

#[tokio::test]
async fn an_upgrade_that_is_only_slow_may_still_be_first() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.fallback_time = Duration::from_millis(50);
    config.hang_time = NEVER;
    let socket = Socket::connect(config);
    let slow = web.websocket().await;
    let beside = web.poll().await;
    let mut peer = Peer::accept(slow).await;
    is_open(&socket, Transport::WebSocket).await;
    drop(beside);
    socket.reconnect_now();
    peer.expect(r#"[null,"1","phoenix","heartbeat",{}]"#).await;
}

#[tokio::test]
async fn sockets_that_open_and_stay_mute() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.config());
    for _ in 0..2 {
        drop(web.accept().await);
    }
    web.open("A").await;
    is_open(&socket, Transport::LongPoll).await;
}

#[tokio::test]
async fn sockets_that_swallow_everything() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.join_timeout = Duration::from_millis(50);
    config.doubt_time = Duration::from_millis(50);
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let _silent = [web.accept().await, web.accept().await];
    web.open("A").await;
    let joined = soon(async {
        loop {
            let post = web.post().await;
            let join: Vec<serde_json::Value> = serde_json::from_str(post.body.lines().next().unwrap()).unwrap();
            post.status(200);
            if join[3] == "phx_join" {
                break join[0].clone();
            }
        }
    })
    .await;
    let reply = json!([joined, joined, "t", "phx_reply", {"response": {}, "status": "ok"}]).to_string();
    web.poll().await.say(&[&reply]);
    is_joined(&mut events).await;
    assert_eq!(*socket.transport().borrow(), Transport::LongPoll);
}

/// A portal answers everything, but as no long-poll server; a gateway says that the server is down.
#[tokio::test]
async fn nothing_is_learnt_from_a_server_that_is_not_there() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.config());
    for head in ["200 OK\r\ncontent-type: text/html", "502 Bad Gateway", "503 Service Unavailable"] {
        web.block(head, "<h1>Sign in</h1>").await;
        web.poll().await.web(head, "<h1>Sign in</h1>");
    }
    let _peer = web.accept().await;
    is_open(&socket, Transport::WebSocket).await;
    assert!(!web.has_poll());
}

#[tokio::test]
async fn a_server_that_is_down_is_not_asked_for_long_poll() {
    let web = Web::start().await;
    let mut config = web.config();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    config.proxy = Some(Proxy { host: "127.0.0.1".to_owned(), port: nobody, authorization: None });
    let socket = Socket::connect(config);
    state(&mut socket.states(), |state| matches!(state, SocketState::Waiting { .. })).await;
    assert_eq!(*socket.transport().borrow(), Transport::WebSocket);
}

#[tokio::test]
async fn what_works_is_remembered() {
    let mut web = Web::start().await;
    let config = web.config();
    let (socket, _channel, mut events) = blocked(config.clone(), &mut web).await;
    web.poll().await.status(410);
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    web.open("B").await;
    web.admit(2).await;
    is_joined(&mut events).await;
    assert!(!web.has_websocket(), "it is not tried again and again");

    // By an application, from one start to the next.
    let mut config = config;
    config.transport = *socket.transport().borrow();
    soon(async { tokio::join!(socket.shutdown(), async { web.post().await.status(200) }) }).await;
    let socket = Socket::connect(config);
    loop {
        let poll = web.poll().await;
        if poll.param("token").is_none() {
            poll.reply(&json!({"messages": [], "status": 410, "token": "C"}));
            break;
        }
    }
    is_open(&socket, Transport::LongPoll).await;
    assert!(!web.has_websocket());
}

#[tokio::test]
async fn long_poll_that_is_gone_does_not_keep_it_from_the_websocket() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.transport = Transport::LongPoll;
    let socket = Socket::connect(config);
    web.poll().await.web("404 Not Found", "");
    let mut peer = web.accept().await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    assert_eq!(*socket.transport().borrow(), Transport::LongPoll, "nothing was said yet");
    peer.say(r#"[null,null,"t","news",{}]"#).await;
    is_open(&socket, Transport::WebSocket).await;
}

#[tokio::test]
async fn the_websocket_takes_over_when_it_is_back() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.fallback_time = Duration::from_millis(20);
    config.websocket_backoff = SOON;
    let (socket, channel, mut events) = blocked(config, &mut web).await;
    // One that still hangs in the way of nothing, one that is open and mute, and one that is well.
    web.block("400 Bad Request", "").await;
    drop(web.accept().await);
    let mut peer = web.accept().await;
    assert_eq!(*socket.transport().borrow(), Transport::LongPoll);
    answer_heartbeat(&mut peer).await;
    web.expect(&[r#"["1","2","t","phx_leave",{}]"#]).await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    peer.admit(3).await;
    is_joined(&mut events).await;
    is_open(&socket, Transport::WebSocket).await;
    let (answer, ()) = tokio::join!(channel.push("shout", json!({}), NEVER), async {
        peer.expect(r#"["3","4","t","shout",{}]"#).await;
        peer.say(r#"["3","4","t","phx_reply",{"response":{},"status":"ok"}]"#).await;
    });
    assert!(answer.is_ok());
    assert!(!web.has_websocket(), "there is nothing to look for any more");
}

#[tokio::test]
async fn it_takes_over_when_nobody_waits_for_an_answer() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.fallback_time = Duration::from_millis(20);
    config.websocket_backoff = SOON;
    let (_socket, channel, mut events) = blocked(config, &mut web).await;
    let pushed = async { soon(channel.push("shout", json!({}), NEVER)).await };
    let (pushed, mut peer) = tokio::join!(pushed, async {
        web.expect(&[r#"["1","2","t","shout",{}]"#]).await;
        let mut peer = web.accept().await;
        answer_heartbeat(&mut peer).await;
        let poll = web.poll().await;
        poll.say(&[r#"["1","2","t","phx_reply",{"response":{},"status":"ok"}]"#]);
        peer
    });
    assert!(pushed.is_ok(), "its answer came on the line on which it went");
    web.expect(&[r#"["1","3","t","phx_leave",{}]"#]).await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    peer.admit(4).await;
    is_joined(&mut events).await;
}

#[tokio::test]
async fn asked_to_reconnect_it_looks_for_the_websocket_at_once() {
    let mut web = Web::start().await;
    let config = web.config();
    let (socket, _channel, mut events) = blocked(config, &mut web).await;
    socket.reconnect_now();
    let mut peer = web.accept().await;
    answer_heartbeat(&mut peer).await;
    web.expect(&[r#"[null,"2","phoenix","heartbeat",{}]"#]).await;
    web.expect(&[r#"["1","3","t","phx_leave",{}]"#]).await;
    assert_eq!(soon(events.recv()).await, Some(ChannelEvent::Disconnected));
    peer.admit(4).await;
    is_joined(&mut events).await;
    is_open(&socket, Transport::WebSocket).await;
}

#[tokio::test]
async fn without_leave_there_is_no_other() {
    let mut web = Web::start().await;
    let mut config = web.config();
    config.fallback = false;
    let socket = Socket::connect(config);
    web.block("400 Bad Request", "").await;
    for _ in 0..3 {
        drop(web.accept().await);
    }
    let _peer = web.accept().await;
    is_open(&socket, Transport::WebSocket).await;
    assert!(!web.has_poll());
}

#[tokio::test]
async fn through_a_proxy() {
    let mut web = Web::start().await;
    let mut config = SocketConfig::new("ws://roost.invalid:4000/socket").unwrap();
    let ours = web.config();
    (config.backoff, config.fallback_time, config.websocket_backoff) =
        (ours.backoff, ours.fallback_time, ours.websocket_backoff);
    let authorization = Some("Basic YTpi".to_owned());
    config.proxy = Some(Proxy { host: "127.0.0.1".to_owned(), port: web.port(), authorization });
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let tunnel =
        "CONNECT roost.invalid:4000 HTTP/1.1\r\nHost: roost.invalid:4000\r\nProxy-Authorization: Basic YTpi\r\n\r\n";
    assert_eq!(web.tunnel().await, tunnel);
    web.block("501 Not Implemented", "").await;
    assert_eq!(web.tunnel().await, tunnel);
    let open = web.poll().await;
    assert_eq!(open.headers["host"], "roost.invalid:4000");
    open.reply(&json!({"messages": [], "status": 410, "token": "A"}));
    web.admit(1).await;
    assert_eq!(web.tunnel().await, tunnel, "one for each direction");
    is_joined(&mut events).await;
    is_open(&socket, Transport::LongPoll).await;
}
