//! What was heard on a channel and waits for its owner. When that is much, nothing more is read: the server is to wait
//! as well, rather than this machine's memory to fill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use roost_protocol::Payload;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::channel::{ChannelEvent, ChannelEvents};

/// What an event takes besides its payload, in bytes.
const EVENT: usize = 128;

/// How much waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backlog(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    n_bytes: AtomicUsize,
    taken: Notify,
}

impl Backlog {
    pub(crate) fn n_bytes(&self) -> usize {
        self.0.n_bytes.load(Ordering::Relaxed)
    }

    /// Waits until there is room again under this limit.
    pub(crate) async fn has_room(&self, max: usize) {
        while self.n_bytes() > max {
            self.0.taken.notified().await;
        }
    }

    fn put(&self, event: &ChannelEvent) {
        self.0.n_bytes.fetch_add(size(event), Ordering::Relaxed);
    }

    fn take(&self, event: &ChannelEvent) {
        self.0.n_bytes.fetch_sub(size(event), Ordering::Relaxed);
        self.0.taken.notify_one();
    }
}

fn size(event: &ChannelEvent) -> usize {
    let payload = match event {
        ChannelEvent::Joined { response: payload }
        | ChannelEvent::Refused { response: payload }
        | ChannelEvent::Message { payload, .. } => match payload {
            Payload::Json(json) => json.get().len(),
            Payload::Binary(bytes) => bytes.len(),
        },
        ChannelEvent::Disconnected | ChannelEvent::Closed => 0,
    };
    EVENT + payload
}

/// Both ends of a channel's events.
pub(crate) fn events() -> (Teller, ChannelEvents) {
    let (events, receiver) = mpsc::unbounded_channel();
    let backlog = Backlog::default();
    (Teller { events, backlog: backlog.clone() }, ChannelEvents(Taker { events: receiver, backlog }))
}

/// The end at which events come in.
pub(crate) struct Teller {
    events: UnboundedSender<ChannelEvent>,
    pub(crate) backlog: Backlog,
}

impl Teller {
    pub(crate) fn tell(&self, event: ChannelEvent) {
        self.backlog.put(&event);
        // An error says that nobody listens any more.
        if let Err(mpsc::error::SendError(event)) = self.events.send(event) {
            self.backlog.take(&event);
        }
    }
}

/// The end at which events are taken.
#[derive(Debug)]
pub(crate) struct Taker {
    events: UnboundedReceiver<ChannelEvent>,
    backlog: Backlog,
}

impl Taker {
    pub(crate) async fn recv(&mut self) -> Option<ChannelEvent> {
        let event = self.events.recv().await?;
        self.backlog.take(&event);
        Some(event)
    }

    #[cfg(test)]
    pub(crate) fn try_recv(&mut self) -> Option<ChannelEvent> {
        let event = self.events.try_recv().ok()?;
        self.backlog.take(&event);
        Some(event)
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.events.close();
        while let Ok(event) = self.events.try_recv() {
            self.backlog.take(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_taken_or_given_up_makes_room() {
        let (teller, mut events) = events();
        let message = ChannelEvent::Message { event: "news".to_owned(), payload: Payload::Binary("1234".into()) };
        for _ in 0..3 {
            teller.tell(message.clone());
        }
        assert_eq!(teller.backlog.n_bytes(), 3 * (EVENT + 4));
        let max = 2 * (EVENT + 4);
        let room = teller.backlog.has_room(max);
        tokio::pin!(room);
        assert!((&mut room).now_or_never().is_none());
        assert_eq!(events.recv().await, Some(message.clone()));
        room.await;
        drop(events);
        assert_eq!(teller.backlog.n_bytes(), 0);
        teller.tell(message);
        assert_eq!(teller.backlog.n_bytes(), 0);
    }
}
