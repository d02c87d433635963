mod catching_up;
mod crashes;

use std::collections::HashSet;

use roost_board::{
    CardId, Change, Entry, ListId, Member, NewCard, NewList, OpId, Position, Seq, Snapshot, Timestamp,
    limits::LIST_NAME_MAX,
};
use uuid::Uuid;

use super::live::RECENT;
use super::*;
use crate::store::NewAccount;

/// A store, the boards in it, and three people: Ada owns a board, Bob and Eve have none.
struct World {
    dir: tempfile::TempDir,
    store: Store,
    boards: Boards,
    ada: User,
    bob: User,
    eve: User,
    board: BoardId,
}

fn new_id() -> Uuid {
    Uuid::now_v7()
}

fn op() -> OpId {
    OpId::from_uuid(new_id())
}

fn list(name: &str) -> Change {
    let list = NewList { id: ListId::from_uuid(new_id()), name: name.to_owned(), position: Position::first() };
    Change::ListAdded { list }
}

async fn person(store: &Store, first_name: &str) -> User {
    let user = User {
        id: UserId::from_uuid(new_id()),
        first_name: first_name.to_owned(),
        last_name: String::new(),
        email: format!("{}@example.org", first_name.to_lowercase()),
    };
    let account = NewAccount { user: user.clone(), password_hash: None, at: Timestamp::from_millis(0) };
    assert!(store.create_account(account).await.unwrap());
    user
}

fn boards(store: &Store, limits: &Limits) -> Boards {
    Boards::new(store.clone(), PubSub::new(), Arc::default(), limits)
}

async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Arc::default()).unwrap();
    let boards = boards(&store, &Limits::default());
    let (ada, bob, eve) = (person(&store, "Ada").await, person(&store, "Bob").await, person(&store, "Eve").await);
    let board = BoardId::from_uuid(new_id());
    boards.create(ada.clone(), board, "Spring release").await.unwrap();
    World { dir, store, boards, ada, bob, eve, board }
}

impl World {
    async fn enter(&self, user: &User) -> BoardAccess {
        self.boards.enter(user.id, self.board).await.unwrap()
    }
}

async fn snapshot(access: &BoardAccess) -> Snapshot {
    serde_json::from_str(access.snapshot().await.unwrap().json.get()).unwrap()
}

async fn log(access: &BoardAccess) -> Vec<Entry> {
    let mut log: Vec<Entry> = Vec::new();
    loop {
        let page = access.entries(log.last().map_or(Seq::ZERO, |entry| entry.seq)).await.unwrap();
        log.extend(page.entries.iter().map(|json| serde_json::from_str::<Entry>(json.get()).unwrap()));
        if log.last().map_or(Seq::ZERO, |entry| entry.seq) == page.seq {
            return log;
        }
    }
}

#[tokio::test]
async fn changes_are_logged_and_read_back() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let new = snapshot(&ada).await;
    assert_eq!((new.seq, new.last), (Seq::ZERO, None));
    assert_eq!(ada.propose(op(), list("To do")).await, Ok(Seq(1)));
    assert_eq!(ada.propose(op(), list("Done")).await, Ok(Seq(2)));
    let seen = snapshot(&ada).await;
    assert_eq!((seen.seq, seen.board.lists().len()), (Seq(2), 2));
    assert_eq!(seen.last, log(&ada).await.last().map(Entry::mark));

    let anew = boards(&world.store, &Limits::default());
    assert_eq!(snapshot(&anew.enter(world.ada.id, world.board).await.unwrap()).await, seen);
    let summary = world.boards.boards_of(world.ada.id).await.unwrap().owned_boards.remove(0);
    assert_eq!(summary, seen.board.summary());
}

#[tokio::test]
async fn a_refused_change_leaves_no_trace() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let too_long = ada.propose(op(), list(&"x".repeat(LIST_NAME_MAX + 1))).await.unwrap_err();
    assert_eq!(too_long.reason(), "too_long");
    assert_eq!(ada.propose(op(), list("To do")).await, Ok(Seq(1)));
    assert_eq!(log(&ada).await.len(), 1);
}

