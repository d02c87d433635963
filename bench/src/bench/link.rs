//! The way between the app and the server, which can be closed and opened, and knows when something large has come.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What is read at once, in bytes, and is the beginning of something large: a board, or much that was missed.
const LARGE: usize = 16 * 1024;

/// The way to a server; open at first.
#[derive(Debug)]
pub(crate) struct Link {
    address: SocketAddr,
    is_open: watch::Sender<bool>,
    large: Large,
    _accepting: JoinSet<()>,
}

/// When something large has begun to arrive, for the first time since it was last forgotten.
type Large = Arc<Mutex<Option<SystemTime>>>;

impl Link {
    /// A way to a server.
    pub(crate) async fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (is_open, state) = watch::channel(true);
        let large = Large::default();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, state, Arc::clone(&large)));
        Ok(Self { address, is_open, large, _accepting: accepting })
    }

    /// Where it begins, as one types it.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection, and lets no new one through.
    pub(crate) fn close(&self) {
        self.is_open.send_replace(false);
    }

    /// Lets new connections through.
    pub(crate) fn open(&self) {
        *self.large.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.is_open.send_replace(true);
    }

    /// When something large has begun to arrive from the server since the way was opened.
    pub(crate) fn large_at(&self) -> Result<SystemTime> {
        self.large.lock().unwrap_or_else(PoisonError::into_inner).context("nothing large has come from the server")
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, is_open: watch::Receiver<bool>, large: Large) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        if *is_open.borrow() {
            connections.spawn(carry(near, server, is_open.clone(), Arc::clone(&large)));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(near: TcpStream, server: SocketAddr, mut is_open: watch::Receiver<bool>, large: Large) {
    let Ok(far) = TcpStream::connect(server).await else { return };
    near.set_nodelay(true).ok();
    far.set_nodelay(true).ok();
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pump(from_near, to_far, |_| {}) => {}
        () = pump(from_far, to_near, |n_bytes| {
            if n_bytes >= LARGE {
                large.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(SystemTime::now);
            }
        }) => {}
        _ = is_open.wait_for(|is_open| !is_open) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, note: impl Fn(usize)) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n_bytes @ 1..) = from.read(&mut buffer).await {
        note(n_bytes);
        if to.write_all(&buffer[..n_bytes]).await.is_err() {
            return;
        }
    }
}
