//! Whatever is written, and wherever the machine stops: what is read again is what a plain model of it has.

use std::collections::BTreeMap;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use roost_board::durable::{Stored, Write};
use roost_board::{BoardId, Doing, Entry, History, Mark, Proposal, Seq, Snapshot, Step, Timestamp};
use roost_bridge::BoardsPage;

use super::sample::{ACCOUNT, Place, attention, board_id, change, entry, op, proposal, snapshot};
use crate::core::store::{AccountState, AccountStore, AccountWrite};

const BOARDS: usize = 2;

/// What is in a file, in memory.
#[derive(Debug, Clone, Default)]
struct Model {
    state: AccountState,
    boards: BTreeMap<BoardId, Kept>,
}

#[derive(Debug, Clone, Default)]
struct Kept {
    snapshot: Option<(Snapshot, bool, &'static str)>,
    entries: BTreeMap<Seq, Entry>,
    outbox: Vec<Proposal>,
    history: History,
}

impl Model {
    fn write(&mut self, write: &AccountWrite, app_version: &'static str) {
        let state = &mut self.state;
        match write {
            AccountWrite::Board(id, write) => {
                if *write == Write::Gone {
                    state.new_boards.retain(|(new, _)| new != id);
                }
                self.boards.entry(*id).or_default().write(write, app_version);
            }
            AccountWrite::Attention(item) => match state.attention.iter_mut().find(|it| it.id == item.id) {
                Some(it) => *it = item.clone(),
                None => state.attention.push(item.clone()),
            },
            AccountWrite::Attended(id) => state.attention.retain(|item| item.id != *id),
            AccountWrite::Page(page) => state.page = page.clone(),
            AccountWrite::NewBoard { id, name } => match state.new_boards.iter_mut().find(|(new, _)| new == id) {
                Some((_, old)) => old.clone_from(name),
                None => state.new_boards.push((*id, name.clone())),
            },
            AccountWrite::Made(id) => state.new_boards.retain(|(new, _)| new != id),
            AccountWrite::LastBoard(id) => state.last_board = *id,
        }
    }

