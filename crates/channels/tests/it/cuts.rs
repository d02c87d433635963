//! A long-poll server that counts, at the end of a link that is cut again and again, at any place: whatever is lost in
//! the middle, everything arrives once and in order.

use std::time::Duration;

use futures_util::future::join_all;
use roost_channels::{ChannelEvent, Payload, Socket};
use serde_json::{Value, json};

use crate::peer::soon;
use crate::web::{Asked, NEVER, Web};

/// What is pushed to the server in each run.
const N_PUSHES: u64 = 60;
/// How many requests in a row may fail in each direction; with one more the client takes the session for lost.
const CUTS_MAX: u32 = 3;

/// A server with one session and the topic `t`, on which everything is said to everybody.
struct Model {
    rng: fastrand::Rng,
    /// Everything that was ever to be said, in order.
    messages: Vec<String>,
    /// How many of the client's frames were worked on.
    n_taken: usize,
    /// What they said, in order.
    said: Vec<u64>,
    poll: Option<Asked>,
    n_cut_polls: u32,
    n_cut_posts: u32,
}

impl Model {
    fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            messages: Vec::new(),
            n_taken: 0,
            said: Vec::new(),
            poll: None,
            n_cut_polls: 0,
            n_cut_posts: 0,
        }
    }

    async fn run(mut self, mut web: Web) -> Vec<u64> {
        web.open_counting("A").await;
        while self.said.len() < usize::try_from(N_PUSHES).unwrap() || !self.is_known() {
            match web.poll_or_post().await {
                Ok(poll) => self.polled(poll),
                Err(post) => self.posted(post),
            }
            self.answer_poll();
        }
        self.said
    }

    /// Whether the client has said that it has everything.
    fn is_known(&self) -> bool {
        self.poll.as_ref().is_some_and(|poll| number(poll, "ack") == self.messages.len())
    }

    fn polled(&mut self, poll: Asked) {
        assert_eq!(poll.param("token").as_deref(), Some("A"), "the session goes on");
        if self.is_cut(self.n_cut_polls) {
            self.n_cut_polls += 1;
        } else {
            self.poll = Some(poll);
        }
    }

    fn answer_poll(&mut self) {
        let Some(poll) = self.poll.take() else { return };
        let ack = number(&poll, "ack");
        if ack == self.messages.len() {
            // There may be nothing for a while.
            if self.rng.u8(..) < 20 {
                poll.reply(&json!({"messages": [], "status": 204, "token": "A", "ack": ack}));
            } else {
                self.poll = Some(poll);
            }
            return;
        }
        // Those before are repeated by some servers, and not all are given at once.
        let first = self.rng.usize(ack.saturating_sub(2)..=ack);
        let end = self.rng.usize(ack + 1..=self.messages.len());
        let body = json!({"messages": self.messages[first..end], "status": 200, "token": "A", "ack": first});
        if self.is_cut(self.n_cut_polls) {
            self.n_cut_polls += 1;
            let length = body.to_string().len();
            poll.cut(&body, self.rng.usize(0..length));
        } else {
            self.n_cut_polls = 0;
            poll.reply(&body);
        }
    }

    fn posted(&mut self, post: Asked) {
        // On its way there.
        if self.is_cut(self.n_cut_posts) {
            self.n_cut_posts += 1;
            return;
        }
        let seq = number(&post, "seq");
        assert!(seq <= self.n_taken, "nothing is left out");
        for line in post.body.lines().skip(self.n_taken - seq).map(str::to_owned).collect::<Vec<_>>() {
            self.n_taken += 1;
            self.work_on(&serde_json::from_str(&line).unwrap());
        }
        // On the way back.
        if self.is_cut(self.n_cut_posts) {
            self.n_cut_posts += 1;
            let body = json!({"status": 200});
            post.cut(&body, self.rng.usize(0..body.to_string().len()));
        } else {
            self.n_cut_posts = 0;
            post.status(200);
        }
    }

    fn work_on(&mut self, frame: &Value) {
        if frame[3] == "shout" {
            let number = frame[4].as_u64().unwrap();
            self.said.push(number);
            self.messages.push(json!([null, null, "t", "news", number]).to_string());
        }
        let reply = json!([frame[0], frame[1], frame[2], "phx_reply", {"response": frame[4], "status": "ok"}]);
        self.messages.push(reply.to_string());
    }

    fn is_cut(&mut self, n_before: u32) -> bool {
        n_before < CUTS_MAX && self.rng.u8(..) < 80
    }
}

fn number(asked: &Asked, name: &str) -> usize {
    asked.param(name).unwrap().parse().unwrap()
}

async fn run(seed: u64) {
    let web = Web::start().await;
    let mut config = web.longpoll();
    config.backoff.max = Duration::from_millis(1);
    let socket = Socket::connect(config);
    let (channel, mut events) = socket.channel("t", || json!({}));
    let server = tokio::spawn(Model::new(seed).run(web));
    let mut rng = fastrand::Rng::with_seed(seed ^ 1);
    let talk = async {
        assert!(matches!(events.recv().await, Some(ChannelEvent::Joined { .. })), "seed {seed}");
        let mut numbers = 0..N_PUSHES;
        while numbers.start < numbers.end {
            let some: Vec<u64> = numbers.by_ref().take(rng.usize(1..8)).collect();
            let answers = join_all(some.iter().map(|number| channel.push("shout", number, NEVER))).await;
            let expected: Vec<_> = some.iter().map(|number| Ok(Payload::json(number).unwrap())).collect();
            assert_eq!(answers, expected, "seed {seed}");
        }
        for number in 0..N_PUSHES {
            let news = ChannelEvent::Message { event: "news".to_owned(), payload: Payload::json(&number).unwrap() };
            assert_eq!(events.recv().await, Some(news), "seed {seed}");
        }
    };
    soon(talk).await;
    assert_eq!(soon(server).await.unwrap(), (0..N_PUSHES).collect::<Vec<_>>(), "seed {seed}");
    drop(socket);
}

#[tokio::test]
async fn everything_arrives_once_and_in_order() {
    for seed in 0..12 {
        run(seed).await;
    }
}
