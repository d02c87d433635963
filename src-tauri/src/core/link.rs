//! One account's way to its server: what calls and channels go through.

use std::sync::Arc;

use roost_channels::{Socket, SocketConfig};

use super::error::Error;
use super::patience::Patience;
use super::proxy;
use super::rest::{Rest, Token};

/// One account's way to its server.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// The REST calls of the account.
    pub(crate) rest: Rest,
    /// The connection.
    pub(crate) socket: Arc<Socket>,
}

impl Link {
    /// Starts connecting.
    pub(crate) fn open(rest: &Rest, token: &Token) -> Result<Self, Error> {
        let config = config(rest.address(), token, rest.patience())?;
        Ok(Self { rest: rest.with_token(token.clone()), socket: Arc::new(Socket::connect(config)) })
    }

    /// Ends the connection, unless somebody else still has it: then it ends with them.
    pub(crate) async fn close(self) {
        if let Some(socket) = Arc::into_inner(self.socket) {
            socket.shutdown().await;
        }
    }
}

/// How to reach the socket of a server.
fn config(address: &str, token: &Token, patience: &Patience) -> Result<SocketConfig, Error> {
    let mut config = SocketConfig::new(&format!("{address}/socket")).map_err(|error| {
        tracing::error!(address, %error, "no address of a socket");
        Error::Unreachable(address.to_owned())
    })?;
    config.auth_token = Some(token.reveal().to_owned());
    config.proxy = proxy::of(address);
    config.heartbeat_interval = patience.heartbeat_interval;
    config.heartbeat_timeout = patience.heartbeat_time;
    config.backoff = patience.backoff;
    config.hang_time = patience.hang_time;
    config.doubt_time = patience.doubt_time;
    config.join_timeout = patience.push_time;
    Ok(config)
}
