//! Whatever happens, in whatever order: what was acknowledged is in the log, once and in its place.

use std::collections::HashMap;
use std::path::Path;

use super::*;

const BOARDS: usize = 4;
/// Little of everything, so that a short test moves, stores, lets go of and reads anew as much as a long one would.
const TAIL_BYTES: usize = 24 * 1024;

/// What the log of a board has to have.
struct Known {
    id: BoardId,
    card_id: CardId,
    /// What was acknowledged, each in its place.
    ops: HashMap<OpId, Seq>,
}

struct Server {
    dir: tempfile::TempDir,
    store: Store,
    boards: Boards,
}

fn open(dir: &Path) -> (Store, Boards) {
    let store = Store::open_with_tail(dir, TAIL_BYTES).unwrap();
    let boards = boards(&store, &Limits { open_boards: 2, ..Limits::default() });
    (store, boards)
}

impl Server {
    fn open(dir: tempfile::TempDir) -> Self {
        let (store, boards) = open(dir.path());
        Self { dir, store, boards }
    }

    /// The files as they are at this moment, as a process leaves them that is killed.
    async fn crashed(&self) -> tempfile::TempDir {
        let (from, to) = (self.dir.path().to_owned(), tempfile::tempdir().unwrap());
        let into = to.path().to_owned();
        // Nobody writes meanwhile, so that both files are of one moment. The log last: what is moved out of it is in it.
        let copied = self.store.while_nobody_writes(move |_| {
            for name in ["roost.db", "roost.db-wal"] {
                std::fs::copy(from.join(name), into.join(name)).unwrap();
            }
            Ok(())
        });
        copied.on_disk().await.unwrap();
        to
    }

    /// A copy as the documentation says it is made.
    fn backed_up(&self) -> tempfile::TempDir {
        let to = tempfile::tempdir().unwrap();
        let connection = rusqlite::Connection::open(self.dir.path().join("roost.db")).unwrap();
        connection.execute("VACUUM INTO ?1", [to.path().join("roost.db").to_str().unwrap()]).unwrap();
        to
    }
}

/// Everything that a server says of the boards agrees with itself and with what was acknowledged.
async fn check(boards: &Boards, people: &[User], known: &[Known], draw: &mut fastrand::Rng) {
    let ada = &people[0];
    for person in people {
        let listed = boards.boards_of(person.id).await.unwrap();
        for summary in listed.owned_boards.into_iter().chain(listed.invited_boards) {
            let seen = snapshot(&boards.enter(person.id, summary.id).await.unwrap()).await.board;
            assert_eq!(summary, seen.summary());
        }
    }
    for Known { id, ops, .. } in known {
        let access = boards.enter(ada.id, *id).await.unwrap();
        let entries = log(&access).await;
        assert!(entries.iter().map(|entry| entry.seq.0).eq(1..=entries.len() as u64));
        let places: HashMap<OpId, Seq> = entries.iter().map(|entry| (entry.op, entry.seq)).collect();
        assert_eq!(places.len(), entries.len(), "no proposal twice");
        for (op, seq) in ops {
            assert_eq!(places.get(op), Some(seq), "acknowledged");
        }
        let mut replayed = Board::new(*id, "Board", ada.clone()).unwrap();
        for entry in &entries {
            replayed.apply(&entry.context(), &entry.change).unwrap();
        }
        let seen = snapshot(&access).await;
        assert_eq!((seen.seq, seen.last), (Seq(entries.len() as u64), entries.last().map(Entry::mark)));
        assert_eq!(seen.board, replayed);
        for person in people {
            let is_let_in = boards.enter(person.id, *id).await.is_ok();
            assert_eq!(is_let_in, replayed.role(person.id).is_some());
        }
        for _ in 0..4 {
            let since = draw.u64(..entries.len() as u64 + 2);
            let page = access.entries(Seq(since)).await.unwrap();
            let first = page.entries.first().map(|json| serde_json::from_str::<Entry>(json.get()).unwrap());
            assert_eq!(first.as_ref(), entries.get(usize::try_from(since).unwrap()));
            if entries.is_empty() {
                continue;
            }
            let again = &entries[draw.usize(..entries.len())];
            if again.actor == ada.id {
                assert_eq!(access.propose(again.op, again.change.clone()).await, Ok(again.seq), "sent again");
            }
        }
        assert_eq!(log(&access).await.len(), entries.len());
    }
}

