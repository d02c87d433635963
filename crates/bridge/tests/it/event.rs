//! Events: their names and payloads.

use expect_test::{Expect, expect};
use roost_board::{Change, Entry, History, Seq};
use roost_bridge::{
    Attention, BoardCopy, BoardMessage, BoardNews, BoardsPage, ConnectionPhase, ConnectionState, DraftKey, Event,
    Notice, Presence, Refusal, Session, Wanted,
};

use crate::sample::{at, attention_item, board, board_id, list_id, op_id, server, snapshot, user_id};

/// Checks an event's name with its payload.
fn check_event<E: Event + PartialEq + std::fmt::Debug>(event: &E, expected: &Expect) {
    let json = serde_json::to_string(event).unwrap();
    assert_eq!(&serde_json::from_str::<E>(&json).unwrap(), event);
    expected.assert_eq(&format!("{} {json}", E::NAME));
}

#[test]
fn session_connection_and_boards() {
    check_event(
        &Session::SignedOut { server: server(), reason: None },
        &expect![[
            r#"session {"phase":"signed_out","server":{"address":"https://roost.example.org","version":"0.1.0"},"reason":null}"#
        ]],
    );
    check_event(&BoardsPage::default(), &expect![[r#"boards {"is_loaded":false,"owned":[],"invited":[]}"#]]);
    let page = BoardsPage { is_loaded: true, owned: Vec::new(), invited: vec![board().summary()] };
    check_event(
        &page,
        &expect![[
            r#"boards {"is_loaded":true,"owned":[],"invited":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release","owner":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"members":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"}],"n_members":1,"n_lists":1,"n_cards":0}]}"#
        ]],
    );
    let phases =
        [ConnectionPhase::Closed, ConnectionPhase::Connecting, ConnectionPhase::Live, ConnectionPhase::Offline];
    let expectations = [
        expect![[r#"connection {"phase":"closed","n_waiting":1}"#]],
        expect![[r#"connection {"phase":"connecting","n_waiting":1}"#]],
        expect![[r#"connection {"phase":"live","n_waiting":1}"#]],
        expect![[r#"connection {"phase":"offline","n_waiting":1}"#]],
    ];
    for (phase, expected) in phases.into_iter().zip(expectations) {
        check_event(&ConnectionState { phase, n_waiting: 1 }, &expected);
    }
}

#[test]
fn news_of_a_board() {
    let check_news = |news: BoardNews, expected: &Expect| {
        check_event(&BoardMessage { board_id: board_id(), number: 4, news }, expected)
    };
    let refusal = || Refusal { code: "list_archived".to_owned(), message: "the list is archived".to_owned() };
    let present = || vec![Presence { user_id: user_id(), name: "Ada Berg".to_owned() }];
    let change = Change::ListArchived { list_id: list_id() };
    let entry = Entry { seq: Seq(2), op: op_id(), actor: user_id(), at: at(), change };

    check_news(
        BoardNews::Entries { entries: vec![entry] },
        &expect![[
            r#"board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","number":4,"news":{"type":"entries","entries":[{"seq":2,"op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","actor":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","at":"2026-03-01T09:30:00.125Z","change":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}}]}}"#
        ]],
    );
    check_news(
        BoardNews::Refused { op: op_id(), refusal: refusal() },
        &expect![[
            r#"board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","number":4,"news":{"type":"refused","op":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","refusal":{"code":"list_archived","message":"the list is archived"}}}"#
        ]],
    );
    check_news(
        BoardNews::Present { present: present() },
        &expect![[
            r#"board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","number":4,"news":{"type":"present","present":[{"user_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","name":"Ada Berg"}]}}"#
        ]],
    );
    check_news(
        BoardNews::Gone { refusal: refusal() },
        &expect![[
            r#"board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","number":4,"news":{"type":"gone","refusal":{"code":"list_archived","message":"the list is archived"}}}"#
        ]],
    );
    let copy = BoardCopy {
        number: 4,
        me: user_id(),
        snapshot: snapshot(),
        pending: Vec::new(),
        present: present(),
        has_unknown: true,
        history: History::default(),
    };
    check_news(
        BoardNews::Reset { copy },
        &expect![[
            r#"board {"board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","number":4,"news":{"type":"reset","copy":{"number":4,"me":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","snapshot":{"seq":1,"board":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","name":"Spring release","members":[{"user":{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","first_name":"Ada","last_name":"Berg","email":"ada@example.org"},"role":"owner"}],"lists":[{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002","name":"This week","position":"a0"}],"cards":[],"archived_lists":[],"archived_cards":[]}},"pending":[],"present":[{"user_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004","name":"Ada Berg"}],"has_unknown":true,"history":{"undo":[],"redo":[]}}}}"#
        ]],
    );
}

#[test]
fn what_needs_attention() {
    let change = Change::ListArchived { list_id: list_id() };
    let draft = Wanted::Draft { key: DraftKey::new_list(board_id()), text: "Soo".to_owned() };
    for (wanted, expected) in [
        (
            Wanted::Change { change },
            expect![[
                r#"attention [{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","board_name":"Spring release","subject":"This week","wanted":{"type":"change","change":{"type":"list_archived","list_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002"}},"refusal":{"code":"list_archived","message":"the list is archived"},"at":"2026-03-01T09:30:00.125Z"}]"#
            ]],
        ),
        (
            draft,
            expect![[
                r#"attention [{"id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005","board_id":"0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001","board_name":"Spring release","subject":"This week","wanted":{"type":"draft","key":"board:0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001:list:new","text":"Soo"},"refusal":{"code":"list_archived","message":"the list is archived"},"at":"2026-03-01T09:30:00.125Z"}]"#
            ]],
        ),
    ] {
        check_event(&Attention { items: vec![attention_item(wanted)] }, &expected);
    }
    let notice = Notice { code: "set_aside".to_owned(), message: "A file was set aside.".to_owned() };
    check_event(&notice, &expect![[r#"notice {"code":"set_aside","message":"A file was set aside."}"#]]);
}

/// A name with anything else in it is refused by Tauri when it is listened to.
#[test]
fn names_are_what_an_event_may_be_called() {
    for name in
        [Session::NAME, ConnectionState::NAME, BoardsPage::NAME, BoardMessage::NAME, Attention::NAME, Notice::NAME]
    {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-/:_".contains(c)), "{name}");
    }
}
