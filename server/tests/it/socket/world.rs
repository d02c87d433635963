//! A server of its own for each test, the people on it, and a client that sees every frame.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use roost_board::{BoardId, BoardSummary, OpId, Snapshot, User};
use roost_protocol::rest::SessionAnswer;
use roost_server::{Config, Server};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Signs the tokens of every test's server.
pub(crate) const SECRET: &str = "a secret of thirty-two bytes or more";

/// A server of its own; dropped, it stops without waiting for its clients.
pub(crate) struct World {
    server: Server,
    http: reqwest::Client,
    data_dir: TempDir,
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) jwt: String,
    pub(crate) user: User,
}

impl Person {
    pub(crate) fn topic(&self) -> String {
        format!("users:{}", self.user.id)
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        // Only the first test of the process installs it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let data_dir = TempDir::new().unwrap();
        let mut config = Config::new(data_dir.path());
        config.secret = Some(SECRET.to_owned());
        configure(&mut config);
        let server = Server::start(config).await.unwrap();
        Self { server, http: reqwest::Client::new(), data_dir }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Another program that writes to the database, which has it to itself until this is dropped.
    pub(crate) fn occupy_database(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.data_dir.path().join("roost.db")).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        connection
    }

    /// Stops, and starts again on the same port with the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self { server, http, data_dir } = self;
        let mut config = Config::new(data_dir.path());
        config.secret = Some(SECRET.to_owned());
        config.listen = server.address();
        server.shutdown().await;
        let server = Server::start(config).await.unwrap();
        Self { server, http, data_dir }
    }

    /// Closes all sockets of somebody.
    pub(crate) fn disconnect(&self, person: &Person) {
        self.server.disconnect_user(person.user.id);
    }

    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }

    async fn call(&self, method: reqwest::Method, path: &str, jwt: &str, body: Option<Value>) -> String {
        let url = format!("http://{}/api/v1{path}", self.address());
        let mut request = self.http.request(method, url);
        if !jwt.is_empty() {
            request = request.bearer_auth(jwt);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        text
    }

    pub(crate) async fn sign_up(&self, first_name: &str) -> Person {
        let email = format!("{}@roost.example", first_name.to_lowercase());
        let user = json!({
            "first_name": first_name, "last_name": "Example", "email": email, "password": "correct horse battery",
        });
        let answer = self.call(reqwest::Method::POST, "/registrations", "", Some(json!({ "user": user }))).await;
        let SessionAnswer { jwt, user } = serde_json::from_str(&answer).unwrap();
        Person { jwt, user }
    }

    pub(crate) async fn sign_out(&self, person: &Person) {
        self.call(reqwest::Method::DELETE, "/sessions", &person.jwt, None).await;
    }

    pub(crate) async fn make_board(&self, person: &Person, name: &str) -> BoardId {
        let body = json!({ "board": { "name": name } });
        let answer = self.call(reqwest::Method::POST, "/boards", &person.jwt, Some(body)).await;
        serde_json::from_str::<BoardSummary>(&answer).unwrap().id
    }

    pub(crate) async fn snapshot(&self, person: &Person, board: BoardId) -> Snapshot {
        let answer = self.call(reqwest::Method::GET, &format!("/boards/{board}"), &person.jwt, None).await;
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) async fn connect(&self, person: &Person) -> Client {
        self.connect_with(person, "2.0.0").await
    }

    pub(crate) async fn connect_with(&self, person: &Person, vsn: &str) -> Client {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        self.connect_over(stream, person, vsn).await
    }

    /// Over a connection that takes in little before its client reads.
    pub(crate) async fn connect_narrowly(&self, person: &Person) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = socket.connect(self.address()).await.unwrap();
        self.connect_over(stream, person, "2.0.0").await
    }

    /// With exactly these parameters.
    pub(crate) async fn connect_to(&self, parameters: &str) -> Client {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        self.connect_with_parameters(stream, parameters).await
    }

    async fn connect_over(&self, stream: TcpStream, person: &Person, vsn: &str) -> Client {
        self.connect_with_parameters(stream, &format!("token={}&vsn={vsn}", person.jwt)).await
    }

    async fn connect_with_parameters(&self, stream: TcpStream, parameters: &str) -> Client {
        stream.set_nodelay(true).unwrap();
        let uri = format!("ws://{}/socket/websocket?{parameters}", self.address());
        let (websocket, _) = tokio_tungstenite::client_async(uri, stream).await.unwrap();
        Client { websocket, next_ref: 1_000, events: Vec::new() }
    }

    /// What a request is answered, whatever its status; lines of frames in its body, if there are any.
    pub(crate) async fn exchange(&self, method: &str, path: &str, body: String) -> String {
        let url = format!("http://{}{path}", self.address());
        let request = self.http.request(method.parse().unwrap(), url).header("content-type", "application/x-ndjson");
        request.body(body).send().await.unwrap().text().await.unwrap()
    }

    /// The whole answer to a request, with the connection closed behind it; as much of it as there is for a socket.
    pub(crate) async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = async {
            while stream.read_buf(&mut answer).await.unwrap() > 0 {
                if answer.starts_with(b"HTTP/1.1 101") && answer.ends_with(b"\r\n\r\n") {
                    break;
                }
            }
        };
        timeout(PATIENCE, read).await.expect("an answer to a request");
        String::from_utf8(answer).unwrap()
    }
}

