//! The proposals that are on their way to the server.

use std::future::{pending, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use roost_board::durable::DurableReplica;
use roost_board::{OpId, Proposal};
use roost_channels::{Channel, Payload, PushError};
use roost_protocol::event;
use roost_protocol::payload::Propose;

/// How many proposals may be under way at once.
const PUSHES_MAX: usize = 32;

/// How the server has answered a proposal.
pub(super) type Answered = (OpId, Result<Payload, PushError>);

/// The proposals that are on their way to the server; what waits is the replica's.
#[derive(Default)]
pub(super) struct Outbox {
    pushes: FuturesUnordered<Pin<Box<dyn Future<Output = Answered> + Send>>>,
}

impl Outbox {
    /// Sends what may be sent, as far as there is room. An answer may take so long.
    pub(super) async fn send(&mut self, channel: &Arc<Channel>, replica: &mut DurableReplica, time: Duration) {
        let room = PUSHES_MAX.saturating_sub(self.pushes.len());
        for Proposal { op, change, .. } in replica.take_to_send(room) {
            let channel = channel.clone();
            let mut push: Pin<Box<dyn Future<Output = Answered> + Send>> =
                Box::pin(async move { (op, channel.push(event::PROPOSE, &Propose { op, change }, time).await) });
            // Pushes go out in the order in which they are first polled.
            match poll_fn(|context| Poll::Ready(push.as_mut().poll(context))).await {
                Poll::Ready(answered) => self.pushes.push(Box::pin(ready(answered))),
                Poll::Pending => self.pushes.push(push),
            }
        }
    }

    /// The next answer; waits for ever while nothing is on its way. May be dropped without losing an answer.
    pub(super) async fn answered(&mut self) -> Answered {
        match self.pushes.next().await {
            Some(answered) => answered,
            None => pending().await,
        }
    }

    /// The connection is gone: answers do not come any more.
    pub(super) fn start_over(&mut self) {
        self.pushes.clear();
    }
}
