//! A client that speaks long poll and shows everything it hears.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::site::{Answer, Caller, Person, Site};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where it is spoken.
pub(crate) const PATH: &str = "/socket/longpoll";

/// One session.
pub(crate) struct Client {
    caller: Caller,
    /// What every address ends with.
    query: String,
    pub(crate) token: String,
    next_ref: u64,
    /// What came and was not looked at.
    heard: VecDeque<Value>,
    /// How many messages were received, for a client that says so.
    pub(crate) n_received: Option<u64>,
}

impl Client {
    /// Opens a session as the official client does.
    pub(crate) async fn open(site: &Site, person: &Person) -> Self {
        Self::open_with(site, &format!("?token={}&vsn=2.0.0", person.token)).await
    }

    /// The same with other parameters.
    pub(crate) async fn open_with(site: &Site, query: &str) -> Self {
        let opened: Value = site.caller.get(&format!("{PATH}{query}")).await.json();
        assert_eq!((&opened["status"], &opened["messages"]), (&json!(410), &json!([])), "{opened}");
        let token = opened["token"].as_str().unwrap().to_owned();
        Self {
            caller: site.caller.clone(),
            query: query.to_owned(),
            token,
            next_ref: 0,
            heard: VecDeque::new(),
            n_received: None,
        }
    }

    /// The path of its requests, with something added.
    pub(crate) fn path(&self, more: &str) -> String {
        format!("{PATH}{}&token={}{more}", self.query, self.token)
    }

    pub(crate) fn request(&self, method: Method, more: &str) -> RequestBuilder {
        self.caller.request(method, &self.path(more))
    }

    /// Polls once.
    pub(crate) async fn get(&self, more: &str) -> Answer {
        timeout(PATIENCE, Caller::send(self.request(Method::GET, more))).await.expect("an answer to a poll")
    }

    /// Sends frames, one a line.
    pub(crate) async fn post(&self, more: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, more).header("content-type", "application/x-ndjson").body(body);
        timeout(PATIENCE, Caller::send(request)).await.expect("an answer to a POST")
    }

    /// Sends frames that are taken.
    pub(crate) async fn send(&self, body: impl Into<reqwest::Body>) {
        assert_eq!(self.post("", body).await.body, r#"{"status":200}"#);
    }

    /// How many messages came and were not looked at.
    pub(crate) fn n_heard(&self) -> usize {
        self.heard.len()
    }

    /// The next message, polled for if need be.
    pub(crate) async fn next(&mut self) -> Value {
        while self.heard.is_empty() {
            let more = self.n_received.map(|n_received| format!("&ack={n_received}")).unwrap_or_default();
            let answer: Value = self.get(&more).await.json();
            let messages = match answer["status"].as_u64() {
                Some(200) => answer["messages"].as_array().unwrap(),
                Some(204) => continue,
                _ => panic!("the session is over: {answer}"),
            };
            if let Some(n_received) = &mut self.n_received {
                assert_eq!(answer["ack"], *n_received);
                *n_received += messages.len() as u64;
            }
            self.heard.extend(messages.iter().map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()));
        }
        self.heard.pop_front().unwrap()
    }

    /// The next of these events, passing over others.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        loop {
            let message = self.next().await;
            if message[3] == event {
                return message;
            }
        }
    }

    /// Begins a push, and returns its ref.
    pub(crate) async fn begin(&mut self, topic: &str, event: &str, payload: &Value) -> String {
        self.next_ref += 1;
        let ref_ = self.next_ref.to_string();
        self.send(json!([Value::Null, ref_, topic, event, payload]).to_string()).await;
        ref_
    }

    /// What a push is answered, passing over what else comes.
    pub(crate) async fn push(&mut self, topic: &str, event: &str, payload: Value) -> (String, Value) {
        let ref_ = self.begin(topic, event, &payload).await;
        loop {
            let mut message = self.event("phx_reply").await;
            if message[1] == ref_ {
                return (message[4]["status"].as_str().unwrap().to_owned(), message[4]["response"].take());
            }
        }
    }

    pub(crate) async fn join(&mut self, topic: &str, payload: Value) -> Value {
        let (status, response) = self.push(topic, "phx_join", payload).await;
        assert_eq!(status, "ok", "{response}");
        response
    }
}

/// A server that gives a request no more than this, and somebody who signed up when it gave them more: that takes long
/// on a busy machine.
pub(crate) async fn in_a_hurry(request_time: Duration) -> (Site, Person) {
    let site = Site::start().await;
    let person = site.sign_up("Ada").await;
    let data_dir = site.stop().await;
    (Site::start_in(data_dir, |config| config.limits.request_time = request_time).await, person)
}

/// A proposal of one's own.
pub(crate) fn proposal(change: &Value) -> Value {
    json!({ "op": Uuid::now_v7(), "change": change })
}

pub(crate) fn renamed(name: &str) -> Value {
    proposal(&json!({ "type": "board_renamed", "name": name }))
}
