//! The JSON of every payload and REST body. Other clients are written against it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use expect_test::{Expect, expect};
use roost_board::{Board, BoardSummary, Change, Context, Entry, NewCard, NewList, Position, Role, Seq, Snapshot, User};
use roost_protocol::Payload;
use roost_protocol::payload::{
    BoardAdded, BoardRemoved, ChannelError, Invite, JoinBoard, JoinedBoard, PresenceDiff, PresenceEntry, PresenceMeta,
    PresenceState, Propose, Proposed,
};
use roost_protocol::rest::{
    BoardsAnswer, Credentials, EntriesAnswer, ErrorBody, ErrorDetail, Info, NewBoard, NewBoardFields, NewRegistration,
    NewSession, NewUser, SessionAnswer,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn id<T: std::str::FromStr<Err: Debug>>(last: char) -> T {
    format!("0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1{last}").parse().unwrap()
}

fn ada() -> User {
    User {
        id: id('a'),
        first_name: "Ada".to_owned(),
        last_name: "Berg".to_owned(),
        email: "ada@example.org".to_owned(),
    }
}

fn context() -> Context {
    Context { actor: id('a'), at: "2026-03-01T09:30:00.125Z".parse().unwrap() }
}

fn list_added() -> Change {
    Change::ListAdded { list: NewList { id: id('1'), name: "This week".to_owned(), position: Position::first() } }
}

fn board() -> Board {
    let mut board = Board::new(id('b'), "Spring release", ada()).unwrap();
    board.apply(&context(), &list_added()).unwrap();
    let card =
        NewCard { id: id('c'), list_id: id('1'), title: "Call the printer".to_owned(), position: Position::first() };
    board.apply(&context(), &Change::CardAdded { card }).unwrap();
    board
}

fn entry() -> Entry {
    Entry { seq: Seq(1), op: id('d'), actor: id('a'), at: context().at, change: list_added() }
}

fn summary() -> BoardSummary {
    board().summary()
}

/// Checks what is written, and that it is read back.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, expect: &Expect) {
    let text = serde_json::to_string(value).unwrap();
    expect.assert_eq(&text);
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
}

