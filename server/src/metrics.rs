//! What the server counts, and how Prometheus reads it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::limits::Limit;

/// What the server counts, since its start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Answers by the hundreds of their status: 1xx, 2xx, …
    responses: [AtomicU64; 5],
    commits: AtomicU64,
    commit_micros: AtomicU64,
    entries: AtomicU64,
    refusals: AtomicU64,
    open_boards: AtomicI64,
    open_sockets: AtomicI64,
    /// How often somebody came up against each limit.
    limited: [AtomicU64; Limit::ALL.len()],
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn responded(&self, status: axum::http::StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.responses[class].fetch_add(1, Ordering::Relaxed);
    }

    /// A transaction is on disk.
    pub(crate) fn committed(&self, took: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// An entry was accepted.
    pub(crate) fn accepted(&self) {
        self.entries.fetch_add(1, Ordering::Relaxed);
    }

    /// A change was refused.
    pub(crate) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    /// How many boards are in memory now.
    pub(crate) fn boards_open(&self, n_boards: usize) {
        self.open_boards.store(i64::try_from(n_boards).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// A socket was opened.
    pub(crate) fn socket_opened(&self) {
        self.open_sockets.fetch_add(1, Ordering::Relaxed);
    }

    /// A socket was closed.
    pub(crate) fn socket_closed(&self) {
        self.open_sockets.fetch_sub(1, Ordering::Relaxed);
    }

    /// Somebody came up against a limit.
    pub(crate) fn limited(&self, limit: Limit) {
        self.limited[limit as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Everything, in Prometheus' text format 0.0.4.
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(&str, f64)]| {
            out += &format!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
            for (labels, value) in samples {
                out += &format!("{name}{labels} {value}\n");
            }
        };
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let gauge = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed) as f64;
        let [one, two, three, four, five] = self.responses.each_ref().map(count);
        family(
            "roost_http_responses_total",
            "counter",
            "Answers to requests, by the class of their status.",
            &[
                ("{class=\"1xx\"}", one),
                ("{class=\"2xx\"}", two),
                ("{class=\"3xx\"}", three),
                ("{class=\"4xx\"}", four),
                ("{class=\"5xx\"}", five),
            ],
        );
        family("roost_entries_total", "counter", "Changes accepted and stored.", &[("", count(&self.entries))]);
        family("roost_refused_changes_total", "counter", "Changes refused.", &[("", count(&self.refusals))]);
        family("roost_commits_total", "counter", "Transactions on disk.", &[("", count(&self.commits))]);
        let seconds = count(&self.commit_micros) / 1e6;
        family("roost_commit_seconds_total", "counter", "Time spent in transactions.", &[("", seconds)]);
        let limits =
            Limit::ALL.map(|limit| (format!("{{limit=\"{}\"}}", limit.name()), count(&self.limited[limit as usize])));
        let limits = limits.each_ref().map(|(labels, value)| (labels.as_str(), *value));
        family("roost_limited_total", "counter", "Times that somebody came up against a limit.", &limits);
        family("roost_open_boards", "gauge", "Boards in memory.", &[("", gauge(&self.open_boards))]);
        family("roost_open_sockets", "gauge", "Sockets that are connected.", &[("", gauge(&self.open_sockets))]);
        out
    }
}
