//! The way from one person's app to the server, which can be cut while it goes on for everyone else.

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::server::Server;

/// A way to a server; whole at first.
#[derive(Debug)]
pub(crate) struct Link {
    address: String,
    is_whole: watch::Sender<bool>,
    _accepting: JoinSet<()>,
}

impl Link {
    /// A way to a server.
    pub(crate) async fn to(server: &Server) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (is_whole, state) = watch::channel(true);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server.address().to_owned(), state));
        Ok(Self { address, is_whole, _accepting: accepting })
    }

    /// Where it begins, as one types it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Cuts every connection, and lets no new one through.
    pub(crate) fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    /// Lets new connections through.
    pub(crate) fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn accept(listener: TcpListener, server: String, is_whole: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (server, mut is_whole) = (server.clone(), is_whole.clone());
        if !*is_whole.borrow_and_update() {
            continue;
        }
        connections.spawn(async move {
            let Ok(mut far) = TcpStream::connect(server).await else { return };
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = is_whole.wait_for(|&is_whole| !is_whole) => {}
            }
        });
    }
}