#[test]
fn joining_a_board() {
    check(&JoinBoard::default(), &expect!["{}"]);
    check(&JoinBoard { since: Some(Seq(7)) }, &expect![[r#"{"since":7}"#]]);
    check(
        &JoinedBoard::Snapshot(Snapshot { seq: Seq(2), board: board(), last: Some(entry().mark()) }),
        &expect![[
            r#"{"seq":2,"board":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b","name":"Spring release","members":[{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"role":"owner"}],"lists":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}],"cards":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1c","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","title":"Call the printer","description":"","position":"a0","comments":[]}],"archived_lists":[],"archived_cards":[]},"last":{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1d","at":"2026-03-01T09:30:00.125Z"}}"#
        ]],
    );
    check(
        &JoinedBoard::Entries(EntriesAnswer { seq: Seq(1), entries: vec![entry()] }),
        &expect![[
            r#"{"seq":1,"entries":[{"seq":1,"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1d","actor":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}}}]}"#
        ]],
    );
}

#[test]
fn joining_a_board_badly() {
    let error = |text| serde_json::from_str::<JoinedBoard>(text).unwrap_err().to_string();
    assert_eq!(error(r#"{"seq":1}"#), "neither board nor entries");
    assert!(error(r#"{"seq":1,"entries":[7]}"#).contains("expected struct Entry"), "it says what was wrong");
}

#[test]
fn proposing() {
    check(
        &Propose { op: id('d'), change: list_added() },
        &expect![[
            r#"{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1d","change":{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}}}"#
        ]],
    );
    check(&Proposed { seq: Seq(8) }, &expect![[r#"{"seq":8}"#]]);
    check(
        &entry(),
        &expect![[
            r#"{"seq":1,"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1d","actor":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}}}"#
        ]],
    );
}

/// As Phoenix takes them.
#[test]
fn the_first_of_several_equal_keys_counts() {
    let payload = |text: String| Payload::from(serde_json::value::RawValue::from_string(text).unwrap());
    let join = payload(r#"{"since":1,"since":"x","since":3}"#.to_owned());
    assert_eq!(join.parse::<JoinBoard>(), Ok(JoinBoard { since: Some(Seq(1)) }));
    let propose = Propose { op: id('0'), change: list_added() };
    let text = serde_json::to_string(&propose).unwrap();
    let open = text.strip_suffix('}').unwrap();
    let twice = payload(format!(r#"{open},"op":7,"change":[1,-2,0.5,true,null,{{"a":"b"}}]}}"#));
    assert_eq!(twice.parse::<Propose>(), Ok(propose.clone()));
    let within = payload(text.replace(r#""type":"#, r#""type":"list_added","type":"#));
    assert_eq!(within.parse::<Propose>(), Ok(propose));
    let wrong = payload(r#"{"since":"x","since":1}"#.to_owned()).parse::<JoinBoard>().unwrap_err();
    assert!(wrong.to_string().starts_with("since: invalid type"), "{wrong}");
}

#[test]
fn inviting() {
    check(
        &Invite { email: "bob@example.org".to_owned(), role: Role::Owner },
        &expect![[r#"{"email":"bob@example.org","role":"owner"}"#]],
    );
    let invite: Invite = serde_json::from_str(r#"{"email":"bob@example.org"}"#).unwrap();
    assert_eq!(invite.role, Role::Member);
}

#[test]
fn refusing() {
    check(&ChannelError::new("unauthorized", ""), &expect![[r#"{"reason":"unauthorized"}"#]]);
    check(
        &ChannelError::new("no_such_user", "nobody here has this address"),
        &expect![[r#"{"reason":"no_such_user","message":"nobody here has this address"}"#]],
    );
}

#[test]
fn news_of_boards() {
    check(
        &BoardAdded { board: summary() },
        &expect![[
            r#"{"board":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b","name":"Spring release","owner":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"members":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}],"n_members":1,"n_lists":1,"n_cards":1}}"#
        ]],
    );
    check(&BoardRemoved { board_id: id('b') }, &expect![[r#"{"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b"}"#]]);
}

fn present(phx_refs: &[&str]) -> PresenceState {
    let meta = |&phx_ref: &&str| PresenceMeta {
        phx_ref: phx_ref.to_owned(),
        name: "Ada".to_owned(),
        online_at: Some(context().at),
    };
    PresenceState::from([(id('a'), PresenceEntry { metas: phx_refs.iter().map(meta).collect() })])
}

#[test]
fn presence() {
    check(
        &present(&["GOpT1"]),
        &expect![[
            r#"{"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a":{"metas":[{"phx_ref":"GOpT1","name":"Ada","online_at":"2026-03-01T09:30:00.125Z"}]}}"#
        ]],
    );
    check(
        &PresenceDiff { joins: present(&["GOpT1"]), leaves: PresenceState::new() },
        &expect![[
            r#"{"joins":{"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a":{"metas":[{"phx_ref":"GOpT1","name":"Ada","online_at":"2026-03-01T09:30:00.125Z"}]}},"leaves":{}}"#
        ]],
    );
}

#[test]
fn a_presence_diff_is_applied_meta_by_meta() {
    let mut state = PresenceState::new();
    let join = |phx_refs: &[&str]| PresenceDiff { joins: present(phx_refs), leaves: PresenceState::new() };
    let leave = |phx_refs: &[&str]| PresenceDiff { joins: PresenceState::new(), leaves: present(phx_refs) };
    join(&["1"]).apply_to(&mut state);
    join(&["1", "2"]).apply_to(&mut state);
    assert_eq!(state, present(&["1", "2"]));
    leave(&["1", "9"]).apply_to(&mut state);
    assert_eq!(state, present(&["2"]));
    leave(&["2"]).apply_to(&mut state);
    leave(&["2"]).apply_to(&mut state);
    assert_eq!(state, PresenceState::new());
}

#[test]
fn info() {
    let info = Info { name: "roost".to_owned(), version: "0.1.0".to_owned(), protocol: 1, registrations: true };
    check(&info, &expect![[r#"{"name":"roost","version":"0.1.0","protocol":1,"registrations":true}"#]]);
    let shortest: Info = serde_json::from_str(r#"{"name":"roost","version":"0.1.0","protocol":1}"#).unwrap();
    assert_eq!(shortest, info);
}

#[test]
fn signing_up_and_in() {
    let user = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Berg".to_owned(),
        email: "ada@example.org".to_owned(),
        password: "correct horse".to_owned(),
    };
    check(
        &NewRegistration { user: user.clone() },
        &expect![[
            r#"{"user":{"first_name":"Ada","last_name":"Berg","email":"ada@example.org","password":"correct horse"}}"#
        ]],
    );
    let session = Credentials { email: user.email, password: user.password };
    check(&NewSession { session }, &expect![[r#"{"session":{"email":"ada@example.org","password":"correct horse"}}"#]]);
    check(
        &SessionAnswer { jwt: "a.b.c".to_owned(), user: ada() },
        &expect![[
            r#"{"jwt":"a.b.c","user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}}"#
        ]],
    );
    let nothing: NewRegistration = serde_json::from_str(r#"{"user":{}}"#).unwrap();
    assert_eq!(nothing.user.email, "");
}

#[test]
fn secrets_stay_out_of_logs() {
    let user =
        NewUser { first_name: String::new(), last_name: String::new(), email: String::new(), password: "hush".into() };
    let session = Credentials { email: String::new(), password: "hush".to_owned() };
    let answer = SessionAnswer { jwt: "hush".to_owned(), user: ada() };
    assert!(!format!("{user:?} {session:?} {answer:?}").contains("hush"));
}

#[test]
fn boards() {
    check(
        &BoardsAnswer { owned_boards: vec![summary()], invited_boards: Vec::new() },
        &expect![[
            r#"{"owned_boards":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b","name":"Spring release","owner":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"members":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}],"n_members":1,"n_lists":1,"n_cards":1}],"invited_boards":[]}"#
        ]],
    );
    let new = |id| NewBoard { board: NewBoardFields { name: "Spring release".to_owned(), id } };
    check(&new(None), &expect![[r#"{"board":{"name":"Spring release"}}"#]]);
    check(
        &new(Some(id('b'))),
        &expect![[r#"{"board":{"name":"Spring release","id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b"}}"#]],
    );
    check(
        &EntriesAnswer { seq: Seq(1), entries: vec![entry()] },
        &expect![[
            r#"{"seq":1,"entries":[{"seq":1,"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1d","actor":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_added","list":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}}}]}"#
        ]],
    );
    check(
        &Snapshot { seq: Seq(2), board: board(), last: None },
        &expect![[
            r#"{"seq":2,"board":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1b","name":"Spring release","members":[{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1a","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"role":"owner"}],"lists":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","name":"This week","position":"a0"}],"cards":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e1c","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11","title":"Call the printer","description":"","position":"a0","comments":[]}],"archived_lists":[],"archived_cards":[]}}"#
        ]],
    );
}

#[test]
fn errors() {
    let error = |fields| ErrorBody {
        error: ErrorDetail { code: "invalid".to_owned(), message: "Some fields need another look".to_owned(), fields },
    };
    check(
        &error(BTreeMap::new()),
        &expect![[r#"{"error":{"code":"invalid","message":"Some fields need another look"}}"#]],
    );
    let fields = BTreeMap::from([("email".to_owned(), vec!["is taken".to_owned()])]);
    check(
        &error(fields),
        &expect![[
            r#"{"error":{"code":"invalid","message":"Some fields need another look","fields":{"email":["is taken"]}}}"#
        ]],
    );
}
