//! The thread that has a file open, and what it is asked for.
//!
//! What waits for the thread is done in one transaction, in the order in which it was asked for, so that many share the
//! cost of one `fsync`; if anything in it fails, each is tried alone. An answer means that it survives a power cut. A
//! file that turns out to be damaged is replaced, and what failed on it is done again on the new one.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::{fmt, iter, mem, thread};

use roost_bridge::Notice;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;
use super::file::{self, Layout};
use crate::core::worker::JobFailed;

/// The most jobs in one transaction: enough to share one `fsync` among many, few enough that nobody waits long.
const BATCH: usize = 512;

/// Whom a [`Notice`] is told.
pub(super) type Tell = Box<dyn Fn(Notice) + Send>;

/// What was asked for, and comes when it is done.
pub(super) type Done<R> = Pin<Box<dyn Future<Output = Result<R, StoreError>> + Send>>;

/// The way to the thread; dropped, it waits until the thread has done what was asked before and has closed the file.
pub(super) struct Database {
    /// `None` only while it is dropped.
    inbox: Option<mpsc::Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

impl Database {
    /// Opens a file, made or brought up to date or replaced as need be, and starts its thread. `tell` is told when the
    /// file has been replaced, now or later.
    pub(super) fn open(path: PathBuf, layout: &'static Layout, tell: Tell) -> Result<Self, StoreError> {
        let connection = file::open(&path, layout, &tell)?;
        let mut desk = Desk { path, layout, tell, connection: Some(connection) };
        let (inbox, asked) = mpsc::channel();
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
            while let Ok(first) = asked.recv() {
                desk.run(iter::once(first).chain(asked.try_iter()).take(BATCH));
            }
        })?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread) })
    }

    /// Asks for something: it has its place in the order when this returns, whenever the answer is awaited, and is done
    /// even if nobody awaits it. It is a transaction of its own, and may be tried more than once.
    pub(super) fn call<R: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Done<R> {
        self.ask(None, None, work)
    }

    /// As [`call`](Self::call), for something that makes up for everything that was asked for before with the same key:
    /// what still waits of that is not done.
    pub(super) fn call_in_place(
        &self,
        key: String,
        work: impl FnMut(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Done<()> {
        self.ask(Some(key), Some(()), work)
    }

    /// Waits until everything that was asked for is done, and the file is as after a clean end.
    pub(super) async fn settle(&self) {
        let (answer, settled) = oneshot::channel();
        if self.send(Asked::Settle(answer)).is_ok() {
            // A thread that has ended has nothing left to do.
            settled.await.ok();
        }
    }

    /// Lets the file grow by so many pages more, as on a disk that is nearly full; `None` lets it grow again.
    #[cfg(test)]
    pub(super) async fn limit_pages(&self, n_more: Option<i64>) {
        let limit = self.call(move |db| {
            let n_pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let max = n_more.map_or(i64::from(u32::MAX) - 1, |n_more| n_pages + n_more);
            Ok(db.pragma_update_and_check(None, "max_page_count", max, |_| Ok(()))?)
        });
        limit.await.expect("the pragma is known");
    }

    /// Refuses all writes, as on a disk that has become read-only, or not any more.
    #[cfg(test)]
    pub(super) async fn refuse_writes(&self, refuse: bool) {
        self.call(move |db| Ok(db.pragma_update(None, "query_only", refuse)?)).await.expect("the pragma is known");
    }

    fn ask<R: Send + 'static>(
        &self,
        key: Option<String>,
        result: Option<R>,
        work: impl FnMut(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Done<R> {
        let (answer, answered) = oneshot::channel();
        let sent = self.send(Asked::Job(Box::new(Work { key, work, result, answer })));
        Box::pin(async move {
            sent?;
            answered.await.map_err(|_| JobFailed)?
        })
    }

    fn send(&self, asked: Asked) -> Result<(), JobFailed> {
        self.inbox.as_ref().and_then(|inbox| inbox.send(asked).ok()).ok_or(JobFailed)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.inbox.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a database has ended in a panic");
        }
    }
}

enum Asked {
    Job(Box<dyn Job>),
    Settle(oneshot::Sender<()>),
}

/// Something to be done in a transaction.
trait Job: Send {
    /// What it makes up for.
    fn key(&self) -> Option<&str>;

    /// Does it.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;

    /// Tells how it went.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Work<R, F> {
    key: Option<String>,
    work: F,
    result: Option<R>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<R, F> Job for Work<R, F>
where
    R: Send,
    F: FnMut(&Connection) -> Result<R, StoreError> + Send,
{
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)));
        self.result = Some(outcome.map_err(|_| JobFailed)??);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { result, answer, .. } = *self;
        // Whoever asked may have gone away; it is done all the same.
        drop(answer.send(outcome.and_then(|()| result.ok_or(StoreError::JobFailed(JobFailed)))));
    }
}

/// What the thread has at hand.
struct Desk {
    path: PathBuf,
    layout: &'static Layout,
    tell: Tell,
    /// `None` after the file could not be replaced; it is tried again.
    connection: Option<Connection>,
}

impl Desk {
    fn run(&mut self, all: impl Iterator<Item = Asked>) {
        let mut batch = Vec::new();
        for asked in all {
            match asked {
                Asked::Job(job) => batch.push(job),
                Asked::Settle(answer) => {
                    self.run_jobs(mem::take(&mut batch));
                    self.empty_log();
                    answer.send(()).ok();
                }
            }
        }
        self.run_jobs(batch);
    }

