use roost_board::{Change, Context, Entry, Timestamp};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::*;
use crate::store::boards::last_in_table;
use crate::store::migrate::migrate;
use crate::store::{open, schema};

const BOARDS: u128 = 5;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number + 1)
}

fn board(number: u128) -> BoardId {
    BoardId::from_uuid(id(number))
}

fn database(dir: &tempfile::TempDir) -> Connection {
    migrate(dir.path(), schema::MIGRATIONS).unwrap();
    let connection = open::writer(&dir.path().join(open::DATABASE)).unwrap();
    let made =
        connection.execute_batch("INSERT OR IGNORE INTO users VALUES (x'00', 'a@example.org', 'A', '', NULL, 0)");
    made.unwrap();
    for number in 0..BOARDS {
        connection
            .execute(
                "INSERT OR IGNORE INTO boards VALUES (?1, 0, 'A', '', x'00', 0)",
                [id(number).as_bytes().as_slice()],
            )
            .unwrap();
    }
    connection
}

fn tail(connection: &mut Connection, max_bytes: usize) -> Tail {
    Tail::open(connection, max_bytes).unwrap()
}

fn entry(number: u128, seq: u64) -> (BoardId, StoredEntry) {
    let (op, actor) = (OpId::from_uuid(Uuid::now_v7()), UserId::from_uuid(id(0)));
    let context = Context { actor, at: Timestamp::from_millis(0) };
    let change =
        Change::BoardRenamed { name: format!("A name with \\n a line's end and {}", "x".repeat(seq as usize % 50)) };
    let entry = Entry { seq: Seq(seq), op, actor, at: context.at, change };
    (board(number), StoredEntry { seq: entry.seq, op, actor, json: to_raw_value(&entry).unwrap().into() })
}

/// One transaction; `is_committed` says whether it reaches the disk.
fn write(connection: &Connection, tail: &Tail, new: Vec<(BoardId, StoredEntry)>, is_committed: bool) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let step = tail.write(connection, new).unwrap();
    if is_committed {
        connection.execute_batch("COMMIT").unwrap();
        tail.committed(step);
    } else {
        connection.execute_batch("ROLLBACK").unwrap();
    }
}

fn in_table(connection: &Connection, number: u128) -> Vec<u64> {
    let mut statement = connection.prepare("SELECT seq FROM entries WHERE board_id = ?1 ORDER BY seq").unwrap();
    let seqs = statement.query_map([id(number).as_bytes().as_slice()], |row| row.get::<_, i64>(0)).unwrap();
    seqs.map(|seq| u64::try_from(seq.unwrap()).unwrap()).collect()
}

fn in_tail(tail: &Tail, number: u128) -> Vec<u64> {
    tail.entries(board(number), Seq::ZERO, usize::MAX).iter().map(|entry| entry.seq.0).collect()
}

fn n_rows(connection: &Connection) -> usize {
    let n_rows: i64 = connection.query_row("SELECT count(*) FROM tail", [], |row| row.get(0)).unwrap();
    usize::try_from(n_rows).unwrap()
}

/// Some commits to some boards: the first gets an entry with each, the others now and then, and the last but once.
fn commit(n_commits: u64, mut done: impl FnMut(Vec<(BoardId, StoredEntry)>, &[u64; BOARDS as usize])) {
    let mut seqs = [0; BOARDS as usize];
    for n in 1..=n_commits {
        let mut new = Vec::new();
        for number in 0..BOARDS {
            let is_due = if number + 1 == BOARDS { n == 1 } else { n.is_multiple_of(1 << number) };
            for _ in 0..if is_due { 1 + n % 3 } else { 0 } {
                let seq = &mut seqs[usize::try_from(number).unwrap()];
                *seq += 1;
                new.push(entry(number, *seq));
            }
        }
        done(new, &seqs);
    }
}

#[test]
fn each_entry_is_in_the_table_or_in_the_tail_and_the_tail_stays_short() {
    let dir = tempfile::tempdir().unwrap();
    let mut connection = database(&dir);
    let tail = tail(&mut connection, 8 * 1024);
    let mut longest = 0;
    commit(600, |new, seqs| {
        // A transaction that fails changes nothing.
        write(&connection, &tail, new.clone(), false);
        write(&connection, &tail, new, true);
        for number in 0..BOARDS {
            let seqs_there: Vec<u64> =
                in_table(&connection, number).into_iter().chain(in_tail(&tail, number)).collect();
            let last = seqs[usize::try_from(number).unwrap()];
            assert!(seqs_there.iter().copied().eq(1..=last), "{seqs_there:?} up to {last}");
        }
        let state = tail.state();
        assert_eq!(n_rows(&connection), state.rows.len());
        longest = longest.max(state.n_bytes);
    });
    assert!(longest < 64 * 1024, "{longest}");
    assert_eq!(in_table(&connection, BOARDS - 1), [1, 2], "an entry that nothing followed holds no row for ever");
    tail.move_all(&connection).unwrap();
    assert_eq!((n_rows(&connection), tail.heads().len()), (0, 0));
}

#[test]
fn a_start_takes_over_what_a_crash_left_whatever_part_was_moved() {
    let dir = tempfile::tempdir().unwrap();
    let mut expected = [0; BOARDS as usize];
    {
        let mut connection = database(&dir);
        let tail = tail(&mut connection, 8 * 1024);
        commit(333, |new, seqs| {
            write(&connection, &tail, new, true);
            expected = *seqs;
        });
        assert!(n_rows(&connection) > 0 && !in_table(&connection, 0).is_empty());
    }
    let mut connection = database(&dir);
    for _ in 0..2 {
        let tail = tail(&mut connection, 8 * 1024);
        assert_eq!((n_rows(&connection), tail.heads().len()), (0, 0));
        for number in 0..BOARDS {
            assert!(in_table(&connection, number).into_iter().eq(1..=expected[usize::try_from(number).unwrap()]));
        }
    }
    // What was read back is what was written.
    let text: String = connection
        .query_row("SELECT entry FROM entries WHERE board_id = ?1 AND seq = 1", [id(0).as_bytes().as_slice()], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap().seq, Seq(1));
    assert_eq!(last_in_table(&connection, board(0)).unwrap(), Some(Seq(expected[0])));
}

#[test]
fn a_tail_that_is_none_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut connection = database(&dir);
    connection.execute("INSERT INTO tail VALUES (1, 'no board')", []).unwrap();
    assert!(Tail::open(&mut connection, 0).is_err());
    assert_eq!(n_rows(&connection), 1);
}

#[test]
fn a_database_of_the_first_format_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    migrate(dir.path(), &schema::MIGRATIONS[..1]).unwrap();
    {
        let connection = open::writer(&dir.path().join(open::DATABASE)).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        for seq in 1..=3 {
            put_entry(&connection, board(0), &entry(0, seq).1).unwrap();
        }
    }
    let mut connection = database(&dir);
    let tail = tail(&mut connection, 0);
    assert_eq!(crate::store::boards::head(&connection, board(0)).unwrap(), Seq(3));
    write(&connection, &tail, vec![entry(0, 4)], true);
    assert_eq!(in_tail(&tail, 0), [4]);
    write(&connection, &tail, vec![entry(0, 5)], true);
    assert_eq!((in_table(&connection, 0), in_tail(&tail, 0)), (vec![1, 2, 3, 4], vec![5]));
}
