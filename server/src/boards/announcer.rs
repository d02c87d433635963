//! Telling what is on disk, in the order of the log: first everyone on the board, then whoever asked.

use std::sync::Arc;

use roost_board::Change;
use roost_protocol::payload::{BoardAdded, BoardRemoved};
use roost_protocol::{Topic, event};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::Shared;
use super::error::ProposeError;
use super::live::{Checked, LiveBoard};
use crate::pubsub::PubSub;
use crate::store::{Appended, Writing};

/// A board is stored as a whole each time that its log has grown by this many entries.
const SNAPSHOT_EVERY: u64 = 256;

/// A change that was checked and handed to the store.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) live: Arc<LiveBoard>,
    pub(super) checked: Checked,
    pub(super) writing: Writing<Appended>,
    /// Given back once everything is told.
    pub(super) permit: OwnedSemaphorePermit,
}

/// Takes the changes in the order in which they were handed to the store, and waits for each.
pub(super) async fn run(shared: Arc<Shared>, mut queue: mpsc::UnboundedReceiver<Accepted>) {
    while let Some(Accepted { live, checked, writing, permit }) = queue.recv().await {
        let seq = checked.entry.seq;
        match writing.on_disk().await {
            Ok(Appended::Saved) => announce(&shared, &live, checked),
            Ok(Appended::Conflict) => {
                tracing::warn!(board = %live.id(), %seq, "somebody else has appended to this board; reading it anew");
                give_up(&shared, &live);
            }
            Err(error) => {
                tracing::error!(board = %live.id(), %seq, %error, "cannot save a change");
                give_up(&shared, &live);
            }
        }
        drop(permit);
    }
}

fn announce(shared: &Arc<Shared>, live: &Arc<LiveBoard>, checked: Checked) {
    let (entry, json) = (Arc::clone(&checked.entry), Arc::clone(&checked.json));
    let Some(waiting) = live.saved_next(checked) else {
        // Whoever asked was told that it failed. It is on disk all the same: the same `op` again gets its place.
        return;
    };
    shared.metrics.accepted();
    let topic = Topic::Boards(live.id());
    shared.pubsub.entries(topic, &[(entry.seq, json)]);
    match &entry.change {
        Change::MemberAdded { member } => {
            let payload = BoardAdded { board: live.summary() };
            broadcast(&shared.pubsub, Topic::Users(member.user.id), event::BOARD_ADDED, &payload);
        }
        Change::MemberRemoved { user_id } => {
            let payload = BoardRemoved { board_id: live.id() };
            broadcast(&shared.pubsub, Topic::Users(*user_id), event::BOARD_REMOVED, &payload);
            shared.pubsub.close_channels(topic, *user_id);
        }
        Change::BoardRenamed { .. }
        | Change::ListAdded { .. }
        | Change::ListMoved { .. }
        | Change::ListRenamed { .. }
        | Change::ListArchived { .. }
        | Change::ListRestored { .. }
        | Change::CardAdded { .. }
        | Change::CardMoved { .. }
        | Change::CardRetitled { .. }
        | Change::CardDescribed { .. }
        | Change::CardArchived { .. }
        | Change::CardRestored { .. }
        | Change::CommentAdded { .. }
        | Change::CommentRemoved { .. }
        | Change::Unknown(_) => {}
    }
    for reply in waiting {
        // Whoever asked may have gone away.
        drop(reply.send(Ok(entry.seq)));
    }
    if entry.seq.0.is_multiple_of(SNAPSHOT_EVERY) {
        save_snapshot(shared, live);
    }
}

/// Stores the board as a whole, off the async threads since a large one takes a while to write down.
fn save_snapshot(shared: &Arc<Shared>, live: &LiveBoard) {
    let (store, id, (seq, board)) = (shared.store.clone(), live.id(), live.saved());
    shared.snapshots.spawn_blocking(move || match serde_json::to_string(&board) {
        // Nobody waits for it: without it the next start replays a longer log.
        Ok(json) => drop(store.save_snapshot(id, seq, json)),
        Err(error) => tracing::error!(board = %id, %error, "cannot write a snapshot down"),
    });
}

fn give_up(shared: &Shared, live: &Arc<LiveBoard>) {
    let waiting = live.fail();
    shared.forget(live);
    for reply in waiting {
        drop(reply.send(Err(ProposeError::NotSaved)));
    }
}

/// Tells everyone on a topic.
pub(super) fn broadcast(pubsub: &PubSub, topic: Topic, event: &'static str, payload: &impl Serialize) {
    match serde_json::value::to_raw_value(payload) {
        Ok(payload) => pubsub.broadcast(topic, event, payload.into()),
        Err(error) => tracing::error!(%topic, event, %error, "cannot write a broadcast down"),
    }
}
