//! Long poll, against a server that answers as Phoenix does, or as one that counts messages.

use std::time::Duration;

use roost_channels::{Channel, ChannelEvent, ChannelEvents, Payload, PushError, Socket, SocketState, Transport, Vsn};
use serde_json::{Value, json};

use crate::peer::{soon, state};
use crate::web::{NEVER, Web};

async fn next(events: &mut ChannelEvents) -> Option<ChannelEvent> {
    soon(events.recv()).await
}

fn joined() -> Option<ChannelEvent> {
    Some(ChannelEvent::Joined { response: Payload::empty() })
}

fn news(number: u64) -> Option<ChannelEvent> {
    Some(ChannelEvent::Message { event: "news".to_owned(), payload: Payload::json(&number).unwrap() })
}

fn frame(number: u64) -> String {
    format!(r#"[null,null,"t","news",{number}]"#)
}

struct Room {
    web: Web,
    socket: Socket,
    channel: Channel,
    events: ChannelEvents,
}

impl Room {
    /// A server, a session, and the topic `t` joined with ref 1.
    async fn new() -> Self {
        Self::of(false).await
    }

    /// The same at a server that counts.
    async fn counting() -> Self {
        Self::of(true).await
    }

    async fn of(counts: bool) -> Self {
        let mut web = Web::start().await;
        let socket = Socket::connect(web.longpoll());
        let (channel, mut events) = socket.channel("t", || json!({}));
        if counts {
            web.open_counting("A").await
        } else {
            web.open("A").await
        }
        web.admit(1).await;
        assert_eq!(next(&mut events).await, joined());
        Self { web, socket, channel, events }
    }

    /// The session is lost; another one is opened, and the topic joined again.
    async fn comes_back(mut self, number: u64) {
        assert_eq!(next(&mut self.events).await, Some(ChannelEvent::Disconnected));
        loop {
            // What was asked in the old session has no answer any more.
            let asked = self.web.poll().await;
            if asked.param("token").is_none() {
                asked.reply(&json!({"messages": [], "status": 410, "token": "B"}));
                break;
            }
        }
        self.web.admit(number).await;
        assert_eq!(next(&mut self.events).await, joined());
        assert_eq!(*self.socket.states().borrow(), SocketState::Open);
    }
}

#[tokio::test]
async fn a_session_as_phoenix_has_it() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.auth_token = Some("eyJ0>?.a-b_c~".to_owned());
    config.params.push(("locale".to_owned(), "de".to_owned()));
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({"since": 7}));

    let open = web.poll().await;
    assert_eq!(open.path, "/socket/longpoll?locale=de&vsn=2.0.0&ack=0");
    assert_eq!(open.headers["x-phoenix-authtoken"], "eyJ0>?.a-b_c~");
    assert_eq!(open.headers["accept"], "application/json");
    assert_eq!(open.headers["host"], format!("127.0.0.1:{}", web.port()));
    assert_eq!(*socket.states().borrow(), SocketState::Connecting);
    open.reply(&json!({"messages": [], "status": 410, "token": "SFMy+/=="}));
    state(&mut socket.states(), |state| state == SocketState::Open).await;
    assert_eq!(*socket.transport().borrow(), Transport::LongPoll);

    let poll = web.poll().await;
    assert_eq!(poll.path, "/socket/longpoll?locale=de&vsn=2.0.0&token=SFMy%2B%2F%3D%3D");
    assert_eq!(poll.headers["x-phoenix-authtoken"], "eyJ0>?.a-b_c~");
    let join = web.post().await;
    assert_eq!(join.path, poll.path);
    assert_eq!(join.headers["content-type"], "application/x-ndjson");
    assert_eq!(join.headers["x-phoenix-authtoken"], "eyJ0>?.a-b_c~");
    assert_eq!(join.body, r#"["1","1","t","phx_join",{"since":7}]"#);
    join.status(200);
    // Nothing yet.
    poll.reply(&json!({"messages": [], "status": 204, "token": "SFMy+/=="}));
    let reply = r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#;
    web.poll().await.say(&[reply, &frame(1), &frame(2)]);
    web.poll().await.say(&[&frame(3)]);
    assert_eq!(next(&mut events).await, joined());
    for number in 1..=3 {
        assert_eq!(next(&mut events).await, news(number));
    }

    let (first, second, ()) = soon(async {
        tokio::join!(
            channel.push("shout", json!({"a": 1}), NEVER),
            channel.push("shout", json!({"a": 2}), NEVER),
            async {
                web.expect(&[r#"["1","2","t","shout",{"a":1}]"#, r#"["1","3","t","shout",{"a":2}]"#]).await;
                web.poll().await.say(&[
                    r#"["1","3","t","phx_reply",{"response":{"reason":"quiet"},"status":"error"}]"#,
                    r#"["1","2","t","phx_reply",{"response":{"seq":8},"status":"ok"}]"#,
                ]);
            }
        )
    })
    .await;
    assert_eq!(first.unwrap().parse::<Value>().unwrap(), json!({"seq": 8}));
    assert!(matches!(second, Err(PushError::Refused(_))));
}

#[tokio::test]
async fn bytes_go_both_ways() {
    let Room { mut web, channel, mut events, socket: _socket } = Room::new().await;
    let sent = Payload::Binary(vec![0, 255].into());
    let said = Payload::Binary("Ünïcode\0".into());
    let (answer, ()) = soon(async {
        tokio::join!(channel.push_payload("draw", sent, NEVER), async {
            // 00 01 01 01 04 "12tdraw" 00 ff
            web.expect(&["AAEBAQQxMnRkcmF3AP8="]).await;
            web.poll().await.say(&["\u{2}\u{1}\u{4}tdrawÜnïcode\0", "\u{1}\u{1}\u{1}\u{1}\u{2}12tokÜnïcode\0"]);
        })
    })
    .await;
    assert_eq!(answer, Ok(said.clone()));
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Message { event: "draw".to_owned(), payload: said }));
}