#[tokio::test]
async fn the_same_proposal_is_made_once() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let (op, change) = (op(), list("To do"));
    // The second is checked while the first is on its way to the disk.
    let first = ada.submit(op, change.clone()).await.unwrap();
    let second = ada.submit(op, change.clone()).await.unwrap();
    assert_eq!((first.saved().await, second.saved().await), (Ok(Seq(1)), Ok(Seq(1))));
    assert_eq!(ada.propose(op, change.clone()).await, Ok(Seq(1)));

    ada.invite(&world.bob.email, Role::Member).await.unwrap();
    let bob = world.enter(&world.bob).await;
    assert_eq!(bob.propose(op, change).await.unwrap_err().reason(), "id_taken", "an op belongs to who made it");
    assert_eq!(log(&ada).await.len(), 2);
}

#[tokio::test]
async fn a_proposal_from_long_ago_is_known_as_well() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let (first, change) = (op(), list("To do"));
    ada.propose(first, change.clone()).await.unwrap();
    let Change::ListAdded { list: added } = &change else { unreachable!("that is what it is") };
    let mut waiting = Vec::new();
    for n in 0..RECENT + 1 {
        let change = Change::ListRenamed { list_id: added.id, name: format!("To do {n}") };
        waiting.push(ada.submit(op(), change).await.unwrap());
    }
    for submitted in waiting {
        submitted.saved().await.unwrap();
    }
    assert_eq!(ada.propose(first, change).await, Ok(Seq(1)));
    let entries = log(&ada).await;
    assert!(entries.iter().map(|entry| entry.seq.0).eq(1..=entries.len() as u64), "no gaps, also over pages");

    // Reading it anew starts from a stored snapshot.
    let anew = boards(&world.store, &Limits::default());
    let again = anew.enter(world.ada.id, world.board).await.unwrap();
    assert_eq!(snapshot(&again).await, snapshot(&ada).await);
}

#[tokio::test]
async fn an_older_proposal_is_known_whatever_ids_others_have() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    // Ids without any order, as clients may make them: the greatest of all is among those that leave the memory first.
    let ops: Vec<OpId> = [OpId::from_uuid(Uuid::from_u128(u128::MAX - 1))]
        .into_iter()
        .chain((1..RECENT as u128 + 200).map(|n| OpId::from_uuid(Uuid::from_u128(n.wrapping_mul(u128::MAX / 977)))))
        .collect();
    assert_eq!(ops.iter().collect::<HashSet<_>>().len(), ops.len());
    let rename = |n: usize| Change::BoardRenamed { name: format!("Spring release {n}") };
    for part in ops.iter().enumerate().collect::<Vec<_>>().chunks(100) {
        let mut waiting = Vec::new();
        for (n, op) in part {
            waiting.push((*n, ada.submit(**op, rename(*n)).await.unwrap()));
        }
        for (n, submitted) in waiting {
            assert_eq!(submitted.saved().await, Ok(Seq(n as u64 + 1)));
        }
    }
    let anew = boards(&world.store, &Limits::default());
    let again = anew.enter(world.ada.id, world.board).await.unwrap();
    for access in [&ada, &again] {
        for n in [0, 1, 100, 199, ops.len() - 1] {
            assert_eq!(access.propose(ops[n], rename(n)).await, Ok(Seq(n as u64 + 1)));
        }
    }
    // And a new one that is smaller than all is new.
    let least = OpId::from_uuid(Uuid::from_u128(7));
    assert_eq!(ada.propose(least, rename(0)).await, Ok(Seq(ops.len() as u64 + 1)));
}

#[tokio::test]
async fn many_at_once_get_places_without_gaps() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let proposals = (0..300).map(|n| {
        let ada = ada.clone();
        tokio::spawn(async move { ada.propose(op(), list(&format!("List {n}"))).await.unwrap() })
    });
    let mut places = HashSet::new();
    for proposal in proposals.collect::<Vec<_>>() {
        places.insert(proposal.await.unwrap().0);
    }
    assert_eq!(places, (1..=300).collect());
    let mut replayed = Board::new(world.board, "Spring release", world.ada.clone()).unwrap();
    for entry in log(&ada).await {
        replayed.apply(&entry.context(), &entry.change).unwrap();
    }
    assert_eq!(replayed, snapshot(&ada).await.board);
}

