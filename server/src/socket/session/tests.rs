use std::future::poll_fn;
use std::task::{Poll, Waker};

use roost_protocol::rest::SessionAnswer;
use serde_json::value::to_raw_value;

use super::*;
use crate::config::Config;
use crate::pubsub::Mailbox;
use crate::server;
use crate::state::AppState;

struct World {
    _dir: tempfile::TempDir,
    _state: AppState,
    session: Session,
    topic: String,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = server::open(Config::new(dir.path())).await.unwrap();
        let SessionAnswer { user, .. } = state.auth.local_session("Ada", "Lovelace").await.unwrap();
        let topic = Topic::Users(user.id).to_string();
        let AppState { boards, pubsub, limiter, .. } = state.clone();
        let caller = Caller { user, boards, pubsub, mailbox: Mailbox::for_messages(10), limiter };
        let session = Session::new(caller.into(), Vsn::V2, &state.config.limits);
        Self { _dir: dir, _state: state, session, topic }
    }

    fn send(&mut self, frame: &str) {
        assert_eq!(self.session.receive_text(&frame.replace("$T", &self.topic)), None);
    }

    /// Works until so much is written.
    async fn expect(&mut self, expected: &[&str]) {
        let mut written = Vec::new();
        poll_fn(|cx| {
            assert_eq!(self.session.work(cx), None);
            let out = &mut self.session.outgoing;
            written.extend(std::iter::from_fn(|| out.pop()).map(|written| written.text().replace(&self.topic, "$T")));
            if written.len() < expected.len() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        assert_eq!(written, expected);
    }
}

const JOINED: &str = r#"["1","1","$T","phx_reply",{"response":{},"status":"ok"}]"#;
const CRASHED: &str = r#"["1","1","$T","phx_error",{}]"#;

#[tokio::test]
async fn a_channel_that_panics_ends_and_the_socket_goes_on() {
    let mut world = World::new().await;
    for event in ["panic", "panic_later"] {
        world.send(r#"["1","1","$T","phx_join",{}]"#);
        world.expect(&[JOINED]).await;
        world.send(&format!(r#"["1","2","$T","{event}",{{}}]"#));
        // What comes behind the end finds nobody.
        world.send(r#"["1","3","$T","any",{}]"#);
        let unmatched = r#"[null,"3","$T","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#;
        world.expect(&[CRASHED, unmatched]).await;
        assert_eq!(world.session.n_pending(), 0);
    }
    world.send(r#"[null,"4","phoenix","heartbeat",{}]"#);
    world.expect(&[r#"[null,"4","phoenix","phx_reply",{"response":{},"status":"ok"}]"#]).await;
}

#[tokio::test]
async fn a_join_that_panics_is_refused_and_the_other_channels_go_on() {
    let mut world = World::new().await;
    world.send(r#"["1","1","$T","phx_join",{}]"#);
    world.expect(&[JOINED]).await;
    let board = "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11";
    world.send(&format!(r#"["2","2","{board}","phx_join","panic"]"#));
    let refused = r#"["2","2","$B","phx_reply",{"response":{"reason":"join crashed"},"status":"error"}]"#;
    world.expect(&[&refused.replace("$B", board)]).await;
    // Joined anew, in place of the first.
    world.send(r#"["3","3","$T","phx_join","panic"]"#);
    let refused = r#"["3","3","$T","phx_reply",{"response":{"reason":"join crashed"},"status":"error"}]"#;
    world.expect(&[refused, r#"["1","1","$T","phx_close",{}]"#]).await;
    world.send(r#"["4","4","$T","phx_join",{}]"#);
    world.expect(&[&JOINED.replace('1', "4")]).await;
}

#[tokio::test]
async fn what_waits_behind_a_lot_for_a_topic_that_was_left_comes_at_once() {
    let mut world = World::new().await;
    world.send(r#"["1","1","$T","phx_join",{}]"#);
    world.expect(&[JOINED]).await;
    let Caller { user, mailbox, pubsub, .. } = &*world.session.caller;
    let left = "boards:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11".parse().unwrap();
    let subscription = pubsub.subscribe(left, user.id, mailbox);
    let long = to_raw_value(&"x".repeat(world.session.outgoing.room())).unwrap();
    for _ in 0..3 {
        pubsub.broadcast(left, "news", Arc::from(long.clone()));
    }
    drop(subscription);
    pubsub.broadcast(world.topic.parse().unwrap(), "news", Arc::from(to_raw_value(&1).unwrap()));
    // One turn: nobody is woken again for what is in the mailbox already.
    assert_eq!(world.session.work(&mut Context::from_waker(Waker::noop())), None);
    let written = world.session.outgoing.pop().map(|written| written.text().replace(&world.topic, "$T"));
    assert_eq!(written.as_deref(), Some(r#"[null,null,"$T","news",1]"#));
}
