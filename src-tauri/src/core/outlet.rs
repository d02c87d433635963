//! What the core tells the interface, in one order for everything.

use roost_bridge::{BoardMessage, BoardsPage, ConnectionState, Session, Theme};
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
    /// The theme of the window itself; the interface has chosen it.
    Theme(Theme),
}

/// Where the core puts them. It never waits, so it may be used under a lock: what is put in first comes out first.
///
/// It has no bound: the webview's own queue, into which everything goes at once, has none either.
#[derive(Debug, Clone)]
pub(crate) struct Outlet(mpsc::UnboundedSender<UiEvent>);

impl Outlet {
    /// An outlet, and where its events come out.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<UiEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells the interface. Without one, at the end of the app, nobody is told.
    pub(crate) fn tell(&self, event: UiEvent) {
        drop(self.0.send(event));
    }
}
