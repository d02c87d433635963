//! What the person has to know about this start, and about what is found out later.

use std::sync::Mutex;

use roost_bridge::Notice;

use super::lock;
use super::outlet::{Outlet, UiEvent};

/// Keeps notices until the interface asks for its first picture; from then on it is told of them.
#[derive(Debug)]
pub(crate) struct Notices {
    outlet: Outlet,
    /// `None` when the interface has asked.
    early: Mutex<Option<Vec<Notice>>>,
}

impl Notices {
    /// Nothing yet.
    pub(crate) const fn new(outlet: Outlet) -> Self {
        Self { outlet, early: Mutex::new(Some(Vec::new())) }
    }

    /// The person has to know this.
    pub(crate) fn tell(&self, notice: Notice) {
        match &mut *lock(&self.early) {
            Some(early) => early.push(notice),
            None => self.outlet.tell(UiEvent::Notice(notice)),
        }
    }

    /// What was told so far and nobody has heard.
    pub(crate) fn take(&self) -> Vec<Notice> {
        lock(&self.early).take().unwrap_or_default()
    }
}
