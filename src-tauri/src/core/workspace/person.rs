//! The topic of the person, and with it the connection as a whole.

use std::sync::Weak;

use roost_bridge::ConnectionPhase;
use roost_channels::{ChannelEvent, Payload, PayloadError, SocketState};
use roost_protocol::payload::{BoardAdded, BoardRemoved};
use roost_protocol::{Topic, event};
use tokio::time::{Instant, sleep};

use super::{Workspace, suspect};
use crate::core::followed::Surroundings;
use crate::core::link::Link;
use crate::core::patience::sleep_until;

/// Follows the topic of the person until the connection ends.
pub(super) async fn follow(surroundings: Surroundings, link: Link, workspace: Weak<Workspace>) {
    let Surroundings { me, patience, status, boards, .. } = &surroundings;
    let socket = &link.socket;
    let mut states = socket.states();
    let mut retry_at = None;
    loop {
        let (_channel, mut events) = socket.channel(&Topic::Users(me.id).to_string(), || serde_json::json!({}));
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(ChannelEvent::Joined { .. }) => {
                        status.set_phase(ConnectionPhase::Live);
                        boards.refresh();
                    }
                    Some(ChannelEvent::Message { event, payload }) => {
                        if let Err(error) = hear(&surroundings, &workspace, &event, &payload) {
                            tracing::warn!(event, %error, "a message that cannot be read");
                        }
                    }
                    Some(ChannelEvent::Disconnected) => status.set_phase(ConnectionPhase::Offline),
                    Some(ChannelEvent::Refused { response }) => {
                        tracing::error!(?response, "the server does not let us into our own topic");
                        break;
                    }
                    Some(ChannelEvent::Closed) => break,
                    // The socket has ended.
                    None => return,
                },
                Ok(()) = states.changed() => {
                    let state = *states.borrow_and_update();
                    retry_at = heed(state, &surroundings);
                }
                () = sleep_until(retry_at) => {
                    retry_at = None;
                    socket.reconnect_now();
                }
            }
        }
        status.set_phase(ConnectionPhase::Offline);
        sleep(patience.retry_after).await;
    }
}

/// Tells what a state means for the person; answers when the socket is to try again, if it does not do so by itself.
fn heed(state: SocketState, surroundings: &Surroundings) -> Option<Instant> {
    match state {
        // The channel says when it is joined.
        SocketState::Connecting | SocketState::Open | SocketState::Closed => None,
        SocketState::Waiting { .. } => {
            surroundings.status.set_phase(ConnectionPhase::Offline);
            None
        }
        SocketState::Refused { status } => {
            tracing::info!(status, "the socket was refused");
            surroundings.status.set_phase(ConnectionPhase::Offline);
            // A proxy may have its own reasons. Whether it is the token, this call tells.
            surroundings.boards.refresh();
            Some(Instant::now() + surroundings.patience.retry_after)
        }
    }
}

fn hear(
    surroundings: &Surroundings,
    workspace: &Weak<Workspace>,
    event: &str,
    payload: &Payload,
) -> Result<(), PayloadError> {
    match event {
        event::BOARD_ADDED => payload.parse().map(|BoardAdded { board }| surroundings.boards.put(board)),
        // What is here of it is looked after by whoever follows it.
        event::BOARD_REMOVED => payload.parse().map(|BoardRemoved { board_id }| suspect(workspace, board_id)),
        // A later server may say more than this app knows.
        _ => Ok(()),
    }
}