/// Ids as clients make them, from the time; now and then as others may.
fn any_op(draw: &mut fastrand::Rng) -> OpId {
    match draw.u64(..10) {
        0 => OpId::from_uuid(Uuid::from_u128((u128::from(draw.u64(..)) << 64) | u128::from(draw.u64(..)))),
        1 => OpId::from_uuid(Uuid::from_u128(u128::from(draw.u64(..)))),
        _ => op(),
    }
}

async fn run(seed: u64) {
    let mut draw = fastrand::Rng::with_seed(seed);
    let mut server = Server::open(tempfile::tempdir().unwrap());
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Eve"] {
        people.push(person(&server.store, name).await);
    }
    let mut known = Vec::new();
    for _ in 0..BOARDS {
        let (id, list_id, card_id) =
            (BoardId::from_uuid(new_id()), ListId::from_uuid(new_id()), CardId::from_uuid(new_id()));
        server.boards.create(people[0].clone(), id, "Board").await.unwrap();
        let ada = server.boards.enter(people[0].id, id).await.unwrap();
        let list = NewList { id: list_id, name: "To do".to_owned(), position: Position::first() };
        let card = NewCard { id: card_id, list_id, title: "Write".to_owned(), position: Position::first() };
        let mut ops = HashMap::new();
        for change in [Change::ListAdded { list }, Change::CardAdded { card }] {
            let op = op();
            ops.insert(op, ada.propose(op, change).await.unwrap());
        }
        known.push(Known { id, card_id, ops });
    }
    let mut waiting = Vec::new();
    for _ in 0..50 {
        for _ in 0..draw.u64(..40) {
            let n = draw.usize(..BOARDS * 2).min(BOARDS - 1);
            let board = &known[n];
            let ada = server.boards.enter(people[0].id, board.id).await.unwrap();
            let other = &people[1 + draw.usize(..2)];
            let change = match draw.u64(..20) {
                0 => Change::MemberAdded { member: Member { user: other.clone(), role: Role::Member } },
                1 => Change::MemberRemoved { user_id: other.id },
                2..4 => Change::CardDescribed { card_id: board.card_id, description: "x".repeat(draw.usize(..19_000)) },
                number => Change::BoardRenamed { name: format!("Board {number}") },
            };
            let op = any_op(&mut draw);
            // Somebody who is there already is no change.
            let Ok(submitted) = ada.submit(op, change.clone()).await else { continue };
            waiting.push((n, op, submitted));
            if draw.u8(..100) < 10 {
                waiting.push((n, op, ada.submit(op, change).await.unwrap()));
            }
        }
        let n_left = if draw.u8(..100) < 50 { 0 } else { draw.usize(..=waiting.len()) };
        for (n, op, submitted) in waiting.drain(..waiting.len() - n_left) {
            let seq = submitted.saved().await.unwrap();
            assert_eq!(*known[n].ops.entry(op).or_insert(seq), seq);
        }
        match draw.u64(..12) {
            0..3 => {
                let dir = server.crashed().await;
                let (store, boards) = open(dir.path());
                check(&boards, &people, &known, &mut draw).await;
                store.close().await;
            }
            3 => {
                let dir = server.backed_up();
                let (store, boards) = open(dir.path());
                check(&boards, &people, &known, &mut draw).await;
                store.close().await;
            }
            4 if waiting.is_empty() => server = Server::open(server.crashed().await),
            5 if waiting.is_empty() => {
                server.boards.close().await;
                server.store.close().await;
                server = Server::open(server.dir);
            }
            6 if waiting.is_empty() => check(&server.boards, &people, &known, &mut draw).await,
            _ => {}
        }
    }
    for (n, op, submitted) in waiting {
        let seq = submitted.saved().await.unwrap();
        assert_eq!(*known[n].ops.entry(op).or_insert(seq), seq);
    }
    check(&server.boards, &people, &known, &mut draw).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_crashes_stops_and_backups() {
    for seed in 1..=ROUNDS {
        run(seed).await;
    }
}

