//! The thread that writes, and the transactions that it makes of what it is given.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use roost_board::{BoardId, Change, Entry, Seq};
use rusqlite::Connection;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use super::boards::{self, StoredEntry};
use super::checkpoint::Checkpoints;
use super::error::StoreError;
use super::tail::{Step, Tail};
use crate::metrics::Metrics;

/// The most jobs in one transaction: enough to share one `fsync` among many, few enough that nobody waits long.
const BATCH: usize = 512;

/// An entry, and the same as JSON.
pub(crate) type EncodedEntry = (Arc<Entry>, Arc<RawValue>);

/// An entry to be added to a board's log.
#[derive(Debug)]
pub(crate) struct Append {
    /// To which board.
    pub(crate) board: BoardId,
    /// The entry.
    pub(crate) entry: Arc<Entry>,
    /// The same as JSON.
    pub(crate) json: Arc<RawValue>,
    /// Who is told what became of it.
    pub(crate) log: Arc<dyn Log>,
}

/// Why entries are not in the log, and will not be.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// The log does not end where they begin: somebody else has appended.
    Conflict,
    /// They could not be written.
    Failed(StoreError),
}

/// Who appends to a board. Each entry is meant to follow the one that was handed over before it: after one that was
/// refused, all others of the same log are.
pub(crate) trait Log: fmt::Debug + Send + Sync {
    /// Entries that were handed over one after the other are on disk, all of a transaction together, or they are not.
    /// Called by the thread that writes, in the order of the log.
    fn settled(self: Arc<Self>, entries: Vec<EncodedEntry>, outcome: Result<(), Refused>);

    /// Whether an entry was refused.
    fn is_refused(&self) -> bool;
}

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

/// What waits for the thread.
enum Item {
    Append(Append),
    Job(Box<dyn Job>),
}

/// The thread that writes.
pub(super) struct Writer {
    /// `None` once closed.
    items: Mutex<Option<mpsc::UnboundedSender<Item>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("open", &self.is_open()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        tail: Arc<Tail>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        // Nothing here bounds the queue: those who fill it wait for their answers, and are few (the changes in flight,
        // and one for each request).
        let (items, queue) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("roost-writer".to_owned())
            .spawn(move || write_all(&connection, checkpoints, queue, &tail, &metrics))?;
        Ok(Self { items: Mutex::new(Some(items)), thread: Mutex::new(Some(thread)) })
    }

    /// Whether writes are taken.
    pub(super) fn is_open(&self) -> bool {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|items| !items.is_closed())
    }

    /// Queues `work`; the answer comes once it is on disk.
    pub(super) fn submit<T, F>(&self, work: F) -> oneshot::Receiver<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work: Some(work), result: Err(StoreError::Closed), reply });
        // A job that cannot be sent is dropped with its end of the answer, which then says `Closed`.
        drop(self.send(Item::Job(job)));
        answer
    }

    /// Queues an entry; its log is told once it is on disk, or that it will not be.
    pub(super) fn append(&self, append: Append) {
        if let Some(Item::Append(Append { entry, json, log, .. })) = self.send(Item::Append(append)) {
            log.settled(vec![(entry, json)], Err(Refused::Failed(StoreError::Closed)));
        }
    }

    /// Gives back what is not taken any more.
    fn send(&self, item: Item) -> Option<Item> {
        match self.items.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(items) => items.send(item).err().map(|error| error.0),
            None => Some(item),
        }
    }

    /// Writes what is queued and ends the thread.
    pub(super) async fn close(&self) {
        drop(self.items.lock().unwrap_or_else(PoisonError::into_inner).take());
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
        drop(self.items.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the database has ended in a panic");
        }
    }
}

fn write_all(
    connection: &Connection,
    mut checkpoints: Checkpoints,
    mut queue: mpsc::UnboundedReceiver<Item>,
    tail: &Tail,
    metrics: &Metrics,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = Batch::default();
        batch.add(first);
        while batch.n_items < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.add(next);
        }
        let start = Instant::now();
        let transaction = batch.write(connection, tail);
        match &transaction {
            Ok(()) => {
                metrics.committed(start.elapsed());
                checkpoints.committed(batch.n_items);
            }
            Err(error) => tracing::error!(%error, n_items = batch.n_items, "a transaction failed"),
        }
        batch.finish(&transaction);
        checkpoints.begin_anew(connection);
    }
    if let Err(error) = tail.move_all(connection) {
        // They are on disk; the next start does it.
        tracing::warn!(%error, "cannot move the newest entries into their table");
    }
}

/// What is written in one transaction.
#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    n_items: usize,
    jobs: Vec<Box<dyn Job>>,
    /// In the order of their first entries.
    logs: Vec<Appends>,
    /// Where each log is in `logs`, by its address.
    places: HashMap<usize, usize>,
}

/// What one log appends in one transaction.
struct Appends {
    log: Arc<dyn Log>,
    saved: Vec<EncodedEntry>,
    /// And why.
    refused: Option<(Refused, Vec<EncodedEntry>)>,
}

