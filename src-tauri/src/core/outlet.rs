//! What the core tells the interface, in one order for everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roost_bridge::{Attention, BoardMessage, BoardsPage, ConnectionState, Notice, Session, Theme};
use tokio::sync::mpsc;

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UiEvent {
    /// Who is signed in.
    Session(Session),
    /// How the connection stands.
    Connection(ConnectionState),
    /// The page of boards.
    Boards(BoardsPage),
    /// News of a board.
    Board(BoardMessage),
    /// What needs attention.
    Attention(Attention),
    /// Something that the person has to know.
    Notice(Notice),
    /// The theme of the window itself; the interface has chosen it.
    Theme(Theme),
}

/// Where the core puts them. It never waits, so it may be used under a lock: what is put in first comes out first.
///
/// It has no bound: the webview's own queue, into which everything goes at once, has none either.
#[derive(Debug, Clone)]
pub(crate) struct Outlet {
    events: mpsc::UnboundedSender<UiEvent>,
    /// Where the next one who numbers messages begins.
    next_number: Arc<AtomicU64>,
}

/// More messages than anybody ever tells of one board, and few enough that JavaScript can count so far a million times.
const NUMBERS: u64 = 1 << 32;

impl Outlet {
    /// An outlet, and where its events come out.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<UiEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { events: sender, next_number: Arc::default() }, receiver)
    }

    /// Tells the interface. Without one, at the end of the app, nobody is told.
    pub(crate) fn tell(&self, event: UiEvent) {
        drop(self.events.send(event));
    }

    /// A number for whoever begins to number messages: above all that were given before. So a message of somebody who
    /// told of the same board before, and which is late, is never taken for a later one.
    pub(crate) fn first_number(&self) -> u64 {
        self.next_number.fetch_add(NUMBERS, Ordering::Relaxed)
    }
}
