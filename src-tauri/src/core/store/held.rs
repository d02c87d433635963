//! A store that does nothing until it is told to, for tests in which it matters what is on disk and what is not yet.

use std::sync::mpsc::{Sender, channel};

use super::AccountStore;

/// A store is held as long as this is there.
#[derive(Debug)]
pub(crate) struct Held(Sender<Disk>);

/// How the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It takes what is to be written.
    Fine,
    /// It takes nothing.
    Full,
}

impl AccountStore {
    /// Holds the thread: what is asked for from here on waits.
    pub(crate) fn hold(&self) -> Held {
        let (enter, entered) = channel();
        let (go, wait) = channel();
        let mut disk = Disk::Fine;
        drop(self.database.call(move |db| {
            enter.send(()).ok();
            // It may be tried again, and then nobody says anything any more.
            disk = wait.recv().unwrap_or(disk);
            Ok(db.pragma_update(None, "query_only", disk == Disk::Full)?)
        }));
        entered.recv().expect("the thread runs");
        Held(go)
    }

    /// The disk takes what is to be written again.
    pub(crate) async fn make_room(&self) {
        self.database.refuse_writes(false).await;
    }
}

impl Held {
    /// Lets the thread go on.
    pub(crate) fn go_on(self, disk: Disk) {
        self.0.send(disk).ok();
    }
}