    fn read(&self, app_version: &str) -> (AccountState, Vec<Stored>) {
        let mut state = self.state.clone();
        let waiting = self.boards.iter().filter(|(_, board)| !board.outbox.is_empty());
        state.waiting = waiting.map(|(id, board)| (*id, board.outbox.len())).collect();
        let boards = (0..BOARDS).map(|n| {
            let kept = self.boards.get(&board_id(n)).cloned().unwrap_or_default();
            let whole = kept.snapshot.filter(|(_, has_unknown, version)| !has_unknown || *version == app_version);
            let entries = if whole.is_some() { kept.entries.into_values().collect() } else { Vec::new() };
            let (snapshot, has_unknown) = whole.map_or((None, false), |(whole, unknown, _)| (Some(whole), unknown));
            Stored { snapshot, entries, has_unknown, outbox: kept.outbox, history: kept.history }
        });
        (state, boards.collect())
    }
}

impl Kept {
    fn write(&mut self, write: &Write, app_version: &'static str) {
        match write {
            Write::Snapshot { snapshot, has_unknown } => {
                self.snapshot = Some((snapshot.clone(), *has_unknown, app_version));
                self.entries.clear();
            }
            Write::Entries(entries) => self.entries.extend(entries.iter().map(|entry| (entry.seq, entry.clone()))),
            Write::Queued { proposal, doing, inverse } => {
                if self.outbox.iter().all(|waiting| waiting.op != proposal.op) {
                    self.outbox.push(proposal.clone());
                }
                self.history.record(*doing, proposal, inverse.clone());
            }
            Write::Waiting { outbox, history } => {
                self.outbox.clone_from(outbox);
                self.history = history.clone();
            }
            Write::Settled(ops) => self.outbox.retain(|proposal| !ops.contains(&proposal.op)),
            Write::Refused(op) => {
                self.outbox.retain(|proposal| proposal.op != *op);
                self.history.forget(*op);
            }
            Write::Gone => *self = Self::default(),
        }
    }
}

/// What happens to a file.
#[derive(Debug, Clone)]
enum Happens {
    /// Transactions, of which nobody awaits the answer yet.
    Writes(Vec<Vec<AccountWrite>>),
    /// All answers are awaited.
    Answers,
    /// The machine stops; what is on its disk then is looked at.
    Crash,
    /// The app ends in order, and starts again in this version.
    Restart(&'static str),
}

fn board_write() -> impl Strategy<Value = Write> {
    let doing = prop_oneof![4 => Just(Doing::Anew), 2 => Just(Doing::Undo), 1 => Just(Doing::Redo)];
    // From small pools, so that writes meet each other.
    let queued = (0..12usize, doing, 0..6usize, proptest::option::weighted(0.9, 0..6usize)).prop_map(
        |(n, doing, what, inverse)| Write::Queued {
            proposal: Proposal { change: change(what), ..proposal(n) },
            doing,
            inverse: inverse.map(change),
        },
    );
    let step = (0..12usize, 0..6usize, 0..6usize).prop_map(|(n, what, inverse)| Step {
        op: op(n),
        change: change(what),
        inverse: change(inverse),
    });
    let last = (0..12usize, 0..9i64).prop_map(|(n, at)| Mark { op: op(n), at: Timestamp::from_millis(at) });
    let first_snapshot = (0..9u64, proptest::option::of(last), any::<bool>());
    prop_oneof![
        2 => first_snapshot.prop_map(|(seq, last, has_unknown)| Write::Snapshot {
            snapshot: Snapshot { last, ..snapshot(0, seq, &format!("Board at {seq}")) },
            has_unknown,
        }),
        4 => vec((1..9u64, 0..12usize), 0..4)
            .prop_map(|entries| Write::Entries(entries.into_iter().map(|(seq, n)| entry(seq, n)).collect())),
        8 => queued,
        1 => (subsequence((0..12).collect::<Vec<usize>>(), 0..6), vec(step.clone(), 0..4), vec(step, 0..4)).prop_map(
            |(outbox, undo, redo)| Write::Waiting {
                outbox: outbox.into_iter().map(proposal).collect(),
                history: History::from_steps(undo, redo),
            }
        ),
        3 => vec(0..12usize, 0..4).prop_map(|ops| Write::Settled(ops.into_iter().map(op).collect())),
        2 => (0..12usize).prop_map(|n| Write::Refused(op(n))),
        1 => Just(Write::Gone),
    ]
}

fn account_write() -> impl Strategy<Value = AccountWrite> {
    let on_a_board = (0..BOARDS, board_write()).prop_map(|(board, write)| match write {
        Write::Snapshot { snapshot: Snapshot { seq, board: of, last }, has_unknown } => {
            let snapshot = Snapshot { last, ..snapshot(board, seq.0, of.name()) };
            AccountWrite::Board(board_id(board), Write::Snapshot { snapshot, has_unknown })
        }
        write => AccountWrite::Board(board_id(board), write),
    });
    prop_oneof![
        12 => on_a_board,
        2 => (0..4usize, 0..3usize).prop_map(|(n, m)| AccountWrite::Attention(attention(n, &format!("Reason {m}")))),
        1 => (0..4usize).prop_map(|n| AccountWrite::Attended(op(n))),
        1 => any::<bool>().prop_map(|is_loaded| AccountWrite::Page(BoardsPage { is_loaded, ..BoardsPage::default() })),
        1 => (0..BOARDS, 0..3usize)
            .prop_map(|(n, m)| AccountWrite::NewBoard { id: board_id(n), name: format!("Board {m}") }),
        1 => (0..BOARDS).prop_map(|n| AccountWrite::Made(board_id(n))),
        1 => proptest::option::of(0..BOARDS).prop_map(|n| AccountWrite::LastBoard(n.map(board_id))),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => vec(vec(account_write(), 1..5), 1..6).prop_map(Happens::Writes),
        1 => Just(Happens::Answers),
        2 => Just(Happens::Crash),
        1 => prop_oneof![Just("1.0.0"), Just("1.1.0")].prop_map(Happens::Restart),
    ]
}

async fn read(store: &AccountStore) -> (AccountState, Vec<Stored>) {
    let mut boards = Vec::new();
    for n in 0..BOARDS {
        boards.push(store.board(board_id(n)).await.unwrap());
    }
    (store.state().await.unwrap(), boards)
}

fn open(place: &Place, app_version: &'static str) -> AccountStore {
    AccountStore::open_as(app_version, place.dir.path(), ACCOUNT, |notice| panic!("{notice:?}")).unwrap()
}

/// The files of a place as they are at this moment, in another.
fn copy(place: &Place) -> Place {
    let copy = Place::new();
    // The log last: what goes into it after the copy of the file is made adds to that. A log that is moved into the
    // file in between would not, so the cases are too small for that.
    for suffix in ["", "-wal"] {
        let name = format!("{}{suffix}", place.file().file_name().unwrap().to_str().unwrap());
        fs::copy(place.dir.path().join(&name), copy.dir.path().join(&name)).unwrap();
    }
    copy
}

async fn run(all: Vec<Happens>) {
    let place = Place::new();
    let mut app_version = "1.0.0";
    let mut store = open(&place, app_version);
    // What may be on disk: all that was answered, and any number of what was not.
    let mut models = vec![Model::default()];
    let mut answers = Vec::new();
    for happens in all {
        match happens {
            Happens::Writes(transactions) => {
                for writes in transactions {
                    let mut model = models.last().unwrap().clone();
                    writes.iter().for_each(|write| model.write(write, app_version));
                    models.push(model);
                    answers.push(store.write(writes));
                }
                continue;
            }
            Happens::Crash => {
                let copy = copy(&place);
                let found = read(&open(&copy, app_version)).await;
                assert!(models.iter().any(|model| model.read(app_version) == found), "{found:#?}\n{models:#?}");
                continue;
            }
            Happens::Answers => {}
            Happens::Restart(version) => {
                store.settle().await;
                drop(store);
                app_version = version;
                store = open(&place, app_version);
            }
        }
        for answer in answers.drain(..) {
            answer.await.unwrap();
        }
        models.drain(..models.len() - 1);
        assert_eq!(read(&store).await, models[0].read(app_version));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_was_written(all in vec(happens(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(all));
    }
}
