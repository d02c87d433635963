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

/// The way to the thread; dropped, the thread does what was asked before, closes the file and ends.
pub(super) struct Database {
    inbox: mpsc::Sender<Asked>,
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
        thread::Builder::new().name("store".to_owned()).spawn(move || {
            while let Ok(first) = asked.recv() {
                desk.run(iter::once(first).chain(asked.try_iter()).take(BATCH));
            }
        })?;
        Ok(Self { inbox })
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
        if self.inbox.send(Asked::Settle(answer)).is_ok() {
            // A thread that has ended has nothing left to do.
            settled.await.ok();
        }
    }

    fn ask<R: Send + 'static>(
        &self,
        key: Option<String>,
        result: Option<R>,
        work: impl FnMut(&Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Done<R> {
        let (answer, answered) = oneshot::channel();
        let sent = self.inbox.send(Asked::Job(Box::new(Work { key, work, result, answer })));
        Box::pin(async move {
            sent.map_err(|_| JobFailed)?;
            answered.await.map_err(|_| JobFailed)?
        })
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
