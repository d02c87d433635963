//! What there is on a server before anybody connects: people, boards, and who is on them.
//!
//! It is written into the database of a server that does not run: to sign a thousand people up would take minutes,
//! since hashing a password is slow on purpose. Here nobody has one; their tokens are signed with a secret that the
//! server is given too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use roost_board::{
    Board, BoardId, CardId, Change, Context, ListId, Member, NewCard, NewList, Position, Role, Timestamp, User, UserId,
};
use rusqlite::Connection;
use serde::Serialize;

use crate::client::swarm::Seat;
use crate::ids;

/// Signs the tokens of everybody: a server that is measured has to have it.
pub const SECRET: &str = "the secret of a server that is only measured";

/// The fewest cards on a board.
pub(crate) const CARDS: u64 = 4;

/// The most people: a board may have as many members.
const USERS_MAX: usize = 1_000;

/// How many there are of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct World {
    /// Sockets on all boards together: the same number on each.
    pub(crate) n_sockets: usize,
    pub(crate) n_boards: usize,
    /// Cards on each board.
    pub(crate) n_cards: u64,
}

impl World {
    pub(crate) fn new(n_sockets: usize, n_boards: usize) -> Self {
        Self { n_sockets, n_boards: n_boards.clamp(1, n_sockets.max(1)), n_cards: CARDS }
    }

    /// How many people there are.
    pub(crate) fn n_users(&self) -> usize {
        self.n_sockets.clamp(1, USERS_MAX)
    }

    fn per_board(&self) -> usize {
        self.n_sockets.div_ceil(self.n_boards)
    }

    fn board_of(&self, socket: usize) -> usize {
        socket / self.per_board()
    }

    fn user_of(&self, socket: usize) -> usize {
        socket % self.n_users()
    }

    /// Where everybody sits.
    pub(crate) fn seats(&self) -> Result<Vec<Seat>> {
        let tokens = (0..self.n_users()).map(|user| Ok(Arc::from(token(user as u64)?))).collect::<Result<Vec<_>>>()?;
        let seat = |socket| Seat {
            token: Arc::clone(&tokens[self.user_of(socket)]),
            board: self.board_of(socket),
            since: None,
        };
        Ok((0..self.n_sockets).map(seat).collect())
    }

    /// The sockets of those who send: one on each of as many boards as there are, else several on each.
    pub(crate) fn senders(&self, n_senders: usize) -> Vec<usize> {
        let per_board = self.per_board();
        let n_boards = self.n_sockets.div_ceil(per_board);
        let n_senders = n_senders.min(self.n_sockets);
        let place = |sender: usize| {
            if n_senders <= n_boards {
                sender * n_boards / n_senders * per_board
            } else {
                // The first of each board, then the second of each.
                sender % n_boards * per_board + sender / n_boards
            }
        };
        (0..n_senders).map(place).filter(|socket| *socket < self.n_sockets).collect()
    }

    /// Writes it into the database in a server's data directory.
    pub(crate) fn write(&self, data_dir: &Path) -> Result<()> {
        let mut connection = Connection::open(data_dir.join("roost.db"))?;
        let transaction = connection.transaction()?;
        self.insert(&transaction).context("cannot write into the server's database; is its format another one?")?;
        transaction.commit()?;
        Ok(())
    }