/// One end of a socket.
pub(crate) struct Client {
    pub(crate) websocket: WebSocketStream<TcpStream>,
    next_ref: u64,
    /// What was heard while an answer was waited for.
    pub(crate) events: Vec<Value>,
}

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        self.websocket.send(message).await.unwrap();
    }

    /// Sends what no client should: bytes as they are, on the connection below the WebSocket.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.websocket.get_mut().write_all(bytes).await.unwrap();
    }

    pub(crate) async fn message(&mut self) -> Message {
        let message = timeout(PATIENCE, self.websocket.next()).await.expect("a message in time");
        message.expect("a message rather than the end").unwrap()
    }

    /// The next text.
    pub(crate) async fn text(&mut self) -> String {
        match self.message().await {
            Message::Text(text) => text.to_string(),
            message => panic!("expected a text, not {message:?}"),
        }
    }

    pub(crate) async fn expect(&mut self, expected: &str) {
        assert_eq!(self.text().await, expected);
    }

    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The same, passing over who comes and goes, and keeping what is told on other topics.
    pub(crate) async fn expect_after_presence(&mut self, expected: &str) {
        let expected: Value = serde_json::from_str(expected).unwrap();
        loop {
            let message = self.json().await;
            let is_presence = message[3].as_str().unwrap().starts_with("presence");
            if message[2] == expected[2] && !is_presence {
                assert_eq!(message, expected);
                return;
            }
            self.events.push(message);
        }
    }

    /// Nothing more was sent so far.
    pub(crate) async fn expect_silence(&mut self) {
        self.next_ref += 1;
        let ref_ = self.next_ref;
        self.send(&format!(r#"[null,"{ref_}","phoenix","heartbeat",{{}}]"#)).await;
        self.expect(&format!(r#"[null,"{ref_}","phoenix","phx_reply",{{"response":{{}},"status":"ok"}}]"#)).await;
    }

    /// Sends without waiting for the answer; its ref.
    pub(crate) async fn begin(&mut self, topic: &str, event: &str, payload: &Value) -> String {
        self.next_ref += 1;
        let ref_ = self.next_ref.to_string();
        self.send(&json!(["1", ref_, topic, event, payload]).to_string()).await;
        ref_
    }

    /// Waits for an answer: its status and its response. What comes before is in [`events`](Self::events).
    pub(crate) async fn answer(&mut self, ref_: &str) -> (String, Value) {
        loop {
            let message = self.json().await;
            if message[1] == ref_ && message[3] == "phx_reply" {
                return (message[4]["status"].as_str().unwrap().to_owned(), message[4]["response"].clone());
            }
            self.events.push(message);
        }
    }

    /// Sends and waits for the answer: its status and its response.
    pub(crate) async fn push(&mut self, topic: &str, event: &str, payload: Value) -> (String, Value) {
        let ref_ = self.begin(topic, event, &payload).await;
        self.answer(&ref_).await
    }

    /// Joins a topic, which has to succeed.
    pub(crate) async fn join(&mut self, topic: &str, payload: Value) -> Value {
        let (status, response) = self.push(topic, "phx_join", payload).await;
        assert_eq!(status, "ok", "{response}");
        response
    }

    /// Proposes a change, which has to be accepted: its place in the log.
    pub(crate) async fn propose(&mut self, topic: &str, change: Value) -> u64 {
        let (status, response) = self.push(topic, "propose", proposal(&change)).await;
        assert_eq!(status, "ok", "{response}");
        response["seq"].as_u64().unwrap()
    }

    /// The next message of an event, which may have come already.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        if let Some(index) = self.events.iter().position(|message| message[3] == event) {
            return self.events.remove(index);
        }
        loop {
            let message = self.json().await;
            if message[3] == event {
                return message;
            }
            self.events.push(message);
        }
    }

    /// The code and the reason with which the server says goodbye; what comes before is passed over.
    pub(crate) async fn goodbye(&mut self) -> (u16, String) {
        loop {
            match self.message().await {
                Message::Close(Some(frame)) => {
                    assert!(timeout(PATIENCE, self.websocket.next()).await.unwrap().is_none(), "nothing follows");
                    return (frame.code.into(), frame.reason.to_string());
                }
                Message::Close(None) => return (1005, String::new()),
                _ => {}
            }
        }
    }
}

/// The payload of a proposal, with an `op` of its own.
pub(crate) fn proposal(change: &Value) -> Value {
    json!({ "op": OpId::from_uuid(Uuid::now_v7()), "change": change })
}

/// A change that adds a list, and the list's id.
pub(crate) fn list_added(name: &str) -> (Value, String) {
    let id = Uuid::now_v7().to_string();
    (json!({ "type": "list_added", "list": { "id": id, "name": name, "position": "a0" } }), id)
}

/// A change that adds a card, and the card's id.
pub(crate) fn card_added(list: &str, title: &str) -> (Value, String) {
    let id = Uuid::now_v7().to_string();
    (json!({ "type": "card_added", "card": { "id": id, "list_id": list, "title": title, "position": "a0" } }), id)
}
