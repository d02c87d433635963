//! The REST calls of a server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use roost_board::{BoardId, BoardSummary};
use roost_protocol::API_PREFIX;
use roost_protocol::rest::{
    BoardsAnswer, Credentials, ErrorBody, ErrorDetail, Info, NewBoard, NewBoardFields, NewRegistration, NewSession,
    NewUser, PROTOCOL, SessionAnswer,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::address::is_loopback;
use super::error::Error;
use super::patience::Patience;

/// How long a server may take to pick up.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes: far above anything that is said about one thing.
const ANSWER_MAX: usize = 64 * 1024;
/// The longest answer with all boards of somebody: far above as many as they can have.
const BOARDS_MAX: usize = 16 * 1024 * 1024;

/// What proves to a server who is calling.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(Arc<str>);

impl Token {
    /// As the server made it.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// To be sent, or kept in the keyring; nowhere else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The REST calls of one server, with or without a token.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    client: Client,
    address: Arc<str>,
    patience: Patience,
    token: Option<Token>,
}

impl Rest {
    /// For a normalised address. Redirects are not followed: a server answers for itself, and a token goes nowhere
    /// else.
    pub(crate) fn new(address: &str, patience: Patience) -> Result<Self, Error> {
        let mut client = Client::builder()
            // Calls are rare, and a connection that was kept may be dead by the next one without anybody knowing.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIME)
            .timeout(patience.call_time)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("Roost/", env!("CARGO_PKG_VERSION")));
        if is_loopback(address) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| {
            tracing::error!(%error, "no HTTP client");
            Error::Internal("no HTTP client can be made")
        })?;
        Ok(Self { client, address: address.into(), patience, token: None })
    }

    /// The same server, for somebody.
    pub(crate) fn with_token(&self, token: Token) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How long things may take.
    pub(crate) const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// What the server is; refused unless it is a Roost server of this protocol.
    pub(crate) async fn info(&self) -> Result<Info, Error> {
        let info: Info = match self.call(Method::GET, "/info", ANSWER_MAX).await {
            // Whatever it says, a Roost server says it otherwise.
            Err(Error::Server(_) | Error::TokenRefused) => return Err(self.not_a_roost_server()),
            answer => answer?,
        };
        if info.name != "roost" {
            return Err(self.not_a_roost_server());
        }
        if info.protocol != PROTOCOL {
            return Err(Error::OtherProtocol(self.address.to_string()));
        }
        Ok(info)
    }

    /// Makes an account.
    pub(crate) async fn sign_up(&self, user: NewUser) -> Result<SessionAnswer, Error> {
        self.send(Method::POST, "/registrations", &NewRegistration { user }).await
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, session: Credentials) -> Result<SessionAnswer, Error> {
        self.send(Method::POST, "/sessions", &NewSession { session }).await
    }

    /// Has the token revoked.
    pub(crate) async fn sign_out(&self) -> Result<(), Error> {
        let request = self.request(Method::DELETE, "/sessions").timeout(self.patience.goodbye_time);
        self.answer(request, ANSWER_MAX).await.map(drop)
    }

    /// All boards of the person.
    pub(crate) async fn boards(&self) -> Result<BoardsAnswer, Error> {
        self.call(Method::GET, "/boards", BOARDS_MAX).await
    }

    /// Makes a board.
    pub(crate) async fn create_board(&self, id: BoardId, name: String) -> Result<BoardSummary, Error> {
        self.send(Method::POST, "/boards", &NewBoard { board: NewBoardFields { name, id: Some(id) } }).await
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, max: usize) -> Result<T, Error> {
        self.parse(&self.answer(self.request(method, path), max).await?)
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.parse(&self.answer(self.request(method, path).json(body), ANSWER_MAX).await?)
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(body).map_err(|error| {
            tracing::warn!(address = %self.address, %error, "an answer that cannot be read");
            self.not_a_roost_server()
        })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{API_PREFIX}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    /// Sends a request; answers the body, of so many bytes at most, if the server is content.
    async fn answer(&self, request: RequestBuilder, max: usize) -> Result<Vec<u8>, Error> {
        let mut response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body = self.body(&mut response, max).await?;
        if status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice(&body) {
            // Said by the server itself: whoever else stands between has no say about the token.
            Ok(ErrorBody { error })
                if status == StatusCode::UNAUTHORIZED && error.code == "unauthorized" && self.token.is_some() =>
            {
                Err(Error::TokenRefused)
            }
            Ok(ErrorBody { error }) => Err(Error::Server(error)),
            Err(_) if status.is_server_error() => Err(Error::Server(ErrorDetail {
                code: "unavailable".to_owned(),
                message: format!("{} has a problem ({status}). Try again in a moment", self.address),
                fields: Default::default(),
            })),
            Err(_) => Err(self.not_a_roost_server()),
        }
    }

    async fn body(&self, response: &mut Response, max: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > max {
                return Err(self.not_a_roost_server());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        tracing::info!(address = %self.address, error = error as &dyn std::error::Error, "unreachable");
        Error::Unreachable(self.address.to_string())
    }

    fn not_a_roost_server(&self) -> Error {
        Error::NotARoostServer(self.address.to_string())
    }
}
