//! A way that is back is taken at once, whenever there is a sign of it.

use std::time::Duration;

use roost::core::Patience;
use roost_bridge::ConnectionPhase;
use roost_channels::Backoff;

use crate::desk::hasty;
use crate::far::Far;
use crate::wire::Wire;

const NEVER: Duration = Duration::from_secs(3600);

/// Whoever waits for anything to come by itself waits longer than the test.
fn patient() -> Patience {
    Patience {
        backoff: Backoff { first: NEVER, max: NEVER },
        hang_time: NEVER,
        doubt_time: Duration::from_millis(50),
        heartbeat_interval: NEVER,
        heartbeat_time: NEVER,
        push_time: NEVER,
        retry_after: NEVER,
        ..hasty()
    }
}

/// There is no way, then there is one again, and then a sign of it.
async fn comes_back(far: &mut Far) {
    far.wire.is_given_back();
    far.ada.core.reconnect();
    far.ada.wait_for_phase(ConnectionPhase::Live).await;
    far.ada.add_list(far.board, "Back").await;
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
}

#[tokio::test]
async fn a_sign_ends_every_pause() {
    let mut far = Far::with(patient()).await;
    for fault in [cut, refused, failing] {
        fault(&far.wire);
        far.ada.wait_for_phase(ConnectionPhase::Offline).await;
        comes_back(&mut far).await;
    }
    far.ada.core.shutdown().await;
}

fn cut(wire: &Wire) {
    wire.cut();
}

fn refused(wire: &Wire) {
    wire.is_taken_by("403 Forbidden", "");
}

fn failing(wire: &Wire) {
    wire.is_taken_by("502 Bad Gateway", "");
}

/// As after a sleep or a change of networks, of which the connection itself knows nothing.
#[tokio::test]
async fn a_sign_shows_that_a_connection_is_dead() {
    let mut far = Far::with(patient()).await;
    far.wire.lose();
    far.ada.core.reconnect();
    far.ada.wait_for_phase(ConnectionPhase::Offline).await;
    far.ada.wait_for_phase(ConnectionPhase::Live).await;
    far.ada.core.shutdown().await;
}

#[tokio::test]
async fn a_sign_passes_by_a_try_that_hangs() {
    let mut far = Far::with(patient()).await;
    far.wire.swallows();
    // Begins a try, for which nothing is ever heard.
    far.ada.core.reconnect();
    comes_back(&mut far).await;
    far.ada.core.shutdown().await;
}
