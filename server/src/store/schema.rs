//! The tables, and how a database of an older format comes to have them.
//!
//! A migration that has been released is never changed; a new format is a new one at the end.

use super::migrate::Migration;

/// All formats, in order; a database's format is the number of migrations that it has seen.
pub(super) const MIGRATIONS: &[Migration] =
    &[|transaction| transaction.execute_batch(FIRST), |transaction| transaction.execute_batch(SECOND)];

/// Ids are UUIDs as 16 bytes, times are milliseconds since 1970 in UTC.
const FIRST: &str = "
CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,  -- in lower case
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    password_hash TEXT,                  -- NULL: nobody signs in with a password
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE boards (
    id         BLOB PRIMARY KEY,
    seq        INTEGER NOT NULL,         -- of the last entry
    name       TEXT NOT NULL,
    summary    TEXT NOT NULL,            -- JSON, as the page of boards shows it
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT;

-- A board as of some entry, so that opening it need not replay the whole log.
CREATE TABLE snapshots (
    board_id BLOB PRIMARY KEY REFERENCES boards (id),
    seq      INTEGER NOT NULL,
    board    TEXT NOT NULL               -- JSON
) STRICT;

CREATE TABLE entries (
    board_id BLOB NOT NULL REFERENCES boards (id),
    seq      INTEGER NOT NULL,
    op       BLOB NOT NULL,
    actor    BLOB NOT NULL,
    entry    TEXT NOT NULL,              -- JSON, as it travels
    PRIMARY KEY (board_id, seq),
    UNIQUE (board_id, op)
) STRICT;

-- Who is on which board: what the boards themselves say, indexed by person.
CREATE TABLE members (
    user_id  BLOB NOT NULL REFERENCES users (id),
    board_id BLOB NOT NULL REFERENCES boards (id),
    role     TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    PRIMARY KEY (user_id, board_id)
) STRICT, WITHOUT ROWID;

-- Tokens that were signed out, until they would have ended by themselves.
CREATE TABLE revoked_tokens (
    jti        TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The newest entries are written together, whatever their boards, and moved to `entries` later. With this, a board's
/// `summary` and `name` are those of the entry that its `seq` names, and there may be later ones.
const SECOND: &str = "
CREATE TABLE tail (
    id      INTEGER PRIMARY KEY,
    entries TEXT NOT NULL                -- a line for each: the board's id, a space, the entry as JSON
) STRICT;
";
