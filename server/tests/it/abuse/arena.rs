//! A server on threads of its own, so that it shares none with those who attack it.

use std::net::SocketAddr;

use roost_board::BoardId;
use roost_server::{Config, Limit};
use tokio::runtime::Runtime;

use crate::site::{Person, Site};

/// A server on threads of its own.
pub(super) struct Arena {
    pub(super) site: Site,
    runtime: Option<Runtime>,
}

impl Arena {
    pub(super) async fn start(configure: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let site = runtime.spawn(Site::start_with(configure)).await.unwrap();
        Self { site, runtime: Some(runtime) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.site.server.address()
    }

    /// Somebody, and a board of theirs.
    pub(super) async fn member(&self, first_name: &str) -> (Person, BoardId) {
        let person = self.site.sign_up(first_name).await;
        let board = person.make_board("Roof").await.id;
        (person, board)
    }

    /// How often somebody came up against a limit so far.
    pub(super) async fn limited(&self, limit: Limit) -> u64 {
        let metrics = self.site.caller.get("/metrics").await.body;
        let name = format!("roost_limited_total{{limit=\"{}\"}} ", limit.name());
        let value = metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap();
        value.parse().unwrap()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A test is no place to wait in.
            runtime.shutdown_background();
        }
    }
}