    fn insert(&self, connection: &Connection) -> Result<()> {
        let at = 1_700_000_000_000_i64;
        let mut insert_user = connection.prepare(
            "INSERT INTO users (id, email, first_name, last_name, password_hash, created_at)
             VALUES (?1, ?2, ?3, ?4, NULL, ?5)",
        )?;
        for number in 0..self.n_users() {
            let user = user(number as u64);
            insert_user.execute((user.id.as_uuid().as_bytes(), user.email, user.first_name, user.last_name, at))?;
        }
        let mut insert_board = connection.prepare(
            "INSERT INTO boards (id, seq, name, summary, created_by, created_at) VALUES (?1, 0, ?2, ?3, ?4, ?5)",
        )?;
        let mut insert_snapshot =
            connection.prepare("INSERT INTO snapshots (board_id, seq, board) VALUES (?1, 0, ?2)")?;
        let mut insert_member =
            connection.prepare("INSERT INTO members (user_id, board_id, role) VALUES (?1, ?2, ?3)")?;
        let mut users: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for socket in 0..self.n_sockets {
            users.entry(self.board_of(socket)).or_default().push(self.user_of(socket) as u64);
        }
        for (number, users) in users {
            let (board, members) = board(number as u64, users, self.n_cards)?;
            let (id, owner) = (board.id(), members[0].user.id);
            let summary = serde_json::to_string(&board.summary())?;
            insert_board.execute((id.as_uuid().as_bytes(), board.name(), summary, owner.as_uuid().as_bytes(), at))?;
            insert_snapshot.execute((id.as_uuid().as_bytes(), serde_json::to_string(&board)?))?;
            for Member { user, role } in members {
                let role = if role == Role::Owner { "owner" } else { "member" };
                insert_member.execute((user.id.as_uuid().as_bytes(), id.as_uuid().as_bytes(), role))?;
            }
        }
        Ok(())
    }
}

fn user(number: u64) -> User {
    User {
        id: UserId::from_uuid(ids::user(number)),
        first_name: "Ada".to_owned(),
        last_name: format!("Berg {number}"),
        email: format!("ada{number}@roost.example"),
    }
}

/// A board and its members, the owner first.
fn board(number: u64, mut users: Vec<u64>, n_cards: u64) -> Result<(Board, Vec<Member>)> {
    users.sort_unstable();
    users.dedup();
    let mut people = users.into_iter().map(user);
    let owner = people.next().context("a board without members")?;
    let context = Context { actor: owner.id, at: Timestamp::from_millis(1_700_000_000_000) };
    let mut board = Board::new(BoardId::from_uuid(ids::board(number)), &format!("Board {number}"), owner.clone())?;
    let mut members = vec![Member { user: owner, role: Role::Owner }];
    for user in people {
        let member = Member { user, role: Role::Member };
        board.apply(&context, &Change::MemberAdded { member: member.clone() })?;
        members.push(member);
    }
    let mut position = None;
    for list in 0..2 {
        let next = Position::between(position.as_ref(), None)?;
        let id = ListId::from_uuid(ids::list(number, list));
        let list = NewList { id, name: format!("List {list}"), position: next.clone() };
        board.apply(&context, &Change::ListAdded { list })?;
        position = Some(next);
    }
    let list_id = ListId::from_uuid(ids::list(number, 0));
    let mut position = None;
    for card in 0..n_cards {
        let next = Position::between(position.as_ref(), None)?;
        let title = format!("A card that says what is to be done, number {card}");
        let id = CardId::from_uuid(ids::card(number, card));
        board.apply(&context, &Change::CardAdded { card: NewCard { id, list_id, title, position: next.clone() } })?;
        position = Some(next);
    }
    Ok((board, members))
}

/// What a token says: whose it is, its own id, from when until when it is good, and who made it.
#[derive(Serialize)]
struct Claims {
    sub: String,
    jti: String,
    iat: u64,
    exp: u64,
    iss: &'static str,
}

/// The token of a person.
pub(crate) fn token(user: u64) -> Result<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let id = ids::user(user).to_string();
    let claims = Claims { sub: id.clone(), jti: id, iat: now, exp: now + 24 * 60 * 60, iss: "roost" };
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_spread_over_the_boards() {
        let many = World::new(50, 10);
        assert_eq!(many.senders(5), [0, 10, 20, 30, 40]);
        assert_eq!(many.senders(12)[8..], [40, 45, 1, 6]);
        assert_eq!(World::new(10, 1).senders(3), [0, 1, 2]);
        assert_eq!(World::new(3, 3).senders(100), [0, 1, 2]);
    }

    #[test]
    fn everybody_on_a_board_is_a_member() {
        let world = World::new(30, 3);
        let (board, members) = board(1, (10..20).collect(), CARDS).unwrap();
        assert_eq!((board.members().count(), members.len()), (10, 10));
        assert_eq!((world.board_of(9), world.board_of(10), world.user_of(10)), (0, 1, 10));
        assert_eq!(World::new(5_000, 1).n_users(), 1_000);
    }
}
