//! A thread that owns something which blocks, and does what it is asked in the order in which it is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc;
use std::{fmt, io, thread};

use tokio::sync::oneshot;

/// The job failed in a way that it should not have; the log says how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a background job failed")]
pub struct JobFailed;

/// The answer to a job.
pub(crate) type Done<R> = Pin<Box<dyn Future<Output = Result<R, JobFailed>> + Send>>;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The way to such a thread; dropped, the thread does what was asked before and ends.
pub(crate) struct Worker<S> {
    jobs: mpsc::Sender<Job<S>>,
}

impl<S> fmt::Debug for Worker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

impl<S: Send + 'static> Worker<S> {
    /// Starts the thread.
    pub(crate) fn spawn(name: &'static str, mut state: S) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job<S>>();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            for job in inbox {
                if catch_unwind(AssertUnwindSafe(|| job(&mut state))).is_err() {
                    tracing::error!(worker = name, "a job panicked");
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Asks for a job: it has its place in the order when this returns, whenever the answer is awaited, and is done
    /// even if nobody awaits it.
    pub(crate) fn call<R: Send + 'static>(&self, job: impl FnOnce(&mut S) -> R + Send + 'static) -> Done<R> {
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send(Box::new(move |state| {
            // Nobody waits any more: the job is done all the same.
            drop(answer.send(job(state)));
        }));
        Box::pin(async move {
            sent.map_err(|_| JobFailed)?;
            answered.await.map_err(|_| JobFailed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn jobs_are_done_in_order_and_survive_a_panic() {
        let worker = Worker::spawn("test", Vec::new()).unwrap();
        let one = worker.call(|list| list.push(1));
        let broken = worker.call(|_| panic!("on purpose"));
        let all = worker.call(|list| {
            list.push(2);
            list.clone()
        });
        assert_eq!(all.await, Ok(vec![1, 2]));
        assert_eq!(one.await, Ok(()));
        assert_eq!(broken.await, Err::<(), _>(JobFailed));
    }
}