#[tokio::test]
async fn the_page_of_boards_is_right_whatever_was_let_go() {
    let world = world().await;
    let few = boards(&world.store, &Limits { open_boards: 1, ..Limits::default() });
    let ada = few.enter(world.ada.id, world.board).await.unwrap();
    ada.propose(op(), list("To do")).await.unwrap();
    ada.propose(op(), Change::BoardRenamed { name: "Summer release".to_owned() }).await.unwrap();
    let expected = snapshot(&ada).await.board.summary();
    let listed = async |boards: &Boards| boards.boards_of(world.ada.id).await.unwrap().owned_boards.remove(0);
    assert_eq!(listed(&few).await, expected, "it is in memory");
    // Another server knows only what is stored, and the board's line is not.
    let anew = boards(&world.store, &Limits::default());
    assert_eq!(listed(&anew).await, expected, "it is read anew");
    for n in 0..3 {
        let id = BoardId::from_uuid(new_id());
        few.create(world.bob.clone(), id, &format!("Board {n}")).await.unwrap();
        few.enter(world.bob.id, id).await.unwrap();
    }
    assert!(few.in_memory(world.board).is_none());
    assert_eq!(listed(&few).await, expected, "it was let go");
}

#[tokio::test]
async fn after_a_crash_nothing_is_missing() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let (first, change) = (op(), list("To do"));
    ada.propose(first, change.clone()).await.unwrap();
    ada.invite(&world.bob.email, Role::Member).await.unwrap();
    ada.propose(op(), Change::BoardRenamed { name: "Summer release".to_owned() }).await.unwrap();
    let expected = snapshot(&ada).await;
    // The files as they are when the process dies at this moment: neither closed, nor anything moved to its place.
    let crashed = tempfile::tempdir().unwrap();
    for name in ["roost.db", "roost.db-wal"] {
        std::fs::copy(world.dir.path().join(name), crashed.path().join(name)).unwrap();
    }
    let store = Store::open(crashed.path(), Arc::default()).unwrap();
    let anew = boards(&store, &Limits::default());
    let listed = anew.boards_of(world.bob.id).await.unwrap().invited_boards.remove(0);
    assert_eq!(listed, expected.board.summary());
    let again = anew.enter(world.ada.id, world.board).await.unwrap();
    assert_eq!(snapshot(&again).await, expected);
    assert_eq!(log(&again).await, log(&ada).await);
    assert_eq!(again.propose(first, change).await, Ok(Seq(1)));
    assert_eq!(again.propose(op(), list("Done")).await, Ok(Seq(4)));
}

#[tokio::test]
async fn what_was_let_go_and_found_again_is_one_board() {
    let world = world().await;
    let few = boards(&world.store, &Limits { open_boards: 1, ..Limits::default() });
    let ada = few.enter(world.ada.id, world.board).await.unwrap();
    for n in 1..=20 {
        let id = BoardId::from_uuid(new_id());
        few.create(world.bob.clone(), id, &format!("Board {n}")).await.unwrap();
        few.enter(world.bob.id, id).await.unwrap();
        assert_eq!(ada.propose(op(), list(&format!("List {n}"))).await, Ok(Seq(n)));
        let other = few.enter(world.ada.id, world.board).await.unwrap();
        assert_eq!(snapshot(&other).await.seq, Seq(n));
    }
}

#[tokio::test]
async fn strangers_find_nothing() {
    let world = world().await;
    let nowhere = BoardId::from_uuid(new_id());
    for (user, board) in [(&world.eve, world.board), (&world.ada, nowhere), (&world.eve, nowhere)] {
        assert_eq!(world.boards.enter(user.id, board).await.unwrap_err(), AccessError::NotFound);
    }
}

#[tokio::test]
async fn who_is_removed_is_a_stranger_at_once() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    ada.invite(&world.bob.email, Role::Member).await.unwrap();
    let bob = world.enter(&world.bob).await;
    assert_eq!(world.boards.boards_of(world.bob.id).await.unwrap().invited_boards.len(), 1);
    ada.propose(op(), Change::MemberRemoved { user_id: world.bob.id }).await.unwrap();
    assert_eq!(bob.propose(op(), list("Mine")).await, Err(AccessError::NotFound.into()));
    assert_eq!(bob.snapshot().await.unwrap_err(), AccessError::NotFound);
    assert_eq!(world.boards.boards_of(world.bob.id).await.unwrap(), BoardsAnswer::default());
}

