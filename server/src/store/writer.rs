//! The thread that writes, and the transactions that it makes of what it is given.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;
use crate::metrics::Metrics;

/// The most jobs in one transaction: enough to share one `fsync` among many, few enough that nobody waits long.
const BATCH: usize = 512;

/// Something to write, and whom to tell.
trait Job: Send {
    /// Does it, inside a transaction; false undoes it alone.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Tells how it went, once the transaction is on disk or has failed.
    fn finish(self: Box<Self>, transaction: Result<(), StoreError>);
}

struct Work<T, F> {
    work: Option<F>,
    result: Result<T, StoreError>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result = work(connection);
        }
        self.result.is_ok()
    }

    fn finish(self: Box<Self>, transaction: Result<(), StoreError>) {
        // Whoever asked may have gone away; what they asked for is done all the same.
        drop(self.reply.send(transaction.and(self.result)));
    }
}

/// The thread that writes.
pub(super) struct Writer {
    /// `None` once closed.
    jobs: Mutex<Option<mpsc::UnboundedSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("open", &self.is_open()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        // Nothing here bounds the queue: those who fill it wait for their answers, and are few (the changes in flight,
        // and one for each request).
        let (jobs, queue) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("roost-writer".to_owned())
            .spawn(move || write_all(connection, queue, &metrics))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Whether writes are taken.
    pub(super) fn is_open(&self) -> bool {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|jobs| !jobs.is_closed())
    }

    /// Queues `work`; the answer comes once it is on disk.
    pub(super) fn submit<T, F>(&self, work: F) -> oneshot::Receiver<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work: Some(work), result: Err(StoreError::Closed), reply });
        if let Some(jobs) = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            // A job that cannot be sent is dropped with its end of the answer, which then says `Closed`.
            drop(jobs.send(job));
        }
        answer
    }

    /// Writes what is queued and ends the thread.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && !matches!(tokio::task::spawn_blocking(|| thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the writer of the database has ended in a panic");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the database has ended in a panic");
        }
    }
}

fn write_all(mut connection: Connection, mut queue: mpsc::UnboundedReceiver<Box<dyn Job>>, metrics: &Metrics) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let start = Instant::now();
        let transaction = write_batch(&mut connection, &mut batch);
        match &transaction {
            Ok(()) => metrics.committed(start.elapsed()),
            Err(error) => tracing::error!(%error, n_jobs = batch.len(), "a transaction failed"),
        }
        for job in batch {
            job.finish(transaction.clone());
        }
    }
}

/// Runs the jobs in one transaction and commits it; returns once it is on disk.
fn write_batch(connection: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let mut transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for job in batch {
        let savepoint = transaction.savepoint()?;
        if job.run(&savepoint) {
            savepoint.commit()?;
        } else {
            savepoint.finish()?;
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE numbers (n INTEGER UNIQUE)").unwrap();
        Writer::start(connection, Arc::default()).unwrap()
    }

    fn insert(n: i64) -> impl FnOnce(&Connection) -> Result<i64, StoreError> {
        move |connection| {
            connection.execute("INSERT INTO numbers VALUES (?1)", [n])?;
            Ok(n)
        }
    }

    fn sum(connection: &Connection) -> Result<i64, StoreError> {
        Ok(connection.query_row("SELECT sum(n) FROM numbers", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn a_job_that_fails_is_undone_alone() {
        let writer = writer();
        // The three are queued while the thread waits here, so that they share a transaction.
        let (go, wait) = std::sync::mpsc::channel();
        let held = writer.submit(move |_| wait.recv().map_err(|_| StoreError::Closed));
        let first = writer.submit(insert(1));
        let again = writer.submit(|connection| insert(10)(connection).and_then(|_| insert(1)(connection)));
        let last = writer.submit(insert(2));
        go.send(()).unwrap();
        held.await.unwrap().unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
        assert!(again.await.unwrap().is_err());
        assert_eq!(last.await.unwrap().unwrap(), 2);
        assert_eq!(writer.submit(sum).await.unwrap().unwrap(), 3);
    }

    #[tokio::test]
    async fn closing_writes_what_is_queued_and_refuses_the_rest() {
        let writer = writer();
        let queued: Vec<_> = (0..2_000).map(|n| writer.submit(insert(n))).collect();
        writer.close().await;
        for (n, answer) in queued.into_iter().enumerate() {
            assert_eq!(usize::try_from(answer.await.unwrap().unwrap()), Ok(n));
        }
        assert!(!writer.is_open());
        assert!(writer.submit(insert(7)).await.is_err());
    }
}