#[tokio::test]
async fn version_1_is_said_one_by_one() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.vsn = Vsn::V1;
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    let (_other, _) = socket.channel("u", || json!({}));
    web.open("A").await;
    for (topic, number) in [("t", "1"), ("u", "2")] {
        let post = web.post().await;
        assert_eq!(post.headers["content-type"], "application/json", "a list of lines is not for this version");
        let frame: Value = serde_json::from_str(&post.body).unwrap();
        assert_eq!(
            (&frame["topic"], &frame["event"], &frame["ref"]),
            (&json!(topic), &json!("phx_join"), &json!(number))
        );
        post.status(200);
    }
    web.poll().await.say(&[
        r#"{"topic":"t","event":"phx_reply","ref":"1","payload":{"response":{},"status":"ok"}}"#,
        r#"{"topic":"t","event":"news","ref":null,"payload":5}"#,
    ]);
    assert_eq!(next(&mut events).await, joined());
    assert_eq!(next(&mut events).await, news(5));
}

#[tokio::test]
async fn no_more_frames_in_a_request_than_a_server_takes() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.longpoll());
    let channels: Vec<_> = (0..150).map(|number| socket.channel(&format!("t{number}"), || json!({}))).collect();
    web.open("A").await;
    let mut n_frames = Vec::new();
    while n_frames.iter().sum::<usize>() < channels.len() {
        let post = web.post().await;
        n_frames.push(post.body.lines().count());
        post.status(200);
    }
    assert_eq!(n_frames.iter().max(), Some(&100));
}

#[tokio::test]
async fn a_session_that_is_gone_is_opened_again() {
    let mut room = Room::new().await;
    // As Phoenix says it to who polls: with another session, that nobody asked for.
    room.web.poll().await.reply(&json!({"messages": [], "status": 410, "token": "X"}));
    room.comes_back(2).await;
}

