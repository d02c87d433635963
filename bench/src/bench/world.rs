//! A server in this process, somebody who fills boards with cards, and what they go on to do.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use roost_board::{BoardId, CardId, Change, CommentId, ListId, NewCard, NewComment, NewList, OpId, Position};
use roost_channels::{Channel, ChannelEvent, Socket, SocketConfig};
use roost_protocol::payload::{Invite, Propose};
use roost_protocol::rest::{API_PREFIX, NewBoard, NewBoardFields, NewRegistration, NewUser, SessionAnswer};
use roost_protocol::{Topic, event};
use roost_server::{Config, Server};
use serde_json::json;
use uuid::Uuid;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many proposals are on their way at a time.
const IN_FLIGHT: usize = 256;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Whose app is measured.
pub(crate) const ADA: &str = "ada@example.org";

/// A server, and somebody on it who fills boards.
pub(crate) struct World {
    server: Server,
    http: reqwest::Client,
    bob: SessionAnswer,
    socket: Socket,
}

/// What a board is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The board's name.
    pub(crate) name: &'static str,
    /// How many lists it has.
    pub(crate) n_lists: usize,
    /// How many cards are in each.
    pub(crate) n_cards: usize,
    /// Whether the cards have descriptions.
    pub(crate) is_described: bool,
}

/// A board that was made.
pub(crate) struct Filled {
    /// Its id.
    pub(crate) id: BoardId,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its lists, from the left.
    pub(crate) lists: Vec<ListId>,
    /// Its cards, list by list from the top.
    pub(crate) cards: Vec<CardId>,
    channel: Channel,
}

impl World {
    /// Starts a server with its data in a folder, and has two people sign up.
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let server = Server::start(Config::new(folder)).await?;
        let http = reqwest::Client::new();
        sign_up(&http, server.address(), "Ada", ADA).await?;
        let bob = sign_up(&http, server.address(), "Bob", "bob@example.org").await?;
        let mut config = SocketConfig::new(&format!("http://{}/socket", server.address()))?;
        config.auth_token = Some(bob.jwt.clone());
        Ok(Self { server, http, bob, socket: Socket::connect(config) })
    }

    /// Where the server listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Makes a board, fills it, and asks Ada onto it.
    pub(crate) async fn fill(&self, shape: Shape) -> Result<Filled> {
        let id = BoardId::from_uuid(Uuid::now_v7());
        let board = NewBoardFields { name: shape.name.to_owned(), id: Some(id) };
        let url = format!("http://{}{API_PREFIX}/boards", self.server.address());
        let asked = self.http.post(url).bearer_auth(&self.bob.jwt).json(&NewBoard { board });
        asked.send().await?.error_for_status()?;
        let (channel, mut events) = self.socket.channel(&Topic::Boards(id).to_string(), || json!({}));
        loop {
            match events.recv().await.context("the socket has ended")? {
                ChannelEvent::Joined { .. } => break,
                ChannelEvent::Refused { response } => anyhow::bail!("the server does not let Bob in: {response:?}"),
                ChannelEvent::Message { .. } | ChannelEvent::Disconnected | ChannelEvent::Closed => {}
            }
        }
        // What Bob does comes back to him, too.
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        let invite = Invite { email: ADA.to_owned(), role: roost_board::Role::Member };
        channel.push(event::INVITE, invite, PATIENCE).await?;

        let mut filled = Filled { id, name: shape.name, lists: Vec::new(), cards: Vec::new(), channel };
        let changes = filled.plan(shape)?;
        filled.propose(changes).await?;
        Ok(filled)
    }

    /// Ends everything.
    pub(crate) async fn shutdown(self) {
        self.socket.shutdown().await;
        self.server.shutdown().await;
    }
}

async fn sign_up(http: &reqwest::Client, server: SocketAddr, first_name: &str, email: &str) -> Result<SessionAnswer> {
    let user = NewUser {
        first_name: first_name.to_owned(),
        last_name: "Berg".to_owned(),
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
    };
    let url = format!("http://{server}{API_PREFIX}/registrations");
    let answer = http.post(url).json(&NewRegistration { user }).send().await?.error_for_status()?;
    Ok(answer.json().await?)
}

impl Filled {
    /// The changes that fill it.
    fn plan(&mut self, shape: Shape) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        let mut list_position = None;
        for list in 0..shape.n_lists {
            let id = ListId::from_uuid(Uuid::now_v7());
            let position = Position::between(list_position.as_ref(), None)?;
            let name = format!("List {}", list + 1);
            changes.push(Change::ListAdded { list: NewList { id, name, position: position.clone() } });
            list_position = Some(position);
            self.lists.push(id);
            let mut card_position = None;
            for _ in 0..shape.n_cards {
                let card_id = CardId::from_uuid(Uuid::now_v7());
                let number = self.cards.len();
                let position = Position::between(card_position.as_ref(), None)?;
                let card = NewCard { id: card_id, list_id: id, title: title(number), position: position.clone() };
                changes.push(Change::CardAdded { card });
                if shape.is_described {
                    let description = [title(number), title(number + 3), title(number + 5)].join(". ");
                    changes.push(Change::CardDescribed { card_id, description });
                }
                card_position = Some(position);
                self.cards.push(card_id);
            }
        }
        Ok(changes)
    }

    /// So many changes as people make them on a board that is there: cards are renamed, moved and commented on. `salt`
    /// makes them others than those before.
    pub(crate) fn bustle(&self, n_changes: usize, salt: usize) -> impl Iterator<Item = Change> {
        (0..n_changes).map(move |n| {
            // Steps of a prime, so that all parts of the board are met.
            let at = (n + salt) * 7_919;
            let card_id = self.cards[at % self.cards.len()];
            match n % 10 {
                0..6 => Change::CardRetitled { card_id, title: title(at) },
                6..9 => Change::CardMoved {
                    card_id,
                    list_id: self.lists[at % self.lists.len()],
                    position: Position::first(),
                },
                _ => {
                    let comment = NewComment { id: CommentId::from_uuid(Uuid::now_v7()), body: title(at) };
                    Change::CommentAdded { card_id, comment }
                }
            }
        })
    }

    /// Proposes changes in order, many at a time, and waits until the server has them all.
    pub(crate) async fn propose(&self, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        let pushes = changes.into_iter().map(|change| {
            let propose = Propose { op: OpId::from_uuid(Uuid::now_v7()), change };
            self.channel.push(event::PROPOSE, propose, PATIENCE)
        });
        stream::iter(pushes).buffered(IN_FLIGHT).try_for_each(async |_| Ok(())).await?;
        Ok(())
    }
}

/// A title as people write them, of two to eight words.
fn title(number: usize) -> String {
    const WORDS: [&str; 16] = [
        "the",
        "changelog",
        "review",
        "of",
        "printer",
        "for",
        "Thursday",
        "invoice",
        "call",
        "with",
        "draft",
        "garden",
        "release",
        "and",
        "hall",
        "photographs",
    ];
    let n_words = 2 + number % 7;
    let words = (0..n_words).map(|word| WORDS[(number * 5 + word * 11 + number / 16) % WORDS.len()]);
    format!("{number}: {}", words.collect::<Vec<_>>().join(" "))
}
