//! Commands: their names, their arguments, their answers.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use roost_board::{BoardSummary, Change, Doing};
use roost_bridge::command::{
    ChooseServer, CloseBoard, ConnectLocal, CreateBoard, DiscardAttention, GetState, Invite, LeaveServer, OpenBoard,
    Password, Propose, Ready, Reconnect, RetryAttention, SaveDraft, SetTheme, SignIn, SignOut, SignUp,
};
use roost_bridge::{
    Account, AppState, Attention, BoardCopy, BoardsPage, COMMANDS, Command, CommandError, ConnectionPhase,
    ConnectionState, Draft, DraftKey, Notice, Place, Presence, Session, SignedOutReason, Theme, TokenKeeping, Wanted,
};

use crate::sample::{
    attention_item, board, board_id, card_id, check, history, list_id, op_id, proposal, server, snapshot, user, user_id,
};

/// Checks a command's name with its arguments.
fn check_command<C: Command + PartialEq + std::fmt::Debug>(command: &C, expected: &Expect) {
    assert!(COMMANDS.contains(&C::NAME), "{} is not among the commands", C::NAME);
    let json = serde_json::to_string(command).unwrap();
    assert_eq!(&serde_json::from_str::<C>(&json).unwrap(), command);
    expected.assert_eq(&format!("{} {json}", C::NAME));
}

#[test]
fn every_command_has_a_name_of_its_own() {
    expect!["get_state ready connect_local choose_server leave_server sign_up sign_in sign_out reconnect create_board open_board close_board propose invite retry_attention discard_attention save_draft set_theme"].assert_eq(&COMMANDS.join(" "));
    let mut names = COMMANDS.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COMMANDS.len());
}