#[tokio::test]
async fn a_session_that_is_gone_when_something_is_said_is_opened_again() {
    for status in [410, 408, 500] {
        let mut room = Room::counting().await;
        let pushed = async { soon(room.channel.push("shout", json!({}), NEVER)).await };
        let (pushed, ()) = tokio::join!(pushed, async { room.web.post().await.status(status) });
        assert_eq!(pushed, Err(PushError::Disconnected));
        room.comes_back(3).await;
    }
}

#[tokio::test]
async fn a_refusal_is_believed() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.longpoll());
    web.poll().await.status(403);
    state(&mut socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
    socket.reconnect_now();
    web.open("A").await;
    state(&mut socket.states(), |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_session_may_be_refused_when_it_is_opened_again() {
    let mut room = Room::new().await;
    room.web.poll().await.status(410);
    assert_eq!(next(&mut room.events).await, Some(ChannelEvent::Disconnected));
    room.web.poll().await.status(403);
    state(&mut room.socket.states(), |state| state == SocketState::Refused { status: 403 }).await;
}

#[tokio::test]
async fn what_is_no_long_poll_server_is_not_taken_for_one() {
    let mut web = Web::start().await;
    let socket = Socket::connect(web.longpoll());
    let mut states = socket.states();
    let html = "content-type: text/html";
    for (head, body) in [
        (format!("200 OK\r\n{html}"), "<h1>Sign in to the network</h1>"),
        ("200 OK\r\ncontent-type: application/json".to_owned(), r#"{"status":"ok"}"#),
        ("200 OK\r\ncontent-type: application/json".to_owned(), r#"{"status":410}"#),
        ("200 OK\r\ncontent-type: application/json".to_owned(), r#"{"status":410,"token":""}"#),
        ("200 OK\r\ncontent-type: application/json".to_owned(), r#"{"status":200,"messages":[],"token":"x"}"#),
        ("200 OK".to_owned(), ""),
        ("302 Found\r\nlocation: http://portal.example/".to_owned(), ""),
        (format!("403 Forbidden\r\n{html}"), r#"{"status":403}"#),
        (format!("502 Bad Gateway\r\n{html}"), r#"{"status":410,"token":"x"}"#),
    ] {
        web.poll().await.web(&head, body);
        state(&mut states, |state| matches!(state, SocketState::Waiting { .. })).await;
    }
    web.open("A").await;
    state(&mut states, |state| state == SocketState::Open).await;
}

#[tokio::test]
async fn a_poll_that_is_cut_is_asked_again() {
    let Room { mut web, mut events, socket, channel: _channel } = Room::counting().await;
    let poll = web.poll().await;
    assert_eq!(poll.path, "/socket/longpoll?vsn=2.0.0&ack=1&token=A");
    let whole = json!({"messages": [frame(1), frame(2)], "status": 200, "token": "A", "ack": 1});
    poll.cut(&whole, 120);
    let poll = web.poll().await;
    assert_eq!(poll.param("ack").unwrap(), "1");
    // In the middle of the head.
    poll.cut(&whole, 10);
    let poll = web.poll().await;
    assert_eq!(poll.param("ack").unwrap(), "1");
    poll.reply(&whole);
    assert_eq!(next(&mut events).await, news(1));
    assert_eq!(next(&mut events).await, news(2));
    let poll = web.poll().await;
    assert_eq!(poll.param("ack").unwrap(), "3");
    // Something in between has nothing to say either.
    poll.web("504 Gateway Timeout\r\ncontent-type: text/html", "<h1>504</h1>");
    // The server may not know yet that the one before has ended.
    web.poll().await.status(429);
    // It may say again what has come.
    web.poll().await.say_after(2, &[&frame(2), &frame(3)]);
    assert_eq!(next(&mut events).await, news(3));
    assert_eq!(web.poll().await.param("ack").unwrap(), "4");
    assert_eq!(*socket.states().borrow(), SocketState::Open);
}

#[tokio::test]
async fn messages_that_are_missing_end_the_session() {
    let mut room = Room::counting().await;
    room.web.poll().await.say_after(2, &[&frame(9)]);
    room.comes_back(2).await;
}

#[tokio::test]
async fn a_poll_that_is_cut_ends_the_session_of_a_server_that_does_not_count() {
    let mut room = Room::new().await;
    let poll = room.web.poll().await;
    poll.cut(&json!({"messages": [frame(1)], "status": 200, "token": "A"}), 80);
    room.comes_back(2).await;
}

#[tokio::test]
async fn what_is_cut_again_and_again_ends_the_session() {
    let mut room = Room::counting().await;
    for _ in 0..4 {
        drop(room.web.poll().await);
    }
    room.comes_back(2).await;
}

#[tokio::test]
async fn what_was_said_is_said_again_when_the_answer_is_lost() {
    let Room { mut web, channel, mut events, socket: _socket } = Room::counting().await;
    let (answer, ()) = soon(async {
        tokio::join!(channel.push("shout", json!({}), NEVER), async {
            let post = web.post().await;
            assert_eq!(post.path, "/socket/longpoll?vsn=2.0.0&seq=1&token=A");
            let body = post.body.clone();
            drop(post);
            let post = web.post().await;
            assert_eq!((post.param("seq").unwrap(), &post.body), ("1".to_owned(), &body));
            post.web("502 Bad Gateway\r\ncontent-type: text/html", "<h1>502</h1>");
            let post = web.post().await;
            assert_eq!((post.param("seq").unwrap(), &post.body), ("1".to_owned(), &body));
            post.status(200);
            web.poll().await.say_after(1, &[r#"["1","2","t","phx_reply",{"response":{},"status":"ok"}]"#, &frame(1)]);
        })
    })
    .await;
    assert_eq!(answer, Ok(Payload::empty()));
    assert_eq!(next(&mut events).await, news(1));
    drop(channel);
    assert_eq!(web.post().await.param("seq").unwrap(), "2");
}

#[tokio::test]
async fn what_was_said_may_be_done_when_a_server_does_not_count() {
    let mut room = Room::new().await;
    let pushed = async { soon(room.channel.push("shout", json!({}), NEVER)).await };
    let (pushed, ()) = tokio::join!(pushed, async { drop(room.web.post().await) });
    assert_eq!(pushed, Err(PushError::Disconnected));
    room.comes_back(3).await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_repeated() {
    let mut room = Room::counting().await;
    let pushed = async { soon(room.channel.push("shout", json!({}), NEVER)).await };
    let (pushed, ()) = tokio::join!(pushed, async { room.web.post().await.web("413 Content Too Large", "") });
    assert_eq!(pushed, Err(PushError::Disconnected));
    room.comes_back(3).await;
}

/// Servers keep connections only for so long, and what was not sent cannot have been done.
#[tokio::test]
async fn a_connection_that_has_ended_is_replaced() {
    let Room { mut web, channel, mut events, socket } = Room::new().await;
    let message = |number| json!({"messages": [frame(number)], "status": 200, "token": "A"});
    web.poll().await.reply_and_close(&message(1));
    assert_eq!(next(&mut events).await, news(1));
    web.poll().await.reply_and_close(&message(2));
    assert_eq!(next(&mut events).await, news(2));
    for number in 2..5 {
        let pushed = async { soon(channel.push("shout", json!({}), NEVER)).await };
        let answered = async {
            web.post().await.reply_and_close(&json!({"status": 200}));
            let reply = format!(r#"["1","{number}","t","phx_reply",{{"response":{{}},"status":"ok"}}]"#);
            web.poll().await.say(&[&reply]);
        };
        assert!(tokio::join!(pushed, answered).0.is_ok());
    }
    assert_eq!(*socket.states().borrow(), SocketState::Open);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_taken() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.max_message_size = 1000;
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    web.open_counting("A").await;
    web.admit(1).await;
    assert_eq!(next(&mut events).await, joined());
    let text = format!(r#"[null,null,"t","news","{}"]"#, "x".repeat(1000));
    web.poll().await.say_after(1, &[&text]);
    let room = Room { web, socket, channel, events };
    room.comes_back(2).await;
}

#[tokio::test]
async fn heartbeats_are_sent_and_missed() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.heartbeat_interval = Duration::from_millis(300);
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    web.open_counting("A").await;
    web.admit(1).await;
    assert_eq!(next(&mut events).await, joined());
    web.expect(&[r#"[null,"2","phoenix","heartbeat",{}]"#]).await;
    web.poll().await.say_after(1, &[r#"[null,"2","phoenix","phx_reply",{"response":{},"status":"ok"}]"#]);
    web.expect(&[r#"[null,"3","phoenix","heartbeat",{}]"#]).await;
    // That it is taken is no sign that anything comes back.
    Room { web, socket, channel, events }.comes_back(4).await;
}

#[tokio::test]
async fn asked_to_reconnect_it_makes_sure_of_its_session() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.doubt_time = Duration::from_millis(50);
    config.hang_time = NEVER;
    let socket = Socket::connect(config);
    let (_channel, mut events) = socket.channel("t", || json!({}));
    web.open_counting("A").await;
    web.admit(1).await;
    assert_eq!(next(&mut events).await, joined());
    let silent = web.poll().await;
    socket.reconnect_now();
    web.expect(&[r#"[null,"2","phoenix","heartbeat",{}]"#]).await;
    web.open("B").await;
    assert_eq!(next(&mut events).await, Some(ChannelEvent::Disconnected));
    web.admit(3).await;
    assert_eq!(next(&mut events).await, joined());
    drop(silent);
}

#[tokio::test]
async fn a_server_does_not_outrun_whoever_listens() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.max_waiting = 1000;
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    web.open("A").await;
    web.admit(1).await;
    let text = format!(r#"[null,null,"t","news","{}"]"#, "x".repeat(1000));
    web.poll().await.say(&[&text, &text]);
    let answer = soon(channel.push("shout", json!({}), Duration::from_millis(100))).await;
    assert_eq!(answer, Err(PushError::Timeout));
    assert!(!web.has_poll(), "it would have asked for more by now");
    for _ in 0..2 {
        next(&mut events).await;
    }
    next(&mut events).await;
    web.poll().await;
}

#[tokio::test]
async fn a_shutdown_sends_what_is_left_and_leaves() {
    let Room { mut web, socket, channel, mut events } = Room::new().await;
    let mut states = socket.states();
    let end = async {
        web.expect(&[r#"["1","2","t","shout",{}]"#]).await;
        web.expect(&[r#"["1","3","t","phx_leave",{}]"#]).await;
    };
    let ((), answer, ()) = soon(async {
        tokio::join!(
            async {
                tokio::task::yield_now().await;
                socket.shutdown().await;
            },
            channel.push("shout", json!({}), NEVER),
            end,
        )
    })
    .await;
    assert_eq!(answer, Err(PushError::Closed));
    assert_eq!(next(&mut events).await, None);
    assert_eq!(*states.borrow_and_update(), SocketState::Closed);
    assert!(states.changed().await.is_err(), "the task has ended");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_server_that_is_gone() {
    let mut web = Web::start().await;
    let mut config = web.longpoll();
    config.close_timeout = Duration::from_millis(20);
    let socket = Socket::connect(config.clone());
    let (_channel, mut events) = socket.channel("t", || json!({}));
    web.open_counting("A").await;
    web.admit(1).await;
    assert_eq!(next(&mut events).await, joined());
    soon(socket.shutdown()).await;

    let socket = Socket::connect(config);
    let _silent = web.poll().await;
    soon(socket.shutdown()).await;
}