#[tokio::test]
async fn invitations() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let reason = |result: Result<Seq, ProposeError>| result.map_or_else(|error| error.reason(), |_| "ok");
    assert_eq!(reason(ada.invite("nobody@example.org", Role::Member).await), "no_such_user");
    assert_eq!(reason(ada.invite(" BOB@Example.org ", Role::Member).await), "ok");
    assert_eq!(reason(ada.invite(&world.bob.email, Role::Member).await), "already_a_member");
    let bob = world.enter(&world.bob).await;
    assert_eq!(reason(bob.invite(&world.eve.email, Role::Member).await), "not_an_owner");
    assert_eq!(reason(bob.invite("nobody@example.org", Role::Member).await), "not_an_owner", "tells him nothing");
}

#[tokio::test]
async fn members_are_added_under_their_own_name() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let forged = User { first_name: "Mallory".to_owned(), email: "x@example.org".to_owned(), ..world.bob.clone() };
    let add = |user| Change::MemberAdded { member: Member { user, role: Role::Member } };
    ada.propose(op(), add(forged)).await.unwrap();
    assert_eq!(snapshot(&ada).await.board.member(world.bob.id).unwrap().user, world.bob);

    let nobody = User { id: UserId::from_uuid(new_id()), ..world.eve.clone() };
    assert_eq!(ada.propose(op(), add(nobody.clone())).await, Err(ProposeError::NoSuchUser));
    let bob = world.enter(&world.bob).await;
    assert_eq!(bob.propose(op(), add(nobody)).await.unwrap_err().reason(), "not_an_owner");
}

#[tokio::test]
async fn long_texts_do_not_fill_the_memory() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let (list_id, card_id) = (ListId::from_uuid(new_id()), CardId::from_uuid(new_id()));
    let new_list = NewList { id: list_id, name: "To do".to_owned(), position: Position::first() };
    let new_card = NewCard { id: card_id, list_id, title: "Write".to_owned(), position: Position::first() };
    let first = op();
    ada.propose(first, Change::ListAdded { list: new_list.clone() }).await.unwrap();
    ada.propose(op(), Change::CardAdded { card: new_card }).await.unwrap();
    let mut waiting = Vec::new();
    for n in 0..250 {
        let description = format!("{n} {}", "x".repeat(19_000));
        waiting.push(ada.submit(op(), Change::CardDescribed { card_id, description }).await.unwrap());
    }
    for submitted in waiting {
        submitted.saved().await.unwrap();
    }
    let (seq, in_memory) = world.boards.slot(world.board).recent_since(Seq(240));
    assert_eq!((seq, in_memory.unwrap().len()), (Seq(252), 12));
    assert!(world.boards.slot(world.board).recent_since(Seq::ZERO).1.is_none());

    let page = ada.entries(Seq::ZERO).await.unwrap();
    assert!((100..252).contains(&page.entries.len()), "a page is bounded in bytes");
    assert_eq!(log(&ada).await.len(), 252);
    assert_eq!(ada.propose(first, Change::ListAdded { list: new_list }).await, Ok(Seq(1)), "known to the store");
    assert!(matches!(ada.catch_up(Seq(200)).await.unwrap(), CatchUp::Snapshot(_)));
}

#[tokio::test]
async fn a_full_disk_refuses_and_forgets_nothing() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    ada.propose(op(), list("To do")).await.unwrap();
    let before = snapshot(&ada).await;

    world.store.limit_pages(Some(0)).await;
    let change = list("Refused");
    let (first, second) = (op(), op());
    let described = (0..20).map(|_| list(&"x".repeat(LIST_NAME_MAX)));
    let mut waiting = vec![(first, ada.submit(first, change.clone()).await)];
    for change in described {
        let op = op();
        waiting.push((op, ada.submit(op, change).await));
    }
    let mut n_refused = 0;
    for (_, submitted) in waiting {
        let saved = match submitted {
            Ok(submitted) => submitted.saved().await,
            Err(error) => Err(error),
        };
        n_refused += usize::from(saved == Err(ProposeError::NotSaved));
    }
    assert!(n_refused > 0, "the disk is full");

    world.store.limit_pages(None).await;
    assert!(ada.propose(first, change).await.is_ok(), "sent again it is made, once");
    assert!(ada.propose(second, list("After")).await.is_ok());
    let after = snapshot(&ada).await;
    assert!(after.seq > before.seq);
    let mut replayed = Board::new(world.board, "Spring release", world.ada.clone()).unwrap();
    let entries = log(&ada).await;
    assert!(entries.iter().map(|entry| entry.seq.0).eq(1..=entries.len() as u64));
    for entry in entries {
        replayed.apply(&entry.context(), &entry.change).unwrap();
    }
    assert_eq!(replayed, after.board);
}

