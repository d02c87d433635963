//! Things to put into commands and events, and how they are checked.

use expect_test::Expect;
use roost_board::{
    Board, BoardId, CardId, Change, Context, Doing, History, ListId, NewList, OpId, Position, Proposal, Seq, Snapshot,
    Timestamp, User, UserId,
};
use roost_bridge::{AttentionItem, Refusal, ServerInfo, Wanted};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Checks the JSON of a value, and that it reads back.
pub(crate) fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, expected: &Expect) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    expected.assert_eq(&json);
}

pub(crate) fn board_id() -> BoardId {
    "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0001".parse().unwrap()
}

pub(crate) fn list_id() -> ListId {
    "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0002".parse().unwrap()
}

pub(crate) fn card_id() -> CardId {
    "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0003".parse().unwrap()
}

pub(crate) fn user_id() -> UserId {
    "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0004".parse().unwrap()
}

pub(crate) fn op_id() -> OpId {
    "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c0005".parse().unwrap()
}

pub(crate) fn at() -> Timestamp {
    Timestamp::from_millis(1_772_357_400_125)
}

pub(crate) fn user() -> User {
    User {
        id: user_id(),
        first_name: "Ada".to_owned(),
        last_name: "Berg".to_owned(),
        email: "ada@example.org".to_owned(),
    }
}

pub(crate) fn server() -> ServerInfo {
    ServerInfo { address: "https://roost.example.org".to_owned(), version: "0.1.0".to_owned() }
}

pub(crate) fn board() -> Board {
    let mut board = Board::new(board_id(), "Spring release", user()).unwrap();
    let list = NewList { id: list_id(), name: "This week".to_owned(), position: Position::first() };
    board.apply(&Context { actor: user_id(), at: at() }, &Change::ListAdded { list }).unwrap();
    board
}

pub(crate) fn snapshot() -> Snapshot {
    Snapshot { seq: Seq(1), board: board(), last: None }
}

pub(crate) fn proposal() -> Proposal {
    Proposal { op: op_id(), at: at(), change: Change::ListArchived { list_id: list_id() } }
}

pub(crate) fn history() -> History {
    let mut history = History::default();
    history.record(Doing::Anew, &proposal(), Some(Change::ListRestored { list_id: list_id() }));
    history
}

pub(crate) fn attention_item(wanted: Wanted) -> AttentionItem {
    AttentionItem {
        id: op_id(),
        board_id: board_id(),
        board_name: "Spring release".to_owned(),
        subject: Some("This week".to_owned()),
        wanted,
        refusal: Refusal { code: "list_archived".to_owned(), message: "the list is archived".to_owned() },
        at: at(),
    }
}
