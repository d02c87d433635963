//! Telling what is on disk, in the order of the log: first everyone on the board, then whoever asked.

use std::sync::Arc;

use roost_board::{Change, Entry, Seq, Snapshot};
use roost_protocol::payload::{BoardAdded, BoardRemoved};
use roost_protocol::{Topic, event};
use serde::Serialize;
use tokio::sync::mpsc;

use super::Shared;
use super::error::ProposeError;
use super::live::{LiveBoard, Told, changes_members};
use crate::pubsub::PubSub;
use crate::store::{EncodedEntry, Refused};

/// What became of changes of one board that were handed to the store one after the other.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) live: Arc<LiveBoard>,
    pub(super) entries: Vec<EncodedEntry>,
    pub(super) outcome: Result<(), Refused>,
}

/// Takes what the store says, in the order in which it says it.
pub(super) async fn run(shared: Arc<Shared>, mut queue: mpsc::UnboundedReceiver<Settled>) {
    while let Some(Settled { live, entries, outcome }) = queue.recv().await {
        match outcome {
            Ok(()) => announce(&shared, &live, &entries),
            Err(why) => {
                let seq = entries.first().map_or(Seq::ZERO, |(entry, _)| entry.seq);
                match why {
                    Refused::Conflict => tracing::warn!(
                        board = %live.id(), %seq, "somebody else has appended to this board; reading it anew"
                    ),
                    Refused::Failed(error) => tracing::error!(board = %live.id(), %seq, %error, "cannot save a change"),
                }
                give_up(&shared, &live);
            }
        }
        shared.in_flight.add_permits(entries.len());
        // What was told waits on this thread to be written.
        tokio::task::consume_budget().await;
    }
}

fn announce(shared: &Arc<Shared>, live: &Arc<LiveBoard>, entries: &[EncodedEntry]) {
    let Told { waiting, snapshot_is_due } = live.saved_next(entries);
    let topic = Topic::Boards(live.id());
    // Together, but whoever is removed is told nothing of what came after.
    for part in entries.split_inclusive(|(entry, _)| changes_members(&entry.change)) {
        let told: Vec<_> = part.iter().map(|(entry, json)| (entry.seq, Arc::clone(json))).collect();
        shared.pubsub.entries(topic, &told);
        for (entry, _) in part {
            shared.metrics.accepted();
            tell_of_members(shared, live, entry);
        }
    }
    for (seq, reply) in waiting {
        // Whoever asked may have gone away.
        drop(reply.send(Ok(seq)));
    }
    if snapshot_is_due {
        save_snapshot(shared, live);
    }
}

/// Tells those who have come or gone, and closes what these had open.
fn tell_of_members(shared: &Shared, live: &LiveBoard, entry: &Entry) {
    match &entry.change {
        Change::MemberAdded { member } => {
            let payload = BoardAdded { board: live.summary() };
            broadcast(&shared.pubsub, Topic::Users(member.user.id), event::BOARD_ADDED, &payload);
        }
        Change::MemberRemoved { user_id } => {
            let payload = BoardRemoved { board_id: live.id() };
            broadcast(&shared.pubsub, Topic::Users(*user_id), event::BOARD_REMOVED, &payload);
            shared.pubsub.close_channels(Topic::Boards(live.id()), *user_id);
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
}

/// Stores the board as a whole, off the async threads since a large one takes a while to write down.
fn save_snapshot(shared: &Arc<Shared>, live: &Arc<LiveBoard>) {
    let (store, live) = (shared.store.clone(), Arc::clone(live));
    shared.snapshots.spawn_blocking(move || {
        let Snapshot { seq, board, .. } = live.saved();
        match serde_json::to_string(&board) {
            Ok(json) => {
                live.snapshot_stored(seq, json.len());
                // Nobody waits for it: without it the next start replays a longer log.
                drop(store.save_snapshot(seq, board.summary(), json));
            }
            Err(error) => tracing::error!(board = %live.id(), %error, "cannot write a snapshot down"),
        }
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
