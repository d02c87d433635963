//! Somebody at the far end of a bad network.

use roost::core::{Patience, UiEvent};
use roost_board::{BoardId, Change};
use roost_bridge::{BoardNews, ConnectionPhase};
use tempfile::TempDir;

use crate::desk::{Desk, Host, Secrets, credentials};
use crate::wire::Wire;

/// Ada, who looks at a board of hers on a server at the other end of a bad network.
pub(crate) struct Far {
    pub(crate) host: Host,
    pub(crate) wire: Wire,
    pub(crate) ada: Desk,
    pub(crate) board: BoardId,
    pub(crate) secrets: Secrets,
    _profile: TempDir,
}

impl Far {
    pub(crate) async fn with(patience: Patience) -> Self {
        let host = Host::start().await;
        let wire = Wire::to(host.listens_at()).await;
        let address = wire.address();
        Self::at(&address, host, wire, patience).await
    }

    /// With an address that leads to the wire.
    pub(crate) async fn at(address: &str, host: Host, wire: Wire, patience: Patience) -> Self {
        let (profile, secrets) = (tempfile::tempdir().unwrap(), Secrets::in_reach());
        let mut ada = Desk::open_with(profile.path(), &secrets, patience).await;
        ada.sign_up_at(address, "Ada").await;
        let board = ada.make_board("Spring release").await;
        Self { host, wire, ada, board, secrets, _profile: profile }
    }

    /// Ada again, in another place and without the bad network.
    pub(crate) async fn second_desk(&self) -> Near {
        let profile = tempfile::tempdir().unwrap();
        let mut desk = Desk::open(profile.path(), &Secrets::in_reach()).await;
        desk.core.choose_server(&self.host.address()).await.unwrap();
        desk.core.sign_in(credentials("Ada")).await.unwrap();
        desk.wait_for_phase(ConnectionPhase::Live).await;
        desk.open_board(self.board).await;
        Near { desk, _profile: profile }
    }

    /// The lists that are confirmed; nothing waits.
    pub(crate) async fn lists(&self) -> Vec<String> {
        let copy = self.ada.open_board(self.board).await;
        assert_eq!(copy.pending, []);
        copy.snapshot.board.lists().iter().map(|list| list.name().to_owned()).collect()
    }
}

/// Somebody at the same board, near the server.
pub(crate) struct Near {
    pub(crate) desk: Desk,
    _profile: TempDir,
}

impl Near {
    /// The names of so many lists, in the order in which they are added.
    pub(crate) async fn hears(&mut self, n_lists: usize) -> Vec<String> {
        let mut names = Vec::new();
        let all = |event: &UiEvent| {
            if let UiEvent::Board(message) = event
                && let BoardNews::Entries { entries } = &message.news
            {
                names.extend(entries.iter().filter_map(|entry| match &entry.change {
                    Change::ListAdded { list } => Some(list.name.clone()),
                    _ => None,
                }));
            }
            (names.len() >= n_lists).then_some(())
        };
        self.desk.wait_for("the lists", all).await;
        names
    }
}
