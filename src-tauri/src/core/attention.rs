//! What needs the person's attention, and how the interface is told of it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use roost_board::{OpId, Timestamp};
use roost_bridge::{Attention, AttentionItem};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::lock;
use super::outlet::{Outlet, UiEvent};

/// Between two times that the interface is told: it is told of all items, and there may be very many new ones.
const PERIOD: Duration = Duration::from_millis(50);
/// And so much for each item, if that is longer.
const PERIOD_PER_ITEM: Duration = Duration::from_micros(20);

/// An item that was taken out, and where it was.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The item.
    pub(crate) item: AttentionItem,
    place: usize,
}

/// What needs the attention of one account, as it is on disk.
#[derive(Debug)]
pub(crate) struct NeedsAttention {
    items: Mutex<Vec<AttentionItem>>,
    due: Notify,
}

impl NeedsAttention {
    /// What is on disk.
    pub(crate) fn new(items: Vec<AttentionItem>) -> Self {
        Self { items: Mutex::new(items), due: Notify::new() }
    }

    /// As it is.
    pub(crate) fn list(&self) -> Attention {
        Attention { items: lock(&self.items).clone() }
    }

    /// More needs attention.
    pub(crate) fn add(&self, more: impl IntoIterator<Item = AttentionItem>) {
        lock(&self.items).extend(more);
        self.due.notify_one();
    }

    /// Takes an item out, so that nobody else does anything with it meanwhile.
    pub(crate) fn take(&self, id: OpId) -> Option<Taken> {
        let mut items = lock(&self.items);
        let place = items.iter().position(|item| item.id == id)?;
        Some(Taken { item: items.remove(place), place })
    }

    /// An item stays after all; nothing happens if it is back already.
    pub(crate) fn put_back(&self, Taken { item, place }: Taken) {
        let mut items = lock(&self.items);
        if items.iter().any(|other| other.id == item.id) {
            return;
        }
        let place = place.min(items.len());
        items.insert(place, item);
        drop(items);
        self.due.notify_one();
    }

    /// An item that was taken out is gone for good.
    pub(crate) fn taken_for_good(&self) {
        self.due.notify_one();
    }

    /// Tells the interface whenever something is new; does not end.
    pub(crate) async fn run(&self, outlet: &Outlet) {
        loop {
            self.due.notified().await;
            let attention = self.list();
            let n_items = u32::try_from(attention.items.len()).unwrap_or(u32::MAX);
            outlet.tell(UiEvent::Attention(attention));
            sleep(PERIOD.max(PERIOD_PER_ITEM.saturating_mul(n_items))).await;
        }
    }
}

/// The time now, by the clock of this machine.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}
