//! What is asked of a long-poll server, and what it answers.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::batch::Batch;
use crate::config::SocketConfig;
use crate::transport::{Incoming, Transport};

/// There is no such session; a poll is given the token of a new one.
pub(super) const GONE: u16 = 410;
/// There are too many requests of this session at a time.
pub(super) const TOO_MANY: u16 = 429;

/// What the server answers. The HTTP status is 200 whatever this one is.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) token: Option<String>,
    #[serde(default)]
    messages: Vec<Box<RawValue>>,
    /// How many messages of the session come before these; said only by servers that keep messages until they are known
    /// to have come.
    #[serde(default)]
    pub(super) ack: Option<u64>,
}

/// An answer that is none of a long-poll server's, which something in between may have given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// The HTTP status.
    pub(super) status: u16,
}

impl Answer {
    pub(super) fn read(response: &Response<Bytes>) -> Result<Self, Foreign> {
        let status = response.status().as_u16();
        let answer = if status == 200 { serde_json::from_slice(response.body()).ok() } else { None };
        answer.ok_or(Foreign { status })
    }

    /// The frames that the server says.
    pub(super) fn frames(self) -> impl Iterator<Item = Incoming> {
        self.messages.into_iter().map(|message| match serde_json::from_str::<String>(message.get()) {
            Ok(frame) => read(frame),
            Err(_) => Incoming::Text(Utf8Bytes::from(message.get())),
        })
    }
}

/// A frame among the messages of an answer. Text is JSON: a list, or an object in version 1. Binary frames are written
/// by Phoenix as they are, and begin with the number of their kind; by Roost as clients write them, in base64, since not
/// all bytes can be in a string.
fn read(frame: String) -> Incoming {
    match frame.as_bytes().first() {
        Some(0..=2) => Incoming::Binary(frame.into_bytes().into()),
        Some(b'[' | b'{') | None => Incoming::Text(frame.into()),
        Some(_) => match BASE64_STANDARD.decode(&frame) {
            Ok(bytes) => Incoming::Binary(bytes.into()),
            Err(_) => Incoming::Text(frame.into()),
        },
    }
}

/// What requests have in common.
#[derive(Clone)]
pub(super) struct Address {
    path: String,
    host: HeaderValue,
    auth_token: Option<HeaderValue>,
}

impl Address {
    /// `None` when the token cannot be in a header.
    pub(super) fn new(config: &SocketConfig) -> Option<Self> {
        let url = config.endpoint(Transport::LongPoll);
        let auth_token = match &config.auth_token {
            None => None,
            Some(token) => {
                let mut value = HeaderValue::try_from(token).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let host = HeaderValue::try_from(&url[url::Position::BeforeHost..url::Position::AfterPort]).ok()?;
        let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        Some(Self { path, host, auth_token })
    }

    fn request(&self, method: Method, params: &[(&str, &str)]) -> Request<Full<Bytes>> {
        let mut path = self.path.clone();
        for (name, value) in params {
            path.push('&');
            path.push_str(name);
            path.push('=');
            path.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        }
        let mut request = Request::new(Full::default());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a part of an address is one");
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // What is in between must not answer in the server's place.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(token) = &self.auth_token {
            headers.insert("x-phoenix-authtoken", token.clone());
        }
        request
    }

    /// Asks for a session, and whether the server counts.
    pub(super) fn open(&self) -> Request<Full<Bytes>> {
        self.request(Method::GET, &[("ack", "0")])
    }
}

/// A session that is open.
pub(super) struct Session {
    pub(super) config: Arc<SocketConfig>,
    pub(super) address: Address,
    pub(super) token: String,
    /// Whether the server counts messages in both directions, so that what was cut may be asked again.
    pub(super) counts: bool,
}

impl Session {
    /// Asks for the messages after these.
    pub(super) fn poll(&self, n_received: u64) -> Request<Full<Bytes>> {
        let n_received = n_received.to_string();
        self.request(Method::GET, ("ack", &n_received))
    }

    /// Hands over a batch after so many frames.
    pub(super) fn post(&self, batch: &Batch, n_sent: u64) -> Request<Full<Bytes>> {
        let n_sent = n_sent.to_string();
        let mut request = self.request(Method::POST, ("seq", &n_sent));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(batch.content_type));
        *request.body_mut() = Full::new(batch.body.clone());
        request
    }

    fn request(&self, method: Method, count: (&str, &str)) -> Request<Full<Bytes>> {
        // The session's token comes after what the application may have named so too: of both, the last counts.
        let token = ("token", &*self.token);
        if self.counts { self.address.request(method, &[count, token]) } else { self.address.request(method, &[token]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Answer, Foreign> {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = status.try_into().unwrap();
        Answer::read(&response)
    }

    #[test]
    fn frames_of_both_kinds() {
        let body = r#"{"messages":["[null,null,\"t\",\"a\",{}]","\u0002\u0001\u0001tbé","AgEBdGL/",{"topic":"t"}],"status":200}"#;
        let frames: Vec<_> = read(200, body).unwrap().frames().collect();
        assert_eq!(
            frames,
            [
                Incoming::Text(r#"[null,null,"t","a",{}]"#.into()),
                Incoming::Binary("\u{2}\u{1}\u{1}tbé".into()),
                Incoming::Binary(b"\x02\x01\x01tb\xff"[..].into()),
                Incoming::Text(r#"{"topic":"t"}"#.into()),
            ]
        );
    }

    #[test]
    fn what_others_answer() {
        assert_eq!(read(200, "<html>Welcome to our Wi-Fi</html>").unwrap_err(), Foreign { status: 200 });
        assert_eq!(read(200, r#"{"ok":true}"#).unwrap_err(), Foreign { status: 200 });
        assert_eq!(read(200, "410").unwrap_err(), Foreign { status: 200 });
        assert_eq!(read(502, r#"{"status":410,"token":"x"}"#).unwrap_err(), Foreign { status: 502 });
        assert_eq!(read(200, r#"{"status":403}"#).unwrap().status, 403);
    }

    #[test]
    fn addresses() {
        let mut config = SocketConfig::new("wss://example.org:4000/socket").unwrap();
        config.params.push(("token".to_owned(), "mine".to_owned()));
        config.auth_token = Some("hush".to_owned());
        let address = Address::new(&config).unwrap();
        let request = address.open();
        assert_eq!(request.uri(), "/socket/longpoll?token=mine&vsn=2.0.0&ack=0");
        assert_eq!(request.headers()["host"], "example.org:4000");
        assert_eq!(request.headers()["x-phoenix-authtoken"], "hush");
        let session = Session { config: Arc::new(config), address, token: "a+b".to_owned(), counts: false };
        assert_eq!(session.poll(3).uri(), "/socket/longpoll?token=mine&vsn=2.0.0&token=a%2Bb");
        let session = Session { counts: true, ..session };
        assert_eq!(session.poll(3).uri(), "/socket/longpoll?token=mine&vsn=2.0.0&ack=3&token=a%2Bb");
    }
}
