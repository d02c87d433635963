use std::process::Command;

use super::*;

const ONE: Migration = |transaction| transaction.execute_batch("CREATE TABLE notes (text TEXT NOT NULL)");
const TWO: Migration = |transaction| {
    transaction.execute_batch("ALTER TABLE notes ADD COLUMN n_words INTEGER; UPDATE notes SET n_words = 2")
};
const THREE: Migration = |transaction| transaction.execute_batch("ALTER TABLE notes RENAME TO remarks");
/// Does half of its work, then fails.
const FAILS: Migration =
    |transaction| transaction.execute_batch("DELETE FROM notes; INSERT INTO nothing_of_that_name VALUES (1)");
/// Does half of its work, then the process dies.
const CRASHES: Migration = |transaction| {
    transaction.execute_batch("DELETE FROM notes; CREATE TABLE half (n INTEGER)")?;
    std::process::abort()
};

/// A data directory in format 1 with two notes in it.
fn first_format() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    migrate(dir.path(), &[ONE]).unwrap();
    let connection = open::writer(&dir.path().join(DATABASE)).unwrap();
    connection.execute_batch("INSERT INTO notes VALUES ('buy milk'), ('call Ada')").unwrap();
    fs::write(dir.path().join(SECRET_FILE), "secret").unwrap();
    dir
}

fn notes(dir: &Path, table: &str) -> Vec<String> {
    let connection = open::reader(&dir.join(DATABASE)).unwrap();
    let mut statement = connection.prepare(&format!("SELECT text FROM {table} ORDER BY text")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn format_of(dir: &Path) -> i64 {
    find_format(&dir.join(DATABASE)).unwrap()
}

fn copies(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join(BACKUPS));
    entries.map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

const NOTES: [&str; 2] = ["buy milk", "call Ada"];

#[test]
fn a_new_database_gets_every_format_and_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    assert_eq!(format_of(dir.path()), 3);
    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    assert_eq!(copies(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn an_older_database_is_copied_and_brought_up_to_date() {
    let dir = first_format();
    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    assert_eq!(format_of(dir.path()), 3);
    assert_eq!(notes(dir.path(), "remarks"), NOTES);

    let copies = copies(dir.path());
    assert_eq!(copies.len(), 1);
    assert_eq!(format_of(&copies[0]), 1);
    assert_eq!(notes(&copies[0], "notes"), NOTES);
    assert_eq!(fs::read_to_string(copies[0].join(SECRET_FILE)).unwrap(), "secret");
}

#[test]
fn a_step_that_fails_puts_everything_back() {
    let dir = first_format();
    let error = migrate(dir.path(), &[ONE, TWO, FAILS]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("format 3 failed") && text.contains("put back"), "{text}");
    assert_eq!(format_of(dir.path()), 1, "the step that had succeeded is undone as well");
    assert_eq!(notes(dir.path(), "notes"), NOTES);
    assert!(open::writer(&dir.path().join(DATABASE)).unwrap().prepare("SELECT n_words FROM notes").is_err());

    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    assert_eq!(notes(dir.path(), "remarks"), NOTES);
}

#[test]
fn a_copy_that_cannot_be_made_changes_nothing() {
    let dir = first_format();
    fs::write(dir.path().join(BACKUPS), "in the way").unwrap();
    let error = migrate(dir.path(), &[ONE, TWO]).unwrap_err();
    assert!(error.to_string().contains("nothing was changed"), "{error}");
    assert_eq!(format_of(dir.path()), 1);
    assert_eq!(notes(dir.path(), "notes"), NOTES);
}

/// Names the directory in which [`dies_in_a_migration`] works, when it runs as the child of another test.
const CRASH_DIR: &str = "ROOST_TEST_CRASH_DIR";

/// The child of [`a_process_that_dies_half_way_goes_on_at_the_next_start`]; on its own it does nothing.
#[test]
fn dies_in_a_migration() {
    if let Ok(dir) = std::env::var(CRASH_DIR) {
        migrate(Path::new(&dir), &[ONE, TWO, CRASHES]).unwrap();
        unreachable!("the migration ends the process");
    }
}

#[test]
fn a_process_that_dies_half_way_goes_on_at_the_next_start() {
    let dir = first_format();
    // Twice, so that what the first death left behind is in the way of the second attempt.
    for _ in 0..2 {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::migrate::tests::dies_in_a_migration"])
            .env(CRASH_DIR, dir.path())
            .output()
            .unwrap();
        assert!(!child.status.success());
        assert_eq!(format_of(dir.path()), 2, "{}", String::from_utf8_lossy(&child.stderr));
        assert_eq!(notes(dir.path(), "notes"), NOTES);
    }
    fs::create_dir_all(dir.path().join(BACKUPS).join("partial")).unwrap();
    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    assert_eq!(format_of(dir.path()), 3);
    assert_eq!(notes(dir.path(), "remarks"), NOTES);
    assert!(copies(dir.path()).iter().any(|copy| format_of(copy) == 1), "the oldest copy is kept");
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let dir = first_format();
    migrate(dir.path(), &[ONE, TWO, THREE]).unwrap();
    let file = dir.path().join(DATABASE);
    let before = fs::read(&file).unwrap();
    let n_copies = copies(dir.path()).len();
    let error = migrate(dir.path(), &[ONE, TWO]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("has the format 3") && text.contains("up to 2") && text.contains("nothing was changed"));
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(copies(dir.path()).len(), n_copies);
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(DATABASE);
    fs::write(&file, "this is no database, but it is long enough to look like one at first sight".repeat(20)).unwrap();
    assert!(matches!(migrate(dir.path(), &[ONE]), Err(OpenError::NotOurs(_))));

    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    assert!(matches!(migrate(dir.path(), &[ONE]), Err(OpenError::NotOurs(_))));
}
