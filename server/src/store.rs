//! What has to outlive the process: accounts, boards and their logs, in SQLite.
//!
//! One thread writes; it takes whatever waits for it and commits that as one transaction, so that many boards share the
//! cost of one `fsync`. An answer from here means that the change survives a power cut. Readers have connections of
//! their own and never wait for the writer.
//!
//! What is committed is first written to the [`tail`], in the order of the commits, and moved to where it is read from
//! later. SQLite in turn writes all of it to a log of its own first; a thread copies that into the database meanwhile
//! ([`checkpoint`]).
//!
//! Nothing here decides anything: the only condition that the store checks is that an entry follows the last one.

mod accounts;
mod boards;
mod checkpoint;
mod error;
mod lock;
mod migrate;
mod open;
mod readers;
mod schema;
mod tail;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use accounts::NewAccount;
pub(crate) use boards::{Created, ListedBoard, StoredEntry};
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use writer::{Append, EncodedEntry, Log, Refused};

use checkpoint::Checkpoints;
use lock::DirLock;
use readers::Readers;
use tail::Tail;
use writer::Writer;

use crate::metrics::Metrics;

/// The database of one data directory; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    // Fields are dropped in this order: the directory is free for others only when the database is closed.
    readers: Readers,
    writer: Writer,
    tail: Arc<Tail>,
    lock: Mutex<Option<DirLock>>,
}

/// A write that was handed over; its answer comes once it is on disk.
#[derive(Debug)]
pub(crate) struct Writing<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Writing<T> {
    /// Waits until the write is on disk.
    ///
    /// # Errors
    /// When it is not, and will not be.
    pub(crate) async fn on_disk(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Store {
    /// Opens the database of a data directory, makes both if they are not there, and brings an older one up to date.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do about it.
    pub(crate) fn open(data_dir: &Path, metrics: Arc<Metrics>) -> Result<Self, OpenError> {
        Self::open_with(data_dir, metrics, tail::TAIL_BYTES)
    }

    /// One that moves its tail earlier, as after many more changes.
    #[cfg(test)]
    pub(crate) fn open_with_tail(data_dir: &Path, tail_bytes: usize) -> Result<Self, OpenError> {
        Self::open_with(data_dir, Arc::default(), tail_bytes)
    }

    fn open_with(data_dir: &Path, metrics: Arc<Metrics>, tail_bytes: usize) -> Result<Self, OpenError> {
        let lock = DirLock::take(data_dir)?;
        let path = data_dir.join(open::DATABASE);
        migrate::migrate(data_dir, schema::MIGRATIONS)?;
        let mut connection = open::writer(&path)?;
        let tail = Arc::new(Tail::open(&mut connection, tail_bytes).map_err(OpenError::sqlite(&path))?);
        let writer = Checkpoints::start(&path)
            .and_then(|checkpoints| Writer::start(connection, checkpoints, Arc::clone(&tail), metrics));
        let writer = writer.map_err(|source| OpenError::dir(data_dir, source))?;
        Ok(Self { inner: Arc::new(Inner { readers: Readers::new(path), writer, tail, lock: Mutex::new(Some(lock)) }) })
    }

    /// Whether reads and writes are answered.
    pub(crate) async fn is_ready(&self) -> bool {
        let read = self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())).map_err(StoreError::from));
        self.inner.writer.is_open() && read.await.is_ok()
    }

    /// Commits what was handed over so far, closes the database and gives the directory back; what is asked for later is
    /// refused.
    pub(crate) async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
        drop(self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Lets the database grow by so many pages more, as on a disk that is nearly full; `None` lets it grow again.
    #[cfg(test)]
    pub(crate) async fn limit_pages(&self, n_more: Option<i64>) {
        let limit = self.write(move |connection| {
            let n_pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let max = n_more.map_or(i64::from(u32::MAX) - 1, |n_more| n_pages + n_more);
            Ok(connection.pragma_update_and_check(None, "max_page_count", max, |_| Ok(()))?)
        });
        limit.on_disk().await.expect("the pragma is known");
    }

    /// Runs `work` in the thread that writes, and in its next transaction.
    #[cfg(test)]
    pub(crate) fn while_nobody_writes<F>(&self, work: F) -> Writing<()>
    where
        F: FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        self.write(work)
    }

    /// Hands an entry to the writer, on the condition that it follows the board's last one. Entries are stored in the
    /// order of the calls; their log is told what became of them.
    pub(crate) fn append(&self, entry: Append) {
        self.inner.writer.append(entry);
    }

    fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.inner.tail)
    }

    /// Runs `work` in the writer's next transaction. What it returns an error from is undone alone. Writes take effect
    /// in the order of the calls.
    fn write<T, F>(&self, work: F) -> Writing<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Writing(self.inner.writer.submit(work))
    }

    /// Runs `work` on a reader's connection, off the async threads.
    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.readers.run(work).await
    }
}
