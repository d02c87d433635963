//! Copying what was committed from the log in front of the database into the database.
//!
//! The connection that writes would do that every thousand pages, and everybody whose change comes next would wait for
//! it. A thread with a connection of its own does it meanwhile. Nothing depends on it: what is committed is safe in the
//! log, and the one that writes still copies it when the log gets long all the same.
//!
//! The log begins anew only when all of it was copied, and somebody who writes on and on is always a little ahead of
//! the thread. So the one that writes copies those last pages when they are few: in a log that begins anew a commit writes over what is
//! there, which is quicker to be on disk than a file that grows.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::open;

/// After how many transactions.
const TRANSACTIONS: u32 = 256;

/// How much may have been written since, for the one that writes to copy the rest: more would hold everybody up, and
/// where many write together it matters little that the log grows.
const REST_MAX: usize = 64;

/// The thread that copies.
#[derive(Debug)]
pub(super) struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    n_transactions: u32,
    /// What was written since the thread was asked.
    n_rest: usize,
    /// The thread has copied nearly everything a moment ago.
    is_nearly_copied: Arc<AtomicBool>,
}

impl Checkpoints {
    /// Starts the thread.
    pub(super) fn start(path: &Path) -> std::io::Result<Self> {
        // One that is under way and one that is due are all that there may be.
        let (due, asked) = sync_channel(1);
        let path = path.to_owned();
        let is_nearly_copied = Arc::new(AtomicBool::new(false));
        let thread = {
            let is_nearly_copied = Arc::clone(&is_nearly_copied);
            std::thread::Builder::new()
                .name("roost-checkpoint".to_owned())
                .spawn(move || copy(&path, &asked, &is_nearly_copied))?
        };
        Ok(Self { due: Some(due), thread: Some(thread), n_transactions: 0, n_rest: 0, is_nearly_copied })
    }

    /// There is one transaction more, with so much in it.
    pub(super) fn committed(&mut self, n_items: usize) {
        self.n_transactions += 1;
        self.n_rest += n_items;
        if self.n_transactions < TRANSACTIONS {
            return;
        }
        self.n_transactions = 0;
        self.n_rest = 0;
        if let Some(due) = &self.due {
            match due.try_send(()) {
                // Without the thread the one that writes does it.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }

    /// For when nobody waits for the connection that writes: copies what the thread has left, if it is little, so that
    /// the log begins anew.
    pub(super) fn begin_anew(&self, connection: &Connection) {
        if self.is_nearly_copied.swap(false, Ordering::Relaxed)
            && self.n_rest <= REST_MAX
            && let Err(error) = checkpoint(connection)
        {
            tracing::warn!(%error, "cannot copy the end of the database's log");
        }
    }
}

/// Waits for the one that is under way.
impl Drop for Checkpoints {
    fn drop(&mut self) {
        drop(self.due.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies the database's log has ended in a panic");
        }
    }
}

fn copy(path: &Path, asked: &Receiver<()>, is_nearly_copied: &AtomicBool) {
    let connection = match open::checkpointer(path) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(%error, "cannot copy the database's log beside the writer");
            return;
        }
    };
    while asked.recv().is_ok() {
        match checkpoint(&connection) {
            Ok(()) => is_nearly_copied.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "cannot copy the database's log into the database"),
        }
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_log_is_copied_beside_the_writer_and_gone_after_a_stop() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(open::DATABASE);
        let store = Store::open(dir.path(), Arc::default()).unwrap();
        let n_bytes = || fs::metadata(&file).unwrap().len();
        let before = n_bytes();
        for n in 0..2 * TRANSACTIONS {
            let insert = store.while_nobody_writes(move |connection| {
                let text = "x".repeat(1_000);
                connection.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", (n, text))?;
                Ok(())
            });
            insert.on_disk().await.unwrap();
        }
        // It is some hundred pages: the one that writes would not have copied any.
        let start = Instant::now();
        while n_bytes() <= before + 100_000 {
            assert!(start.elapsed() < Duration::from_secs(20), "{} bytes", n_bytes());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        store.close().await;
        assert!(!dir.path().join("roost.db-wal").exists());
    }

    #[tokio::test]
    async fn the_log_begins_anew_while_somebody_writes_on_and_on() {
        const N_ROWS: u32 = 8;
        const N_WRITES: u32 = 8 * TRANSACTIONS;
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Arc::default()).unwrap();
        // Each changes many pages, so that copying them takes a while.
        let write = |n: u32| {
            store.while_nobody_writes(move |connection| {
                for row in 0..N_ROWS {
                    let text = format!("{n:03000}");
                    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", (row, text))?;
                }
                Ok(())
            })
        };
        // The next one waits already when one is done, so that there is never a pause.
        let mut before = write(0);
        for n in 1..N_WRITES {
            let next = write(n);
            before.on_disk().await.unwrap();
            before = next;
        }
        before.on_disk().await.unwrap();
        // A log that never began anew has every row as often as it was written.
        let n_written = u64::from(N_WRITES * N_ROWS) * 3_000;
        let log = fs::metadata(dir.path().join("roost.db-wal")).unwrap().len();
        assert!(log < n_written / 2, "{log} bytes after {n_written} were written");
        store.close().await;
    }
}
