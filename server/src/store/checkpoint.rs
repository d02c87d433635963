//! Copying what was committed from the log in front of the database into the database.
//!
//! The connection that writes would do that every thousand pages, and everybody whose change comes next would wait for
//! it. A thread with a connection of its own does it meanwhile. Nothing depends on it: what is committed is safe in the
//! log, and the one that writes still copies it when the log gets long all the same.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::open;

/// After how many transactions.
const TRANSACTIONS: u32 = 256;

/// The thread that copies.
#[derive(Debug)]
pub(super) struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    n_transactions: u32,
}

impl Checkpoints {
    /// Starts the thread.
    pub(super) fn start(path: &Path) -> std::io::Result<Self> {
        // One that is under way and one that is due are all that there may be.
        let (due, asked) = sync_channel(1);
        let path = path.to_owned();
        let thread =
            std::thread::Builder::new().name("roost-checkpoint".to_owned()).spawn(move || copy(&path, &asked))?;
        Ok(Self { due: Some(due), thread: Some(thread), n_transactions: 0 })
    }

    /// There is one transaction more.
    pub(super) fn committed(&mut self) {
        self.n_transactions += 1;
        if self.n_transactions < TRANSACTIONS {
            return;
        }
        self.n_transactions = 0;
        if let Some(due) = &self.due {
            match due.try_send(()) {
                // Without the thread the one that writes does it.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
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

fn copy(path: &Path, asked: &Receiver<()>) {
    let connection = match open::checkpointer(path) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(%error, "cannot copy the database's log beside the writer");
            return;
        }
    };
    while asked.recv().is_ok() {
        if let Err(error) = checkpoint(&connection) {
            tracing::warn!(%error, "cannot copy the database's log into the database");
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
}
