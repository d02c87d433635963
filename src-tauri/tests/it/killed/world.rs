//! The server, the ways to it, and somebody else who changes a board.

use std::collections::{BTreeMap, HashSet};

use roost::core::UiEvent;
use roost_board::{Board, BoardId, Change, Entry, ListId, OpId, Replica, Seq, Snapshot, User};
use roost_bridge::{ConnectionPhase, ConnectionState};
use roost_protocol::rest::EntriesAnswer;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use uuid::Uuid;

use super::draw::Draw;
use super::process::{Process, Role, Said};
use super::record::Log;
use crate::desk::{Desk, Secrets, credentials, new_list, proposal};
use crate::wire::Wire;

/// How many entries are in the log of the long board: a few less than are kept beside a snapshot.
const LONG: usize = 985;

pub(super) struct World {
    data: TempDir,
    server: Option<Process>,
    address: String,
    /// The way of those who are killed.
    pub(super) way: Wire,
    /// The way of everyone else.
    near: Wire,
    client: reqwest::Client,
    pub(super) ada: User,
    pub(super) secrets: Secrets,
    /// A profile that knows the three boards, closed in order.
    pub(super) profile: TempDir,
    /// A board that only one changes, one that others change too, and one with a long log.
    pub(super) own: BoardId,
    pub(super) shared: BoardId,
    pub(super) long: BoardId,
    rival: Desk,
    _rivals: TempDir,
    /// What was made by those who are not killed.
    others: HashSet<OpId>,
    pub(super) logs: BTreeMap<BoardId, Log>,
}

impl World {
    pub(super) async fn begin() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut server = Process::start(&Role::Server(data.path().to_owned()));
        let Said::Listens(address) = server.next().await else { panic!("the server does not start") };
        let (way, near) = (Wire::to(address).await, Wire::to(address).await);

        let (profile, secrets) = (tempfile::tempdir().unwrap(), Secrets::in_reach());
        let mut desk = Desk::open(profile.path(), &secrets).await;
        let ada = desk.sign_up_at(&way.address(), "Ada").await;
        let own = desk.make_board("Own").await;
        let shared = desk.make_board("Shared").await;
        let long = desk.make_board("Long").await;
        let mut others = HashSet::new();
        let renamed = (0..LONG).map(|n| {
            let proposal = proposal(Change::BoardRenamed { name: format!("Long {n}") });
            others.insert(proposal.op);
            desk.propose(long, proposal)
        });
        futures_util::future::try_join_all(renamed).await.unwrap();
        drain(&mut desk).await;
        desk.core.shutdown().await;

        let rivals = tempfile::tempdir().unwrap();
        let rival = Desk::open(rivals.path(), &Secrets::in_reach()).await;
        rival.core.choose_server(&near.address()).await.unwrap();
        rival.core.sign_in(credentials("Ada")).await.unwrap();
        rival.open_board(shared).await;
        Self {
            data,
            server: Some(server),
            address: format!("http://{address}"),
            way,
            near,
            // A connection is not used again: the server at its other end may have been killed.
            client: reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap(),
            ada,
            secrets,
            profile,
            own,
            shared,
            long,
            rival,
            _rivals: rivals,
            others,
            logs: BTreeMap::new(),
        }
    }

    pub(super) async fn kill_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill().await;
        }
    }

    /// Starts the server again, if it was killed.
    pub(super) async fn start_server(&mut self) {
        if self.server.is_some() {
            return;
        }
        let mut server = Process::start(&Role::Server(self.data.path().to_owned()));
        let Said::Listens(address) = server.next().await else { panic!("the server does not start") };
        self.server = Some(server);
        self.address = format!("http://{address}");
        self.way.leads_to(address);
        self.near.leads_to(address);
    }

    /// Somebody else changes the shared board, in ways that are in the way of others.
    pub(super) async fn interfere(&mut self, draw: &mut Draw) {
        for n in 0..draw.below(12) {
            let lists = self.rival.open_board(self.shared).await.snapshot.board;
            let lists: Vec<ListId> = lists.lists().iter().map(|list| list.id()).collect();
            let proposal = if lists.len() < 2 || draw.percent(60) {
                new_list(ListId::from_uuid(Uuid::now_v7()), &format!("Of a rival {n}"))
            } else {
                proposal(Change::ListArchived { list_id: draw.pick(&lists) })
            };
            let op = proposal.op;
            if self.rival.propose(self.shared, proposal).await.is_ok() {
                self.others.insert(op);
            }
        }
    }

    /// Reads what is new in the logs of some boards; one that is not made yet has none.
    pub(super) async fn read_on(&mut self, boards: impl Iterator<Item = BoardId>) {
        for board in boards {
            loop {
                let since = self.logs.entry(board).or_default().seq();
                let answer: Option<EntriesAnswer> = self.get(&format!("/{board}/entries?since={since}")).await;
                let Some(EntriesAnswer { seq, entries }) = answer else { break };
                let log = self.logs.get_mut(&board).unwrap();
                log.add(entries);
                if log.seq() >= seq {
                    break;
                }
            }
        }
    }

    /// What the server says about boards; `None` when there is no such board.
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let [token] = self.secrets.all().try_into().unwrap();
        let url = format!("{}/api/v1/boards{path}", self.address);
        let answer = self.client.get(url).bearer_auth(token).send().await.unwrap();
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return None;
        }
        Some(answer.error_for_status().unwrap().json().await.unwrap())
    }

    /// The server says the same of the past as it did each time, has nothing that nobody made, and shows the boards that
    /// follow from it. `known` is what was made by those who were killed, `boards` are as they were at first.
    pub(super) async fn end(mut self, mut known: HashSet<OpId>, boards: &BTreeMap<BoardId, Board>) {
        drain(&mut self.rival).await;
        self.rival.core.shutdown().await;
        known.extend(&self.others);
        self.read_on(boards.keys().copied()).await;
        let before = std::mem::take(&mut self.logs);
        self.read_on(boards.keys().copied()).await;
        for (id, board) in boards {
            let log = &self.logs[id];
            let shown: Option<Snapshot> = self.get(&format!("/{id}")).await;
            // One that was not acknowledged.
            let Some(shown) = shown else { continue };
            assert!(log.entries == before[id].entries, "the past has changed");
            assert!(log.entries.iter().all(|entry| known.contains(&entry.op)), "a change that nobody made");
            let mut replica = Replica::new(self.ada.id, Snapshot { seq: Seq::ZERO, board: board.clone(), last: None });
            replica.confirm(&log.entries).unwrap();
            let last = log.entries.last().map(Entry::mark);
            assert_eq!(shown, Snapshot { seq: replica.seq(), board: replica.confirmed().clone(), last });
        }
    }
}

/// Waits until nothing waits.
pub(super) async fn drain(desk: &mut Desk) {
    let drained = ConnectionState { phase: ConnectionPhase::Live, n_waiting: 0 };
    while desk.core.state().await.unwrap().connection != drained {
        desk.wait_for("news of the connection", |event| matches!(event, UiEvent::Connection(_)).then_some(())).await;
    }
}
