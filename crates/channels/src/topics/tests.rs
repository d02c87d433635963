//! The rules of joining, one by one, with a clock that the test moves.

use std::time::Duration;

use roost_protocol::Vsn;

use super::*;
use crate::backlog;
use crate::backoff::Backoff;
use crate::channel::ChannelEvents;

/// The channels of a socket, a clock, and both ends of a channel.
struct Fixture {
    topics: Topics,
    now: Instant,
}

impl Fixture {
    fn new(vsn: Vsn) -> Self {
        let mut config = SocketConfig::new("ws://localhost/socket").unwrap();
        config.vsn = vsn;
        config.join_timeout = Duration::from_secs(10);
        config.rejoin_backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(4) };
        Self { topics: Topics::new(config, || 1.0), now: Instant::now() }
    }

    /// With a connection and one channel, `t`, that is being joined with ref 1.
    fn joining() -> (Self, ChannelEvents) {
        let mut fixture = Self::new(Vsn::V2);
        fixture.topics.connected(fixture.now);
        let events = fixture.open(7);
        assert_eq!(fixture.sent(), [r#"["1","1","t","phx_join",{}]"#]);
        (fixture, events)
    }

    fn joined() -> (Self, ChannelEvents) {
        let (mut fixture, mut events) = Self::joining();
        fixture.hear(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#);
        assert_eq!(told(&mut events), ["joined {}"]);
        (fixture, events)
    }

    fn open(&mut self, id: u64) -> ChannelEvents {
        let (teller, events) = backlog::events();
        let new = NewChannel { id, topic: "t".to_owned(), join_payload: Box::new(Payload::empty), teller };
        self.topics.open(new, self.now);
        events
    }

    fn push(&mut self, event: &str) -> oneshot::Receiver<Answer> {
        let (answer, receiver) = oneshot::channel();
        self.topics.push("t", 7, Push { event: event.to_owned(), payload: Payload::empty(), answer });
        receiver
    }

    fn hear(&mut self, text: &str) {
        let message = self.topics.config.vsn.decode_server_text(text).unwrap();
        self.topics.receive(message, self.now);
    }

    fn pass(&mut self, seconds: u64) -> bool {
        self.now += Duration::from_secs(seconds);
        self.topics.on_time(self.now)
    }

    fn sent(&mut self) -> Vec<String> {
        let frames = self.topics.outgoing.drain(..);
        frames.map(|frame| if let Frame::Text(text) = frame { text } else { panic!("a text frame") }).collect()
    }
}

fn told(events: &mut ChannelEvents) -> Vec<String> {
    let json = |payload| if let Payload::Json(json) = payload { json.to_string() } else { panic!("JSON") };
    std::iter::from_fn(|| events.0.try_recv())
        .map(|event| match event {
            ChannelEvent::Joined { response } => format!("joined {}", json(response)),
            ChannelEvent::Refused { response } => format!("refused {}", json(response)),
            ChannelEvent::Message { event, payload } => format!("{event} {}", json(payload)),
            ChannelEvent::Disconnected => "disconnected".to_owned(),
            ChannelEvent::Closed => "closed".to_owned(),
        })
        .collect()
}

#[test]
fn what_comes_before_the_answer_to_a_join_is_told_after_it() {
    let (mut fixture, mut events) = Fixture::joining();
    fixture.hear(r#"[null,null,"t","news",1]"#);
    fixture.hear(r#"["1",null,"t","news",2]"#);
    assert!(told(&mut events).is_empty());
    fixture.hear(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#);
    fixture.hear(r#"[null,null,"t","news",3]"#);
    assert_eq!(told(&mut events), ["joined {}", "news 1", "news 2", "news 3"]);
}

#[test]
fn what_belongs_to_another_join_is_dropped() {
    let (mut fixture, mut events) = Fixture::joined();
    for other in [
        r#"["9",null,"t","news",{}]"#,
        r#"["9","9","t","phx_close",{}]"#,
        r#"[null,"9","t","phx_close",{}]"#,
        r#"["9","9","t","phx_error",{}]"#,
        r#"[9,null,"t","news",{}]"#,
        r#"[null,null,"other","news",{}]"#,
        r#"["1","99","t","phx_reply",{"response":{},"status":"ok"}]"#,
        r#"["1",null,"t","phx_reply",{"response":{},"status":"ok"}]"#,
    ] {
        fixture.hear(other);
        assert!(told(&mut events).is_empty(), "{other}");
    }
}

#[test]
fn a_join_on_a_topic_that_does_not_exist_is_refused() {
    let (mut fixture, mut events) = Fixture::joining();
    let mut push = fixture.push("shout");
    fixture.hear(r#"[null,"1","t","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#);
    assert_eq!(told(&mut events), [r#"refused {"reason":"unmatched topic"}"#]);
    assert!(push.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
    assert_eq!(fixture.push("shout").try_recv(), Ok(Err(PushError::Closed)));
    assert_eq!(fixture.topics.due(), None, "it is not tried again by itself");

    fixture.topics.disconnected();
    assert!(told(&mut events).is_empty(), "it was not joined");
    fixture.topics.connected(fixture.now);
    assert_eq!(fixture.sent(), [r#"["2","2","t","phx_join",{}]"#]);
}

#[test]
fn a_join_that_is_not_answered_is_left_and_tried_again() {
    let (mut fixture, mut events) = Fixture::joining();
    let mut push = fixture.push("shout");
    fixture.pass(9);
    assert!(fixture.sent().is_empty());
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["1","2","t","phx_leave",{}]"#]);
    fixture.hear(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#);
    fixture.hear(r#"["1","1","t","phx_close",{}]"#);
    assert!(told(&mut events).is_empty(), "too late");
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["3","3","t","phx_join",{}]"#]);
    fixture.pass(10);
    assert_eq!(fixture.sent(), [r#"["3","4","t","phx_leave",{}]"#]);
    fixture.pass(1);
    assert!(fixture.sent().is_empty(), "the pauses grow");
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["5","5","t","phx_join",{}]"#]);
    fixture.hear(r#"["5","5","t","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(fixture.sent(), [r#"["5","6","t","shout",{}]"#], "the push has waited");
    fixture.hear(r#"["5","6","t","phx_reply",{"response":1,"status":"ok"}]"#);
    assert_eq!(push.try_recv(), Ok(Ok(Payload::json(&1).unwrap())));
}

#[test]
fn a_join_whose_answer_may_be_on_its_way_has_more_time() {
    let (mut fixture, _events) = Fixture::joining();
    for _ in 0..5 {
        fixture.topics.n_heard += 1;
        assert!(!fixture.pass(10));
        assert!(fixture.sent().is_empty());
    }
    fixture.topics.n_heard += 1;
    assert!(fixture.pass(10), "but not for ever");
    assert_eq!(fixture.sent(), [r#"["1","2","t","phx_leave",{}]"#]);
}

#[test]
fn a_channel_that_fails_is_joined_again() {
    let (mut fixture, mut events) = Fixture::joined();
    let mut push = fixture.push("shout");
    fixture.hear(r#"["1","1","t","phx_error",{}]"#);
    assert_eq!(told(&mut events), ["disconnected"]);
    assert_eq!(push.try_recv(), Ok(Err(PushError::Disconnected)));
    fixture.sent();
    fixture.hear(r#"[null,null,"t","news",{}]"#);
    assert!(told(&mut events).is_empty(), "nothing is told between two joins");
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["3","3","t","phx_join",{}]"#]);
}

/// As Phoenix answers when `join/3` raises.
#[test]
fn a_join_that_crashes_is_tried_again() {
    let (mut fixture, mut events) = Fixture::joining();
    let mut push = fixture.push("shout");
    fixture.hear(r#"["1","1","t","phx_reply",{"response":{"reason":"join crashed"},"status":"error"}]"#);
    assert!(told(&mut events).is_empty());
    assert!(push.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Empty), "it waits for the next");
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["2","2","t","phx_join",{}]"#]);
    fixture.hear(r#"["2","2","t","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(told(&mut events), ["joined {}"]);
    assert_eq!(fixture.sent(), [r#"["2","3","t","shout",{}]"#]);
}

/// Phoenix answers a second join of a topic first, and closes the channel of the first one after it.
#[test]
fn the_end_of_a_channel_that_was_joined_again_is_not_its_own() {
    let (mut fixture, mut events) = Fixture::joining();
    fixture.pass(10);
    fixture.pass(1);
    assert_eq!(fixture.sent(), [r#"["1","2","t","phx_leave",{}]"#, r#"["3","3","t","phx_join",{}]"#]);
    // The server was slow: it works on all of it one after the other.
    fixture.hear(r#"["1","1","t","phx_reply",{"response":{"of":1},"status":"ok"}]"#);
    fixture.hear(r#"["1","2","t","phx_reply",{"response":{},"status":"ok"}]"#);
    fixture.hear(r#"["1","1","t","phx_close",{}]"#);
    fixture.hear(r#"["3","3","t","phx_reply",{"response":{"of":3},"status":"ok"}]"#);
    fixture.hear(r#"["1","1","t","phx_close",{}]"#);
    assert_eq!(told(&mut events), [r#"joined {"of":3}"#]);
}

/// A channel that is gone on the server, of which the client has not heard yet.
#[test]
fn a_push_to_a_topic_that_the_server_does_not_know_is_refused() {
    let (mut fixture, mut events) = Fixture::joined();
    let mut push = fixture.push("shout");
    fixture.hear(r#"[null,"2","t","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#);
    assert!(matches!(push.try_recv(), Ok(Err(PushError::Refused(_)))));
    fixture.hear(r#"["1","1","t","phx_error",{}]"#);
    assert_eq!(told(&mut events), ["disconnected"]);
    fixture.pass(1);
    assert_eq!(fixture.sent()[1..], [r#"["2","2","t","phx_join",{}]"#.replace('2', "3")]);
}

#[test]
fn what_leaves_everything_is_said_once() {
    let (mut fixture, _events) = Fixture::joined();
    assert!(fixture.topics.is_idle());
    let push = fixture.push("shout");
    assert!(!fixture.topics.is_idle());
    drop(push);
    assert!(fixture.topics.is_idle(), "nobody waits any more");
    fixture.sent();
    fixture.topics.leave_all();
    assert_eq!(fixture.sent(), [r#"["1","3","t","phx_leave",{}]"#]);
}

#[test]
fn a_push_for_which_nobody_waits_any_more_is_not_sent() {
    let (mut fixture, _events) = Fixture::joining();
    drop(fixture.push("given up"));
    let _push = fixture.push("wanted");
    fixture.hear(r#"["1","1","t","phx_reply",{"response":{},"status":"ok"}]"#);
    assert_eq!(fixture.sent(), [r#"["1","2","t","wanted",{}]"#]);
}

#[test]
fn a_second_channel_for_a_topic_closes_the_first() {
    let (mut fixture, mut events) = Fixture::joined();
    let mut push = fixture.push("shout");
    fixture.sent();
    let mut second = fixture.open(8);
    assert_eq!(told(&mut events), ["closed"]);
    assert!(push.try_recv().is_err());
    assert_eq!(fixture.sent(), [r#"["3","3","t","phx_join",{}]"#]);
    fixture.hear(r#"["3","3","t","phx_reply",{"response":{},"status":"ok"}]"#);
    fixture.hear(r#"["1","1","t","phx_close",{}]"#);
    assert_eq!(told(&mut second), ["joined {}"]);

    fixture.topics.leave("t", 7, None);
    assert!(fixture.sent().is_empty(), "dropping the first does not leave for the second");
    assert!(fixture.push("shout").try_recv().is_err());
    fixture.topics.leave("t", 8, None);
    assert_eq!(fixture.sent(), [r#"["3","4","t","phx_leave",{}]"#]);
}

#[test]
fn without_a_connection_pushes_fail_and_channels_wait() {
    let mut fixture = Fixture::new(Vsn::V2);
    let mut events = fixture.open(7);
    assert_eq!(fixture.push("shout").try_recv(), Ok(Err(PushError::Disconnected)));
    assert!(fixture.sent().is_empty());
    fixture.topics.connected(fixture.now);
    let mut waiting = fixture.push("shout");
    fixture.topics.disconnected();
    assert_eq!(waiting.try_recv(), Ok(Err(PushError::Disconnected)));
    assert!(fixture.sent().is_empty(), "what was not sent is not sent on the next connection");
    assert!(told(&mut events).is_empty(), "it was never joined");
}

#[test]
fn a_reply_of_another_status_refuses() {
    let (mut fixture, _events) = Fixture::joined();
    let mut push = fixture.push("shout");
    fixture.hear(r#"["1","2","t","phx_reply",{"response":{"x":1},"status":"maybe"}]"#);
    let answer = push.try_recv().unwrap();
    assert!(matches!(answer, Err(PushError::Refused(Payload::Json(json))) if json.get() == r#"{"x":1}"#));
}

#[test]
fn version_1_does_without_join_refs() {
    let mut fixture = Fixture::new(Vsn::V1);
    fixture.topics.connected(fixture.now);
    let mut events = fixture.open(7);
    assert_eq!(fixture.sent(), [r#"{"topic":"t","event":"phx_join","payload":{},"ref":"1","join_ref":"1"}"#]);
    fixture.hear(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"t"}"#);
    fixture.hear(r#"{"event":"news","payload":{},"ref":null,"topic":"t"}"#);
    fixture.hear(r#"{"event":"phx_close","payload":{},"ref":"9","topic":"t"}"#);
    assert_eq!(told(&mut events), ["joined {}", "news {}"]);
    fixture.hear(r#"{"event":"phx_close","payload":{},"ref":"1","topic":"t"}"#);
    assert_eq!(told(&mut events), ["closed"]);
}

#[test]
fn a_binary_push_needs_version_2() {
    let mut fixture = Fixture::new(Vsn::V1);
    fixture.topics.connected(fixture.now);
    let _events = fixture.open(7);
    fixture.hear(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"t"}"#);
    let (answer, mut receiver) = oneshot::channel();
    let payload = Payload::Binary(vec![1].into());
    fixture.topics.push("t", 7, Push { event: "draw".to_owned(), payload, answer });
    assert!(matches!(receiver.try_recv(), Ok(Err(PushError::Payload(text))) if text.contains("version 2")));
}

#[test]
fn heartbeats_are_numbered_like_everything_else() {
    let (mut fixture, _events) = Fixture::joined();
    drop(fixture.push("given up"));
    fixture.sent();
    assert_eq!(fixture.topics.heartbeat(), 3);
    assert_eq!(fixture.sent(), [r#"[null,"3","phoenix","heartbeat",{}]"#]);
    assert!(fixture.topics.pushes.is_empty(), "what nobody waits for is forgotten");
}
