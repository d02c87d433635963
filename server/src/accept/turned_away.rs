//! Telling a connection that there is no place for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits::Limited;

/// How many are told at a time; more are closed without a word, since who is told takes up some room too.
const AT_ONCE_MAX: usize = 64;

/// How long somebody is given to take the answer and to hang up.
const GOODBYE: Duration = Duration::from_secs(1);

/// How much of a request is read and dropped, in bytes.
const UNREAD_MAX: u64 = 64 * 1024;

/// Tells connections that there is no place for them.
pub(super) struct TurnedAway {
    turns: Arc<Semaphore>,
}

impl TurnedAway {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// Answers whatever the connection was going to ask, and closes it.
    pub(super) fn tell(&self, stream: TcpStream, limited: Limited) {
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else { return };
        drop(tokio::spawn(async move {
            drop(timeout(GOODBYE, answer(stream, limited)).await);
            drop(turn);
        }));
    }
}

/// A connection that is closed while unread bytes are left is reset, and a reset can overtake the answer; so what the
/// client sends is read until it hangs up.
async fn answer(mut stream: TcpStream, limited: Limited) {
    let (status, body) = (limited.status(), limited.body());
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nRetry-After: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len(),
        limited.retry_after(),
    );
    if stream.write_all(answer.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut unread = stream.take(UNREAD_MAX);
    let mut buffer = vec![0; 4_096];
    while unread.read(&mut buffer).await.is_ok_and(|n_bytes| n_bytes > 0) {}
}