impl Batch {
    fn add(&mut self, item: Item) {
        self.items.push(item);
        self.n_items += 1;
    }

    /// Runs all in one transaction and commits it; returns once it is on disk.
    fn write(&mut self, connection: &Connection, tail: &Tail) -> Result<(), StoreError> {
        let written = self.run(connection, tail).and_then(|step| {
            connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(step)
        });
        match written {
            Ok(step) => {
                tail.committed(step);
                Ok(())
            }
            Err(error) => {
                // Some errors have ended it already.
                if !connection.is_autocommit()
                    && let Err(error) = connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "cannot take a transaction back");
                }
                Err(error)
            }
        }
    }

    fn run(&mut self, connection: &Connection, tail: &Tail) -> Result<Step, StoreError> {
        let begun = connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]));
        let mut heads = HashMap::new();
        let mut new = Vec::new();
        // All are sorted out whatever happens, so that all are told.
        let mut result = begun.map(drop).map_err(StoreError::from);
        for item in std::mem::take(&mut self.items) {
            match item {
                Item::Append(append) => {
                    let checked = match &result {
                        Ok(()) => self.check(connection, tail, &mut heads, &append),
                        Err(error) => Err(Refused::Failed(error.clone())),
                    };
                    self.sort_in(append, checked, &mut new);
                }
                Item::Job(mut job) => {
                    if result.is_ok() {
                        result = alone(connection, |connection| job.run(connection));
                    }
                    self.jobs.push(job);
                }
            }
            // Some errors, such as a full disk, end the whole transaction: what came next would be written without it.
            if result.is_ok() && connection.is_autocommit() {
                result = Err(StoreError::Undone);
            }
        }
        result?;
        tail.write(connection, new)
    }

    /// Whether an entry can be appended.
    fn check(
        &self,
        connection: &Connection,
        tail: &Tail,
        heads: &mut HashMap<BoardId, Seq>,
        append: &Append,
    ) -> Result<(), Refused> {
        let Append { board, entry, log, .. } = append;
        let known = self.places.get(&address(log)).map(|place| &self.logs[*place]);
        if log.is_refused() || known.is_some_and(|known| known.refused.is_some()) {
            return Err(Refused::Conflict);
        }
        let head = match heads.get(board).copied().or_else(|| tail.head(*board)) {
            Some(head) => head,
            None => boards::head(connection, *board).map_err(Refused::Failed)?,
        };
        if entry.seq != head.next() {
            return Err(Refused::Conflict);
        }
        if matches!(entry.change, Change::MemberAdded { .. } | Change::MemberRemoved { .. }) {
            let mut result = Ok(());
            let done = alone(connection, |connection| {
                result = boards::put_membership(connection, *board, &entry.change);
                result.is_ok()
            });
            done.and(result).map_err(Refused::Failed)?;
        }
        heads.insert(*board, entry.seq);
        Ok(())
    }

    fn sort_in(&mut self, append: Append, checked: Result<(), Refused>, new: &mut Vec<(BoardId, StoredEntry)>) {
        let Append { board, entry, json, log } = append;
        let place = *self.places.entry(address(&log)).or_insert_with(|| {
            self.logs.push(Appends { log, saved: Vec::new(), refused: None });
            self.logs.len() - 1
        });
        let appends = &mut self.logs[place];
        match checked {
            Ok(()) => {
                let stored = StoredEntry { seq: entry.seq, op: entry.op, actor: entry.actor, json: Arc::clone(&json) };
                new.push((board, stored));
                appends.saved.push((entry, json));
            }
            Err(why) => appends.refused.get_or_insert_with(|| (why, Vec::new())).1.push((entry, json)),
        }
    }

    /// Tells everybody what became of it.
    fn finish(self, transaction: &Result<(), StoreError>) {
        for Appends { log, saved, refused } in self.logs {
            if !saved.is_empty() {
                Arc::clone(&log).settled(saved, transaction.clone().map_err(Refused::Failed));
            }
            if let Some((why, entries)) = refused {
                log.settled(entries, Err(why));
            }
        }
        for job in self.jobs {
            job.finish(transaction.clone());
        }
    }
}

fn address(log: &Arc<dyn Log>) -> usize {
    Arc::as_ptr(log).cast::<()>().addr()
}

/// Does something that is undone alone when it answers false.
fn alone(connection: &Connection, work: impl FnOnce(&Connection) -> bool) -> Result<(), StoreError> {
    connection.execute_batch("SAVEPOINT alone")?;
    if !work(connection) {
        connection.execute_batch("ROLLBACK TO alone")?;
    }
    connection.execute_batch("RELEASE alone")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE numbers (n INTEGER UNIQUE); CREATE TABLE tail (id INTEGER, entries TEXT)")
            .unwrap();
        let tail = Arc::new(Tail::open(&mut connection, 1_024).unwrap());
        let checkpoints = Checkpoints::start(":memory:".as_ref()).unwrap();
        Writer::start(connection, checkpoints, tail, Arc::default()).unwrap()
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
