//! Roost's own client against the server: replicas with pending proposals, a server that stops and comes back, and
//! nothing that anybody proposed is lost or made twice.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use roost_board::{Change, Entry, ListId, NewList, OpId, Proposal, Replica, Seq, Timestamp, UserId};
use roost_channels::{Channel, ChannelEvent, ChannelEvents, Payload, PushError, Socket, SocketConfig};
use roost_protocol::payload::{JoinedBoard, Propose, Proposed};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use super::world::{PATIENCE, Person, World};

const PEOPLE: usize = 3;
const PROPOSALS: usize = 30;
/// How many proposals of one person are on their way at a time.
const IN_FLIGHT: usize = 4;

type Pushed = BoxFuture<'static, (OpId, Result<Payload, PushError>)>;

/// A board followed with Roost's own client.
struct Follower {
    actor: UserId,
    channel: Arc<Channel>,
    events: ChannelEvents,
    replica: Option<Replica>,
    is_joined: bool,
    /// What the next join asks for.
    since: Arc<Mutex<Option<Seq>>>,
    pushed: FuturesUnordered<Pushed>,
    progress: Arc<watch::Sender<Seq>>,
}

impl Follower {
    fn join(socket: &Socket, actor: UserId, topic: &str, progress: &Arc<watch::Sender<Seq>>) -> Self {
        let since = Arc::new(Mutex::new(None));
        let known = Arc::clone(&since);
        let (channel, events) = socket.channel(topic, move || json!({ "since": *known.lock().unwrap() }));
        let progress = Arc::clone(progress);
        let (channel, pushed) = (Arc::new(channel), FuturesUnordered::new());
        Self { actor, channel, events, replica: None, is_joined: false, since, pushed, progress }
    }

    async fn run(mut self) -> Replica {
        let mut left = PROPOSALS;
        loop {
            while self.is_joined && left > 0 && self.pushed.len() < IN_FLIGHT {
                left -= 1;
                self.propose();
            }
            if left == 0 && self.replica.as_ref().is_some_and(|replica| replica.pending().len() == 0) {
                return self.replica.unwrap();
            }
            tokio::select! {
                event = self.events.recv() => self.hear(event.unwrap()),
                Some((op, result)) = self.pushed.next() => self.take_answer(op, result),
            }
        }
    }

    fn propose(&mut self) {
        let id = ListId::from_uuid(Uuid::now_v7());
        let list = NewList { id, name: "A list".to_owned(), position: "a0".parse().unwrap() };
        let op = OpId::from_uuid(Uuid::now_v7());
        let proposal = Proposal { op, at: Timestamp::from_millis(0), change: Change::ListAdded { list } };
        self.replica.as_mut().unwrap().propose(proposal.clone()).unwrap();
        self.send(proposal);
    }

    fn send(&self, Proposal { op, change, .. }: Proposal) {
        let channel = Arc::clone(&self.channel);
        self.pushed
            .push(Box::pin(async move { (op, channel.push("propose", Propose { op, change }, PATIENCE).await) }));
    }

    fn hear(&mut self, event: ChannelEvent) {
        match event {
            ChannelEvent::Joined { response } => {
                match response.parse().unwrap() {
                    JoinedBoard::Snapshot(snapshot) => match &mut self.replica {
                        Some(replica) => replica.reset(snapshot),
                        None => self.replica = Some(Replica::new(self.actor, snapshot)),
                    },
                    JoinedBoard::Entries(answer) => self.confirm(&answer.entries),
                }
                self.is_joined = true;
                // Whether the server has them already, it knows by their `op`.
                let pending: Vec<Proposal> = self.replica.as_ref().unwrap().pending().cloned().collect();
                pending.into_iter().for_each(|proposal| self.send(proposal));
            }
            ChannelEvent::Message { event, payload } if event == "entry" => {
                self.confirm(&[payload.parse::<Entry>().unwrap()]);
            }
            ChannelEvent::Message { .. } => {}
            ChannelEvent::Disconnected => self.is_joined = false,
            ChannelEvent::Refused { response } => panic!("the join was refused: {response:?}"),
            ChannelEvent::Closed => panic!("the channel was closed"),
        }
    }

    fn confirm(&mut self, entries: &[Entry]) {
        let replica = self.replica.as_mut().unwrap();
        let n_new = replica.confirm(entries).unwrap().n_new;
        assert_eq!(n_new, entries.len(), "an entry was told twice");
        *self.since.lock().unwrap() = Some(replica.seq());
        self.progress.send_if_modified(|seq| std::mem::replace(seq, replica.seq().max(*seq)) < *seq);
    }

    fn take_answer(&mut self, op: OpId, result: Result<Payload, PushError>) {
        match result {
            Ok(answer) => {
                let Proposed { seq } = answer.parse().unwrap();
                self.replica.as_mut().unwrap().acknowledge(op, seq);
            }
            // It stays pending, and is sent again after the next join.
            Err(PushError::Disconnected | PushError::Timeout) => {}
            Err(error @ (PushError::Refused(_) | PushError::Closed | PushError::Payload(_))) => panic!("{error}"),
        }
    }
}

fn connect(world: &World, person: &Person) -> Socket {
    let mut config = SocketConfig::new(&format!("http://{}/socket", world.address())).unwrap();
    config.auth_token = Some(person.jwt.clone());
    Socket::connect(config)
}

#[tokio::test]
async fn nothing_is_lost_or_made_twice_when_the_server_comes_back() {
    let world = World::start().await;
    let ada = world.sign_up("Ada").await;
    let board = world.make_board(&ada, "Roof").await;
    let topic = format!("boards:{board}");
    let progress = Arc::new(watch::Sender::new(Seq::ZERO));
    let mut half_way = progress.subscribe();
    let sockets: Vec<Socket> = (0..PEOPLE).map(|_| connect(&world, &ada)).collect();
    let mut running = tokio::task::JoinSet::new();
    for socket in &sockets {
        running.spawn(Follower::join(socket, ada.user.id, &topic, &progress).run());
    }
    let n_proposals = PEOPLE * PROPOSALS;
    let half = Seq(u64::try_from(n_proposals / 2).unwrap());
    timeout(PATIENCE, half_way.wait_for(|seq| *seq >= half)).await.unwrap().unwrap();
    let world = world.restart().await;
    sockets.iter().for_each(Socket::reconnect_now);
    let replicas = timeout(PATIENCE, running.join_all()).await.expect("everything is accepted in the end");
    let expected = world.snapshot(&ada, board).await;
    assert_eq!(expected.seq, Seq(u64::try_from(n_proposals).unwrap()));
    let lists: BTreeSet<ListId> = expected.board.lists().iter().map(|list| list.id()).collect();
    assert_eq!(lists.len(), n_proposals);
    // Whoever was done first has not heard the last, but nothing else.
    for replica in replicas {
        assert!(replica.confirmed().lists().iter().all(|list| lists.contains(&list.id())));
        assert_eq!(replica.confirmed().lists().len(), usize::try_from(replica.seq().0).unwrap());
    }
    for socket in sockets {
        socket.shutdown().await;
    }
}