    /// Moves what is in the log in front of the file into the file: a log at the next start says that the last run did
    /// not end in order.
    fn empty_log(&self) {
        let emptied = self
            .connection
            .as_ref()
            .map(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        if let Some(Err(error)) = emptied {
            tracing::warn!(file = %self.path.display(), %error, "the log of the database stays");
        }
    }

    fn run_jobs(&mut self, mut batch: Vec<Box<dyn Job>>) {
        if batch.len() > 1 && self.run_together(&mut batch).is_ok() {
            batch.into_iter().for_each(|job| job.finish(Ok(())));
            return;
        }
        for mut job in batch {
            let outcome = self.run_alone(job.as_mut());
            if let Err(error) = &outcome {
                tracing::error!(file = %self.path.display(), %error, "the database failed");
            }
            job.finish(outcome);
        }
    }

    fn run_together(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let made_up_for = made_up_for(batch);
        let transaction = self.connection()?.transaction()?;
        for (index, job) in batch.iter_mut().enumerate() {
            if !made_up_for.contains(&index) {
                job.run(&transaction)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn run_alone(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        match self.attempt(job) {
            Err(error) if error.is_damage() => {
                // Closed first: nothing is to write to the file while it is put aside.
                self.connection = None;
                self.connection = Some(file::replace(&self.path, self.layout, &self.tell, &error)?);
                self.attempt(job)
            }
            outcome => outcome,
        }
    }

    fn attempt(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        let transaction = self.connection()?.transaction()?;
        job.run(&transaction)?;
        Ok(transaction.commit()?)
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => file::open(&self.path, self.layout, &self.tell)?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// Which jobs of a batch a later one makes up for; never beyond one without a key, which may look at what they do.
fn made_up_for(batch: &[Box<dyn Job>]) -> HashSet<usize> {
    let mut later = HashSet::new();
    let mut made_up_for = HashSet::new();
    for (index, job) in batch.iter().enumerate().rev() {
        match job.key() {
            Some(key) if !later.insert(key) => {
                made_up_for.insert(index);
            }
            Some(_) => {}
            None => later.clear(),
        }
    }
    made_up_for
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::core::store::rescue::Saved;

    const LAYOUT: Layout = Layout {
        steps: &["CREATE TABLE numbers (n INTEGER NOT NULL UNIQUE) STRICT"],
        rescue: |_, _| Ok(Saved { n: 0, is_all: true }),
        means: |_| String::new(),
    };

    fn open(dir: &tempfile::TempDir) -> Database {
        Database::open(dir.path().join("numbers.db"), &LAYOUT, Box::new(|notice| panic!("{notice:?}"))).unwrap()
    }

    /// Holds the thread, so that what is asked for from here on waits together, until the sender is dropped.
    fn hold(database: &Database) -> Sender<()> {
        let (go, wait) = channel::<()>();
        drop(database.call(move |_| {
            wait.recv().ok();
            Ok(())
        }));
        go
    }

    fn insert(n: i64) -> impl FnMut(&Connection) -> Result<(), StoreError> {
        move |db| Ok(db.execute("INSERT INTO numbers VALUES (?1)", [n]).map(drop)?)
    }

    async fn sum(database: &Database) -> i64 {
        database.call(|db| Ok(db.query_row("SELECT sum(n) FROM numbers", [], |row| row.get(0))?)).await.unwrap()
    }

    #[tokio::test]
    async fn of_what_waits_together_only_what_fails_is_not_done() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(&dir);
        let held = hold(&database);
        let first = database.call(insert(1));
        let again = database.call(|db| insert(10)(db).and_then(|()| insert(1)(db)));
        let broken = database.call(|db| -> Result<(), StoreError> {
            insert(20)(db)?;
            panic!("on purpose")
        });
        let last = database.call(insert(2));
        drop(held);
        first.await.unwrap();
        assert!(matches!(again.await, Err(StoreError::Sqlite(_))));
        assert!(matches!(broken.await, Err(StoreError::JobFailed(_))));
        last.await.unwrap();
        assert_eq!(sum(&database).await, 3);
    }

    #[tokio::test]
    async fn what_is_made_up_for_is_not_done_unless_somebody_looks() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(&dir);
        let done = Arc::new(Mutex::new(Vec::new()));
        let put = |key: &str, n| {
            let done = done.clone();
            database.call_in_place(key.to_owned(), move |_| {
                done.lock().unwrap().push(n);
                Ok(())
            })
        };
        let held = hold(&database);
        let answers = [put("a", 1), put("b", 2), put("a", 3)];
        let seen = database.call({
            let done = done.clone();
            move |_| Ok(done.lock().unwrap().clone())
        });
        let more = [put("a", 4), put("a", 5)];
        drop(held);
        for answer in answers.into_iter().chain(more) {
            answer.await.unwrap();
        }
        assert_eq!(seen.await.unwrap(), [2, 3]);
        assert_eq!(*done.lock().unwrap(), [2, 3, 5]);
    }

    #[tokio::test]
    async fn dropped_it_has_done_everything() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(&dir);
        for n in 0..2_000 {
            drop(database.call(insert(n)));
        }
        drop(database);
        assert_eq!(sum(&open(&dir)).await, 1_999_000);
    }
}
