//! What a socket is told before it connects.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use roost_protocol::Vsn;
use url::Url;

use crate::backoff::Backoff;
use crate::transport::Transport;

/// An address that is not one of a socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Not a URL at all.
    #[error("not an address: {0}")]
    Parse(#[from] url::ParseError),
    /// A URL of something else.
    #[error("the address of a socket begins with wss, ws, https or http, not with {0}")]
    Scheme(String),
}

/// An HTTP proxy that lets connections through to others, as it does for `CONNECT`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its name or address; one of version 6 in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`, if it wants one.
    pub authorization: Option<String>,
}

/// Without the authorization.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

/// How to connect, and how patient to be. The fields may be set freely between [`new`](Self::new) and
/// [`Socket::connect`](crate::Socket::connect).
#[derive(Clone)]
pub struct SocketConfig {
    /// Without a transport's name and parameters.
    url: Url,
    /// How messages are written.
    pub vsn: Vsn,
    /// The transport that is tried first: the WebSocket, unless it is known to be blocked here, as
    /// [`Socket::transport`](crate::Socket::transport) may have told at an earlier start.
    pub transport: Transport,
    /// Whether the other transport is tried where the first leads nowhere.
    pub fallback: bool,
    /// How long a transport may take to open on a connection that is there before the other is tried beside it.
    pub fallback_time: Duration,
    /// The pauses between tries to open a WebSocket while long poll is used in its stead. Before these comes one after
    /// [`fallback_time`](Self::fallback_time): a server that is just starting looks as if something in between blocked it.
    pub websocket_backoff: Backoff,
    /// Parameters of the socket's address.
    pub params: Vec<(String, String)>,
    /// The token, sent as `phoenix.js` sends its `authToken`: as a sub-protocol beside `phoenix`, and over long poll in
    /// the header `X-Phoenix-AuthToken`. That keeps it out of the logs that addresses end up in. Servers know it from
    /// Phoenix 1.8 on; for older ones it is a parameter.
    pub auth_token: Option<String>,
    /// What to connect through, if not directly.
    pub proxy: Option<Proxy>,
    /// Between heartbeats. Phoenix closes a socket that says nothing for 60 s.
    pub heartbeat_interval: Duration,
    /// How long the server may say nothing at all while the answer to a heartbeat is due, at most until the next is; after
    /// that the connection is taken for dead.
    pub heartbeat_timeout: Duration,
    /// How long the server may say nothing after [`reconnect_now`](crate::Socket::reconnect_now) before a new connection
    /// is tried beside the one that is open. Whichever answers first is kept.
    pub doubt_time: Duration,
    /// How long it may take to connect, all of name, TCP, TLS and handshake, by one transport.
    pub connect_timeout: Duration,
    /// How long a try to connect may take before another is begun beside it, since a network that is back does not always
    /// wake a try from before. The first is not given up for it: a slow network has all of the time above.
    pub hang_time: Duration,
    /// How long the answer to a join may take before it is tried again. A Phoenix server does nothing else on a socket
    /// while it works on a join, and answers no heartbeat: this is to be longer than its slowest join.
    pub join_timeout: Duration,
    /// How long closing may take before the connection is cut.
    pub close_timeout: Duration,
    /// The pauses after tries to connect that failed, and after a connection that was lost.
    pub backoff: Backoff,
    /// The pauses before a channel that failed is joined again, and after connections that the server closes as soon as
    /// they are open: it may have too much to do.
    pub rejoin_backoff: Backoff,
    /// The largest message that is taken, in bytes; a larger one closes the connection. Over long poll that is the
    /// largest answer, with all of the messages that are in it.
    pub max_message_size: usize,
    /// How much may wait on one channel to be received, in bytes, before the socket reads nothing more.
    pub max_waiting: usize,
    /// How to check the server of a `wss` address; `None` trusts the certificate authorities that the system trusts.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl SocketConfig {
    /// The usual patience, for the address of a Phoenix socket such as `wss://example.org/socket` (`http` and `https`
    /// mean `ws` and `wss`). The transport's name, `/websocket` or `/longpoll`, is added to it.
    ///
    /// # Errors
    /// When the address is no URL, or one with another scheme.
    pub fn new(url: &str) -> Result<Self, InvalidUrl> {
        let mut url = Url::parse(url)?;
        let scheme = match url.scheme() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            other => return Err(InvalidUrl::Scheme(other.to_owned())),
        };
        url.set_scheme(scheme).expect("all four schemes are of the kind that may be swapped");
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self {
            url,
            vsn: Vsn::V2,
            transport: Transport::WebSocket,
            fallback: true,
            fallback_time: Duration::from_millis(2500),
            websocket_backoff: Backoff { first: Duration::from_secs(5 * 60), max: Duration::from_secs(60 * 60) },
            params: Vec::new(),
            auth_token: None,
            proxy: None,
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: Duration::from_secs(30),
            doubt_time: Duration::from_millis(750),
            connect_timeout: Duration::from_secs(10),
            hang_time: Duration::from_millis(1500),
            join_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            backoff: Backoff { first: Duration::from_millis(250), max: Duration::from_millis(1500) },
            rejoin_backoff: Backoff { first: Duration::from_secs(1), max: Duration::from_secs(10) },
            max_message_size: 64 << 20,
            max_waiting: 16 << 20,
            tls: None,
        })
    }

    /// The machine that is connected to, and how.
    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    /// The address of a transport, parameters and all.
    pub(crate) fn endpoint(&self, transport: Transport) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{}", self.url.path().trim_end_matches('/'), transport.name()));
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in &self.params {
                query.append_pair(name, value);
            }
            query.append_pair("vsn", &self.vsn.to_string());
        }
        url
    }
}

/// Without what may be secret: the token and the values of the parameters.
impl fmt::Debug for SocketConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<&str> = self.params.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("SocketConfig")
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .field("vsn", &self.vsn)
            .field("transport", &self.transport)
            .field("fallback", &self.fallback)
            .field("params", &params)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        let mut config = SocketConfig::new(address).unwrap();
        config.params.push(("room".to_owned(), "a&b".to_owned()));
        assert_eq!(config.endpoint(Transport::WebSocket).as_str(), expected);
        assert_eq!(config.endpoint(Transport::LongPoll).as_str(), expected.replace("/websocket?", "/longpoll?"));
    }

    #[test]
    fn addresses() {
        check("wss://example.org/socket", "wss://example.org/socket/websocket?room=a%26b&vsn=2.0.0");
        check("http://127.0.0.1:4000/socket/", "ws://127.0.0.1:4000/socket/websocket?room=a%26b&vsn=2.0.0");
        check("ws://localhost/", "ws://localhost/websocket?room=a%26b&vsn=2.0.0");
        check("https://[::1]:4000/socket?x=1#y", "wss://[::1]:4000/socket/websocket?x=1&room=a%26b&vsn=2.0.0");
        assert!(matches!(SocketConfig::new("example"), Err(InvalidUrl::Parse(_))));
        assert!(matches!(SocketConfig::new("file:///socket"), Err(InvalidUrl::Scheme(scheme)) if scheme == "file"));
    }

    #[test]
    fn secrets_stay_out_of_logs() {
        let mut config = SocketConfig::new("ws://localhost/socket?token=hush").unwrap();
        config.params.push(("token".to_owned(), "hush".to_owned()));
        config.auth_token = Some("hush".to_owned());
        assert!(!format!("{config:?}").contains("hush"));
    }
}
