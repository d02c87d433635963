//! How the connection stands, from all who know a part of it.

use std::collections::HashMap;
use std::sync::Mutex;

use roost_board::BoardId;
use roost_bridge::{ConnectionPhase, ConnectionState};
use tokio::sync::watch;

use super::lock;
use super::outlet::{Outlet, UiEvent};

/// How the connection stands; the interface is told of every change.
#[derive(Debug)]
pub(crate) struct Status {
    outlet: Outlet,
    parts: Mutex<Parts>,
    phase: watch::Sender<ConnectionPhase>,
}

#[derive(Debug, Default)]
struct Parts {
    told: ConnectionState,
    waiting: HashMap<BoardId, usize>,
}

impl Status {
    /// Closed, with nothing waiting.
    pub(crate) fn new(outlet: Outlet) -> Self {
        Self { outlet, parts: Mutex::default(), phase: watch::Sender::default() }
    }

    /// As it is.
    pub(crate) fn get(&self) -> ConnectionState {
        lock(&self.parts).told
    }

    /// The phase, to be waited on.
    pub(crate) fn phases(&self) -> watch::Receiver<ConnectionPhase> {
        self.phase.subscribe()
    }

    /// The connection is in another phase.
    pub(crate) fn set_phase(&self, phase: ConnectionPhase) {
        self.change(|parts| parts.told.phase = phase);
    }

    /// A board has so many changes that wait for the server's answer.
    pub(crate) fn set_waiting(&self, board: BoardId, n: usize) {
        self.change(|parts| {
            if n == 0 {
                parts.waiting.remove(&board);
            } else {
                parts.waiting.insert(board, n);
            }
        });
    }

    /// There is nobody to connect for any more.
    pub(crate) fn close(&self) {
        self.change(|parts| {
            parts.told.phase = ConnectionPhase::Closed;
            parts.waiting.clear();
        });
    }

    fn change(&self, change: impl FnOnce(&mut Parts)) {
        let mut parts = lock(&self.parts);
        let before = parts.told;
        change(&mut parts);
        parts.told.n_waiting = parts.waiting.values().sum();
        if parts.told != before {
            self.phase.send_if_modified(|phase| std::mem::replace(phase, parts.told.phase) != parts.told.phase);
            self.outlet.tell(UiEvent::Connection(parts.told));
        }
    }
}
