//! A server of its own for each test, and the people who call it.

use std::sync::LazyLock;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use roost_board::{BoardSummary, User};
use roost_protocol::rest::{ErrorDetail, SessionAnswer};
use roost_server::{Config, Server};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

static HTTP: LazyLock<()> = LazyLock::new(|| {
    // Another test of this process may have installed it.
    drop(rustls::crypto::ring::default_provider().install_default());
});

/// A client that keeps no connections, since each test's runtime ends with the test.
pub(crate) fn http() -> Client {
    LazyLock::force(&HTTP);
    Client::builder().pool_max_idle_per_host(0).gzip(false).build().unwrap()
}

/// A running server and its data.
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) caller: Caller,
    data_dir: TempDir,
}

/// Somebody who calls a server, signed in or not.
#[derive(Clone)]
pub(crate) struct Caller {
    http: Client,
    base: String,
    token: Option<String>,
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) token: String,
    pub(crate) caller: Caller,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(TempDir::new().unwrap(), configure).await
    }

    pub(crate) async fn start_in(data_dir: TempDir, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(data_dir.path());
        configure(&mut config);
        let server = Server::start(config).await.unwrap();
        let caller = Caller::new(&server.address().to_string());
        Self { server, caller, data_dir }
    }

    /// Stops the server and hands its data back.
    pub(crate) async fn stop(self) -> TempDir {
        self.server.shutdown().await;
        self.data_dir
    }

    pub(crate) async fn sign_up(&self, first_name: &str) -> Person {
        self.caller.sign_up(first_name).await
    }
}

impl Caller {
    /// Somebody who is not signed in.
    pub(crate) fn new(address: &str) -> Self {
        Self { http: http(), base: format!("http://{address}"), token: None }
    }

    /// The same with a token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn send(request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn register(&self, first_name: &str, last_name: &str, email: &str, password: &str) -> Answer {
        let user = json!({ "first_name": first_name, "last_name": last_name, "email": email, "password": password });
        self.post("/api/v1/registrations", &json!({ "user": user })).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/api/v1/sessions", &json!({ "session": { "email": email, "password": password } })).await
    }

    pub(crate) async fn sign_up(&self, first_name: &str) -> Person {
        let email = format!("{}@example.org", first_name.to_lowercase());
        let answer = self.register(first_name, "Berg", &email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let SessionAnswer { jwt, user } = answer.json();
        Person { user, caller: self.with_token(&jwt), token: jwt }
    }
}

impl Person {
    pub(crate) async fn make_board(&self, name: &str) -> BoardSummary {
        let answer = self.caller.post("/api/v1/boards", &json!({ "board": { "name": name } })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()
    }
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The error of the expected status.
    pub(crate) fn error(&self, status: u16) -> ErrorDetail {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        self.json::<roost_protocol::rest::ErrorBody>().error
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}
