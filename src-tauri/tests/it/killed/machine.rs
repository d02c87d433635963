//! A profile on which Roost is started and killed, and what is known to have to be there.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use roost_board::{Board, BoardId, OpId};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::draw::Draw;
use super::life;
use super::process::{Found, Said, Work};
use super::record::{Attention, Record};
use super::world::{World, drain};
use crate::desk::Desk;

pub(super) struct Machine {
    profile: TempDir,
    pub(super) records: BTreeMap<BoardId, Record>,
    /// The boards as they were made.
    pub(super) boards: BTreeMap<BoardId, Board>,
    /// The boards that are changed here.
    hands: Vec<BoardId>,
    /// Whether the file was damaged, and is perhaps not yet replaced.
    is_damaged: bool,
    n_damaged: usize,
}

impl Machine {
    /// Goes on with a copy of the profile of the world.
    pub(super) fn new(world: &World, hands: Vec<BoardId>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        copy(world.profile.path(), profile.path());
        let (records, boards) = (BTreeMap::new(), BTreeMap::new());
        let mut machine = Self { profile, records, boards, hands: Vec::new(), is_damaged: false, n_damaged: 0 };
        for (id, name) in [(world.own, "Own"), (world.shared, "Shared"), (world.long, "Long")] {
            machine.know(world, id, name);
            machine.records.get_mut(&id).unwrap().is_kept = true;
        }
        machine.hands = hands;
        machine
    }

    fn know(&mut self, world: &World, id: BoardId, name: &str) {
        let board = Board::new(id, name, world.ada.clone()).unwrap();
        self.boards.insert(id, board.clone());
        self.records.insert(id, Record::new(world.ada.id, board, id == world.shared || id == world.long));
        self.hands.push(id);
    }

    fn kept_boards(&self, is_kept: bool) -> Vec<BoardId> {
        self.records.iter().filter(|(_, record)| record.is_kept == is_kept).map(|(id, _)| *id).collect()
    }

    /// What is done in the next round.
    pub(super) fn work(&mut self, world: &World, n_changes: usize, draw: &mut Draw) -> Work {
        let [token] = world.secrets.all().try_into().unwrap();
        let mut work = Work {
            profile: self.profile.path().to_owned(),
            token,
            boards: self.kept_boards(true),
            perhaps: self.kept_boards(false),
            hands: self.records.keys().copied().collect(),
            new_board: None,
            n_changes,
            tells: !self.is_damaged,
            seed: draw.next(),
        };
        if !self.is_damaged {
            work.hands = (0..3).map(|_| draw.pick(&self.hands)).collect();
            // One with others, or with a long log: those who come late make none.
            if n_changes > 0 && self.hands.contains(&world.own) && draw.percent(10) {
                let (id, name) = (BoardId::from_uuid(Uuid::now_v7()), format!("New {}", self.records.len()));
                self.know(world, id, &name);
                work.new_board = Some((id, name));
            }
        }
        work
    }

    /// Compares what a process has said with what has to be; and notes what it has done.
    pub(super) async fn take(&mut self, world: &mut World, said: Vec<Said>) {
        world.read_on(self.records.keys().copied()).await;
        for said in said {
            match said {
                Said::Found(found) => self.check(world, found),
                Said::Tries(board, made) => self.records.get_mut(&board).unwrap().tries(made),
                Said::Kept(op) => {
                    self.record_of(op).kept.insert(op);
                }
                Said::NotKept(op, code) => self.record_of(op).refused(op, &code),
                Said::KeptBoard(id) => self.records.get_mut(&id).unwrap().is_kept = true,
                Said::Notice(text) => assert!(self.is_damaged, "{text}"),
                Said::Listens(_) | Said::Begins | Said::Heard(_) | Said::Done => {}
            }
        }
    }

    fn record_of(&mut self, op: OpId) -> &mut Record {
        self.records.values_mut().find(|record| record.ops().any(|tried| tried == op)).unwrap()
    }

    fn check(&mut self, world: &World, found: Found) {
        assert_eq!(found.notices, [""; 0]);
        let attention: Attention = found.attention.into_iter().map(|item| (item.id, item)).collect();
        let there: HashSet<BoardId> = found.boards.iter().map(|board| board.id).collect();
        for id in self.kept_boards(true) {
            assert!(there.contains(&id), "a board was acknowledged and lost");
        }
        let n_pending: usize = found.boards.iter().map(|board| board.pending.len()).sum();
        assert!(found.n_waiting >= n_pending, "{} are said to wait, and {n_pending} do", found.n_waiting);
        for board in &found.boards {
            let record = self.records.get_mut(&board.id).unwrap();
            record.is_kept = true;
            record.check(board, &world.logs[&board.id], &attention);
        }
    }

    /// Damages the file of the account.
    pub(super) fn damage(&mut self) {
        self.is_damaged = true;
        self.n_damaged += 1;
        scribble(&self.files().0[0], "entries");
    }

    /// The file was replaced, and everything is there again.
    pub(super) fn is_healed(&mut self) {
        self.is_damaged = false;
        for record in self.records.values_mut() {
            record.is_history_unsure = true;
        }
    }

    /// The database of the account, and those that were put aside.
    fn files(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let files = fs::read_dir(self.profile.path().join("accounts")).unwrap().map(|file| file.unwrap().path());
        let databases = files.filter(|file| file.extension().is_some_and(|extension| extension == "db"));
        databases.partition(|file| !file.to_str().unwrap().contains(".corrupt-"))
    }

    /// Lets everything arrive, and looks at the end. Answers how many changes were acknowledged, and how many of them
    /// need attention.
    pub(super) async fn end(&mut self, world: &mut World) -> (usize, usize) {
        let mut desk = Desk::open(self.profile.path(), &world.secrets).await;
        drain(&mut desk).await;
        // What was refused last is written down by then.
        desk.core.shutdown().await;
        let desk = Desk::open(self.profile.path(), &world.secrets).await;
        let state = desk.core.state().await.unwrap();
        let mut boards = Vec::new();
        for id in self.records.keys().filter(|id| state.boards.owned.iter().any(|board| board.id == **id)) {
            boards.push(life::found(&desk.open_board(*id).await));
        }
        desk.core.shutdown().await;
        assert!(boards.iter().all(|board| board.pending.is_empty()));
        world.read_on(self.records.keys().copied()).await;
        let attention = state.attention.items;
        let notices = state.notices.into_iter().map(|notice| notice.message).collect();
        let n_refused = attention.len();
        self.check(world, Found { boards, attention, notices, n_waiting: 0 });
        let (files, aside) = self.files();
        assert_eq!((files.len(), aside.len()), (1, self.n_damaged));
        (self.records.values().map(|record| record.kept.len()).sum(), n_refused)
    }
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

/// Writes over the first page of a table.
fn scribble(file: &Path, table: &str) {
    let database = Connection::open(file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_master WHERE name = ?1";
    let page: i64 = database.query_row(sql, [table], |row| row.get(0)).unwrap();
    let size: i64 = database.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    drop(database);
    let (page, size) = (usize::try_from(page).unwrap(), usize::try_from(size).unwrap());
    let mut bytes = fs::read(file).unwrap();
    bytes[(page - 1) * size..page * size].fill(0xA5);
    fs::write(file, bytes).unwrap();
}
