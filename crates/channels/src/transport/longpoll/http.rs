//! HTTP requests, one after the other.
//!
//! On hyper's connections rather than by a whole HTTP client: the way to the server (addresses side by side, the proxy,
//! TLS as the application has it, the count of what is heard) is then the one of WebSockets, and it is known whether a
//! request has left this machine when its connection breaks.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::MaybeTlsStream;
use url::Host;

use crate::config::SocketConfig;
use crate::dial::dial;
use crate::heard::{Counted, Heard};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The machine is not to be reached.
    #[error(transparent)]
    Dial(io::Error),
    #[error("no TLS: {0}")]
    Tls(io::Error),
    #[error("cut: {0}")]
    Cut(hyper::Error),
    #[error("longer than {0} bytes")]
    TooLong(usize),
    #[error("it took too long")]
    Timeout,
}

impl HttpError {
    pub(crate) const fn is_reached(&self) -> bool {
        match self {
            Self::Dial(_) | Self::Timeout => false,
            Self::Tls(_) | Self::Cut(_) | Self::TooLong(_) => true,
        }
    }
}

/// Asks one server, over a connection that is kept for the next request and opened anew when it has ended.
pub(super) struct Http {
    config: Arc<SocketConfig>,
    heard: Heard,
    kept: Option<Connection>,
}

impl Http {
    pub(super) fn new(config: Arc<SocketConfig>, heard: Heard) -> Self {
        Self { config, heard, kept: None }
    }

    /// Connects. `reached` is told when the machine is.
    pub(super) async fn connect(&mut self, reached: &Notify) -> Result<(), HttpError> {
        self.kept = Some(Connection::open(&self.config, self.heard.clone(), reached).await?);
        Ok(())
    }

    /// The answer to a request, all of it.
    ///
    /// The connection of a request that is given up is given up too.
    pub(super) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, HttpError> {
        let max = self.config.max_message_size;
        let request = match self.kept.take() {
            None => request,
            Some(mut kept) => match kept.ask(request, max).await {
                Asked::Answered(response) => {
                    self.kept = Some(kept);
                    return Ok(response);
                }
                Asked::Failed(error) => return Err(error),
                // The server keeps connections only for so long.
                Asked::NotSent(request) => request,
            },
        };
        let unheeded = Notify::new();
        let connecting = Connection::open(&self.config, self.heard.clone(), &unheeded);
        let connected = tokio::time::timeout(self.config.connect_timeout, connecting).await;
        let mut connection = connected.map_err(|_| HttpError::Timeout)??;
        match connection.ask(request, max).await {
            Asked::Answered(response) => {
                self.kept = Some(connection);
                Ok(response)
            }
            Asked::Failed(error) => Err(error),
            Asked::NotSent(_) => Err(HttpError::Dial(io::ErrorKind::ConnectionAborted.into())),
        }
    }
}

fn server_name(host: &Host<&str>) -> Result<ServerName<'static>, HttpError> {
    match host {
        Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        Host::Domain(name) => {
            ServerName::try_from((*name).to_owned()).map_err(|error| HttpError::Tls(io::Error::other(error)))
        }
    }
}

enum Asked {
    Answered(Response<Bytes>),
    /// The connection had ended before.
    NotSent(Request<Full<Bytes>>),
    Failed(HttpError),
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// What moves bytes for the other; `None` when it has ended. It moves only while something is asked: nobody else has
    /// to, and so no task outlives its socket.
    driver: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Connection {
    async fn open(config: &SocketConfig, heard: Heard, reached: &Notify) -> Result<Self, HttpError> {
        let url = config.url();
        let stream = dial(url, config.proxy.as_ref()).await.map_err(HttpError::Dial)?;
        reached.notify_one();
        let stream = Counted::new(stream, heard);
        let stream = match (&config.tls, url.scheme()) {
            (_, "ws") => MaybeTlsStream::Plain(stream),
            (Some(tls), _) => {
                let name = server_name(&url.host().expect("the schemes of sockets have hosts"))?;
                let connected = TlsConnector::from(tls.clone()).connect(name, stream).await;
                MaybeTlsStream::Rustls(connected.map_err(HttpError::Tls)?)
            }
            (None, _) => return Err(HttpError::Tls(io::Error::other("nobody is trusted"))),
        };
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(HttpError::Cut)?;
        let driver = Box::pin(async {
            if let Err(error) = driver.await {
                tracing::trace!(%error, "a connection for requests has ended");
            }
        });
        Ok(Self { sender, driver: Some(driver) })
    }
    async fn ask(&mut self, request: Request<Full<Bytes>>, max: usize) -> Asked {
        let Self { sender, driver } = self;
        let asking = ask(sender, request, max);
        tokio::pin!(asking);
        loop {
            tokio::select! {
                // First the bytes: so the end of a connection is seen before something is sent on it.
                biased;
                () = drive(driver) => {}
                asked = &mut asking => return asked,
            }
        }
    }
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>, max: usize) -> Asked {
    if sender.ready().await.is_err() {
        return Asked::NotSent(request);
    }
    let response = match sender.try_send_request(request).await {
        Ok(response) => response,
        Err(mut error) => {
            return match error.take_message() {
                Some(request) => Asked::NotSent(request),
                None => Asked::Failed(HttpError::Cut(error.into_error())),
            };
        }
    };
    let (head, body) = response.into_parts();
    match Limited::new(body, max).collect().await {
        Ok(body) => Asked::Answered(Response::from_parts(head, body.to_bytes())),
        Err(error) => Asked::Failed(match error.downcast::<hyper::Error>() {
            Ok(error) => HttpError::Cut(*error),
            Err(error) => {
                debug_assert!(error.is::<LengthLimitError>(), "{error}");
                HttpError::TooLong(max)
            }
        }),
    }
}

/// Moves bytes until the connection ends; for ever when it has.
async fn drive(driver: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    match driver {
        Some(moving) => {
            moving.await;
            *driver = None;
        }
        None => std::future::pending().await,
    }
}