#[test]
fn commands_of_the_session() {
    let text = str::to_owned;
    check_command(&GetState {}, &expect!["get_state {}"]);
    check_command(&Ready {}, &expect!["ready {}"]);
    check_command(&ConnectLocal {}, &expect!["connect_local {}"]);
    check_command(
        &ChooseServer { address: text("roost.example.org") },
        &expect![[r#"choose_server {"address":"roost.example.org"}"#]],
    );
    check_command(&LeaveServer {}, &expect!["leave_server {}"]);
    let sign_up = SignUp {
        first_name: text("Ada"),
        last_name: text("Berg"),
        email: text("ada@example.org"),
        password: Password(text("correct horse")),
    };
    check_command(
        &sign_up,
        &expect![[
            r#"sign_up {"first_name":"Ada","last_name":"Berg","email":"ada@example.org","password":"correct horse"}"#
        ]],
    );
    check_command(
        &SignIn { email: text("ada@example.org"), password: Password(text("correct horse")) },
        &expect![[r#"sign_in {"email":"ada@example.org","password":"correct horse"}"#]],
    );
    check_command(&SignOut {}, &expect!["sign_out {}"]);
    check_command(&Reconnect {}, &expect!["reconnect {}"]);
    check_command(&SetTheme { theme: Theme::Dark }, &expect![[r#"set_theme {"theme":"dark"}"#]]);
}

#[test]
fn commands_about_boards() {
    check_command(
        &CreateBoard { id: board_id(), name: "Spring release".to_owned() },
        &expect![[r#"create_board {"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release"}"#]],
    );
    check_command(
        &OpenBoard { board_id: board_id() },
        &expect![[r#"open_board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001"}"#]],
    );
    check_command(
        &CloseBoard { board_id: board_id() },
        &expect![[r#"close_board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001"}"#]],
    );
    let inverse = Some(Change::ListRestored { list_id: list_id() });
    check_command(
        &Propose { board_id: board_id(), proposal: proposal(), doing: Doing::Anew, inverse },
        &expect![[
            r#"propose {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","proposal":{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}},"doing":"anew","inverse":{"type":"list_restored","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}}"#
        ]],
    );
    check_command(
        &Invite { board_id: board_id(), email: "bob@example.org".to_owned() },
        &expect![[r#"invite {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","email":"bob@example.org"}"#]],
    );
    check_command(
        &RetryAttention { id: op_id() },
        &expect![[r#"retry_attention {"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005"}"#]],
    );
    check_command(
        &DiscardAttention { id: op_id() },
        &expect![[r#"discard_attention {"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005"}"#]],
    );
    let draft = SaveDraft { key: DraftKey::new_card(list_id()), text: "Book the h".to_owned() };
    check_command(
        &draft,
        &expect![[r#"save_draft {"key":"list:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002:card:new","text":"Book the h"}"#]],
    );
}

#[test]
fn the_state_at_the_start() {
    let account = Account { user: user(), place: Place::Server { server: server() }, token: TokenKeeping::Keyring };
    let state = AppState {
        session: Session::SignedIn { account },
        connection: ConnectionState { phase: ConnectionPhase::Live, n_waiting: 2 },
        boards: BoardsPage { is_loaded: true, owned: vec![board().summary()], invited: Vec::new() },
        theme: Theme::System,
        drafts: vec![Draft { key: DraftKey::new_board(), text: "Hol".to_owned() }],
        attention: Attention { items: vec![attention_item(Wanted::NewBoard { name: "Holidays".to_owned() })] },
        notices: vec![Notice { code: "set_aside".to_owned(), message: "A file was set aside.".to_owned() }],
        last_board: Some(board_id()),
    };
    check(
        &state,
        &expect![[
            r#"{"session":{"phase":"signed_in","account":{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"place":{"place":"server","server":{"address":"https://roost.example.org","version":"0.1.0"}},"token":"keyring"}},"connection":{"phase":"live","n_waiting":2},"boards":{"is_loaded":true,"owned":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release","owner":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"members":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}],"n_members":1,"n_lists":1,"n_cards":0}],"invited":[]},"theme":"system","drafts":[{"key":"board:new","text":"Hol"}],"attention":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","board_name":"Spring release","subject":"This week","wanted":{"type":"new_board","name":"Holidays"},"refusal":{"code":"list_archived","message":"the list is archived"},"at":"2026-03-01T09:30:00.125Z"}],"notices":[{"code":"set_aside","message":"A file was set aside."}],"last_board":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001"}"#
        ]],
    );
}

#[test]
fn sessions() {
    check(&Session::Unconnected, &expect![[r#"{"phase":"unconnected"}"#]]);
    check(
        &Session::SignedOut { server: server(), reason: None },
        &expect![[
            r#"{"phase":"signed_out","server":{"address":"https://roost.example.org","version":"0.1.0"},"reason":null}"#
        ]],
    );
    check(
        &Session::SignedOut { server: server(), reason: Some(SignedOutReason::Refused) },
        &expect![[
            r#"{"phase":"signed_out","server":{"address":"https://roost.example.org","version":"0.1.0"},"reason":"refused"}"#
        ]],
    );
    check(&[SignedOutReason::Refused, SignedOutReason::NoKeyring], &expect![[r#"["refused","no_keyring"]"#]]);
    let account = Account { user: user(), place: Place::ThisComputer, token: TokenKeeping::NotNeeded };
    check(
        &Session::SignedIn { account },
        &expect![[
            r#"{"phase":"signed_in","account":{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"place":{"place":"this_computer"},"token":"not_needed"}}"#
        ]],
    );
    check(
        &[TokenKeeping::Keyring, TokenKeeping::ThisRun, TokenKeeping::NotNeeded],
        &expect![[r#"["keyring","this_run","not_needed"]"#]],
    );
}

#[test]
fn answers_about_boards() {
    check::<BoardSummary>(
        &board().summary(),
        &expect![[
            r#"{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release","owner":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"members":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}],"n_members":1,"n_lists":1,"n_cards":0}"#
        ]],
    );
    let copy = BoardCopy {
        number: 3,
        me: user_id(),
        snapshot: snapshot(),
        pending: vec![proposal()],
        present: vec![Presence { user_id: user_id(), name: "Ada Berg".to_owned() }],
        has_unknown: false,
        history: history(),
    };
    check(
        &copy,
        &expect![[
            r#"{"number":3,"me":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","snapshot":{"seq":1,"board":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release","members":[{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"role":"owner"}],"lists":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002","name":"This week","position":"a0"}],"cards":[],"archived_lists":[],"archived_cards":[]}},"pending":[{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}}],"present":[{"user_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","name":"Ada Berg"}],"has_unknown":false,"history":{"undo":[{"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","change":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"},"inverse":{"type":"list_restored","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}}],"redo":[]}}"#
        ]],
    );
}

/// `fields` is left out when there are none, and may be missing.
#[test]
fn errors() {
    let error = |fields| CommandError {
        code: "invalid".to_owned(),
        message: "Some fields need another look".to_owned(),
        fields,
    };
    check(&error(BTreeMap::new()), &expect![[r#"{"code":"invalid","message":"Some fields need another look"}"#]]);
    let fields = BTreeMap::from([("email".to_owned(), vec!["is taken".to_owned()])]);
    check(
        &error(fields),
        &expect![[r#"{"code":"invalid","message":"Some fields need another look","fields":{"email":["is taken"]}}"#]],
    );
}

/// Drafts are found again by these after an update of the app.
#[test]
fn draft_keys_stay_what_they_are() {
    let keys = [
        DraftKey::new_board(),
        DraftKey::board_name(board_id()),
        DraftKey::new_list(board_id()),
        DraftKey::list_name(list_id()),
        DraftKey::new_card(list_id()),
        DraftKey::invite(board_id()),
        DraftKey::card_title(card_id()),
        DraftKey::card_description(card_id()),
        DraftKey::new_comment(card_id()),
    ];
    for key in &keys {
        assert_eq!(&DraftKey::from(key.to_string()), key);
    }
    expect![[r#"
        board:new
        board:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001:name
        board:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001:list:new
        list:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002:name
        list:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002:card:new
        board:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001:invite
        card:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0003:title
        card:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0003:description
        card:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0003:comment:new"#]]
    .assert_eq(&keys.map(|key| key.to_string()).join("\n"));
}

#[test]
fn a_password_does_not_show_itself_in_a_log() {
    let sign_in = SignIn { email: "ada@example.org".to_owned(), password: Password("correct horse".to_owned()) };
    expect![[r#"SignIn { email: "ada@example.org", password: Password }"#]].assert_eq(&format!("{sign_in:?}"));
}