#[tokio::test]
async fn two_servers_on_one_store_never_overwrite_each_other() {
    let world = world().await;
    let here = world.enter(&world.ada).await;
    let there = boards(&world.store, &Limits::default()).enter(world.ada.id, world.board).await.unwrap();
    here.snapshot().await.unwrap();
    there.snapshot().await.unwrap();
    for n in 0..6 {
        let access = if n % 2 == 0 { &here } else { &there };
        let (op, change) = (op(), list(&format!("List {n}")));
        // The one that is behind is refused once, reads the board anew, and takes the same proposal then.
        while let Err(error) = access.propose(op, change.clone()).await {
            assert_eq!(error, ProposeError::NotSaved);
        }
    }
    let entries = log(&there).await;
    assert!(entries.iter().map(|entry| entry.seq.0).eq(1..=6));
}

#[tokio::test]
async fn only_so_many_boards_stay_in_memory() {
    let world = world().await;
    let boards = boards(&world.store, &Limits { open_boards: 4, ..Limits::default() });
    let mut ids = Vec::new();
    for n in 0..20 {
        let id = BoardId::from_uuid(new_id());
        boards.create(world.ada.clone(), id, &format!("Board {n}")).await.unwrap();
        boards.enter(world.ada.id, id).await.unwrap().propose(op(), list("To do")).await.unwrap();
        ids.push(id);
    }
    assert!(boards.shared.open().len() <= 5);
    for id in ids {
        assert_eq!(snapshot(&boards.enter(world.ada.id, id).await.unwrap()).await.seq, Seq(1));
    }
}

#[tokio::test]
async fn making_a_board_again_makes_no_second_one() {
    let world = world().await;
    let again = world.boards.create(world.ada.clone(), world.board, "Another name").await.unwrap();
    assert_eq!(again.name, "Spring release");
    let taken = world.boards.create(world.bob.clone(), world.board, "Mine").await;
    assert_eq!(taken, Err(CreateError::IdTaken));

    let few = boards(&world.store, &Limits { boards_per_user: 1, ..Limits::default() });
    let new = BoardId::from_uuid(new_id());
    assert_eq!(few.create(world.ada.clone(), new, "Second").await, Err(CreateError::TooMany { max: 1 }));
    assert_eq!(few.create(world.ada.clone(), world.board, "First").await.unwrap(), again);
}

#[tokio::test]
async fn without_an_announcer_a_change_is_refused_rather_than_kept_waiting() {
    let world = world().await;
    let store = world.store.clone();
    // The announcer ends with the runtime that it was begun in.
    let mute = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { boards(&store, &Limits::default()) })
    });
    let mute = mute.join().unwrap();
    assert!(world.boards.are_open() && !mute.are_open());
    let ada = mute.enter(world.ada.id, world.board).await.unwrap();
    assert_eq!(ada.propose(op(), list("To do")).await, Err(ProposeError::NotSaved));
}

#[tokio::test]
async fn boards_that_others_give_away_use_up_nobodys_own() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    ada.invite(&world.bob.email, Role::Owner).await.unwrap();
    let few = boards(&world.store, &Limits { boards_per_user: 1, ..Limits::default() });
    few.create(world.bob.clone(), BoardId::from_uuid(new_id()), "His own").await.unwrap();
    let second = few.create(world.bob.clone(), BoardId::from_uuid(new_id()), "Another").await;
    assert_eq!(second, Err(CreateError::TooMany { max: 1 }));
}

#[tokio::test]
async fn closing_waits_for_what_was_taken_and_takes_no_more() {
    let world = world().await;
    let ada = world.enter(&world.ada).await;
    let mut waiting = Vec::new();
    for n in 0..50 {
        waiting.push(ada.submit(op(), list(&format!("List {n}"))).await.unwrap());
    }
    world.boards.close().await;
    for submitted in waiting {
        submitted.saved().await.unwrap();
    }
    assert_eq!(ada.propose(op(), list("Late")).await, Err(ProposeError::NotSaved));
}