/// So many runs; each seed is another one.
const ROUNDS: u64 = 3;

/// A write that finds no room can end the transaction as a whole, below those who share it.
#[tokio::test]
async fn a_member_for_whom_there_is_no_room_takes_no_half_of_a_transaction_with_them() {
    let world = world().await;
    let other = BoardId::from_uuid(new_id());
    world.boards.create(world.ada.clone(), other, "Other").await.unwrap();
    let mut n_refused = 0;
    let (mut invited, mut renamed) = (0, 0);
    for n in 0..120 {
        let guest = person(&world.store, &format!("Guest {n}")).await;
        let (ada, beside) = (world.enter(&world.ada).await, world.boards.enter(world.ada.id, other).await.unwrap());
        let invite = Change::MemberAdded { member: Member { user: guest, role: Role::Member } };
        let rename = Change::BoardRenamed { name: format!("Other {n}") };
        world.store.limit_pages(Some(0)).await;
        // What waits becomes one transaction.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let held = world.store.while_nobody_writes(move |_| wait.recv().map_err(|_| StoreError::Closed));
        let (first, second) = (op(), op());
        let both =
            [ada.submit(first, invite.clone()).await.unwrap(), beside.submit(second, rename.clone()).await.unwrap()];
        go.send(()).unwrap();
        drop(held.on_disk().await);
        for saved in both {
            n_refused += usize::from(saved.saved().await.is_err());
        }
        world.store.limit_pages(None).await;
        let (ada, beside) = (world.enter(&world.ada).await, world.boards.enter(world.ada.id, other).await.unwrap());
        invited += 1;
        renamed += 1;
        assert_eq!(ada.propose(first, invite).await, Ok(Seq(invited)));
        assert_eq!(beside.propose(second, rename).await, Ok(Seq(renamed)));
    }
    assert!(n_refused > 0, "there is no room");
    world.boards.close().await;
    world.store.close().await;
    let anew = boards(&Store::open(world.dir.path(), Arc::default()).unwrap(), &Limits::default());
    for board in [world.board, other] {
        assert_eq!(log(&anew.enter(world.ada.id, board).await.unwrap()).await.len(), 120);
    }
}

/// A store whose log ends before its snapshot is damaged: that is said, rather than looked for again for ever.
#[tokio::test]
async fn a_log_that_ends_before_its_snapshot_is_an_error() {
    let world = world().await;
    let damage = world.store.while_nobody_writes(|connection| {
        connection.execute("UPDATE snapshots SET seq = 5", [])?;
        Ok(())
    });
    damage.on_disk().await.unwrap();
    let anew = boards(&world.store, &Limits::default());
    let entered = tokio::time::timeout(std::time::Duration::from_secs(20), anew.enter(world.ada.id, world.board)).await;
    assert!(matches!(entered, Ok(Err(AccessError::Unavailable))));
}

/// Whoever reads a board looks at two places while entries go from one to the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_is_read_whole_while_another_server_writes() {
    let world = world().await;
    world.store.close().await;
    let store = Store::open_with_tail(world.dir.path(), 0).unwrap();
    let ada = boards(&store, &Limits::default()).enter(world.ada.id, world.board).await.unwrap();
    let writing = tokio::spawn(async move {
        for n in 0..100 {
            let mut waiting = Vec::new();
            for part in 0..20 {
                let rename = Change::BoardRenamed { name: format!("Release {n}.{part} {}", "x".repeat(60)) };
                waiting.push(ada.submit(op(), rename).await.unwrap());
            }
            for submitted in waiting {
                submitted.saved().await.unwrap();
            }
        }
    });
    let mut last = Seq::ZERO;
    while !writing.is_finished() {
        let anew = boards(&store, &Limits::default()).enter(world.ada.id, world.board).await.unwrap();
        let seen = snapshot(&anew).await;
        assert!(seen.seq >= last);
        last = seen.seq;
        assert_eq!(log(&anew).await.last().map(|entry| entry.seq.max(last)), (last > Seq::ZERO).then_some(last));
    }
    writing.await.unwrap();
}
