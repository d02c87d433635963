//! A network that lets no WebSocket through.

use roost::core::UiEvent;
use roost_board::Change;
use roost_bridge::{BoardNews, ConnectionPhase};

use crate::desk::{Host, hasty};
use crate::far::Far;
use crate::wire::Wire;

/// Waits until somebody else's list is there.
async fn hears(far: &mut Far, name: &str) {
    let is_there = |event: &UiEvent| {
        let UiEvent::Board(message) = event else { return None };
        let BoardNews::Entries { entries } = &message.news else { return None };
        let is_it = |change: &Change| matches!(change, Change::ListAdded { list } if list.name == name);
        entries.iter().any(|entry| is_it(&entry.change)).then_some(())
    };
    far.ada.wait_for(name, is_there).await;
}

#[tokio::test]
async fn a_board_is_edited_all_the_same() {
    let host = Host::start().await;
    let wire = Wire::to(host.listens_at()).await;
    wire.blocks_websockets(true);
    let address = wire.address();
    let mut far = Far::at(&address, host, wire, hasty()).await;
    let mut near = far.second_desk().await;
    let mut names = Vec::new();
    for number in 1..=5 {
        let name = format!("By long poll {number}");
        far.ada.add_list(far.board, &name).await;
        names.push(name);
    }
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(near.hears(5).await, names);
    near.desk.add_list(far.board, "From near").await;
    hears(&mut far, "From near").await;

    // What is said while everything is cut off waits, as ever.
    far.wire.takes_nobody();
    far.wire.cut();
    far.ada.add_list(far.board, "From away").await;
    far.ada.wait_for_connection(ConnectionPhase::Offline, 1).await;
    far.wire.is_given_back();
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(near.hears(2).await, ["From near", "From away"]);

    // And so it does while the WebSocket takes over.
    far.wire.blocks_websockets(false);
    far.ada.core.reconnect();
    for number in 1..=5 {
        far.ada.add_list(far.board, &format!("Meanwhile {number}")).await;
    }
    far.ada.wait_for_connection(ConnectionPhase::Live, 0).await;
    assert_eq!(near.hears(5).await, (1..=5).map(|number| format!("Meanwhile {number}")).collect::<Vec<_>>());
    for desk in [far.ada, near.desk] {
        desk.core.shutdown().await;
    }
}
