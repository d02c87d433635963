use reqwest::Method;
use roost_board::{BoardSummary, Snapshot};
use roost_protocol::rest::{BoardsAnswer, EntriesAnswer};
use serde_json::{Value, json};

use crate::site::{Caller, Site};

#[tokio::test]
async fn boards_are_made_listed_and_shown() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let board = ada.make_board("Spring release").await;
    assert_eq!((board.name.as_str(), &board.owner), ("Spring release", &ada.user));

    let listed: BoardsAnswer = ada.caller.get("/api/v1/boards").await.json();
    assert_eq!(listed, BoardsAnswer { owned_boards: vec![board.clone()], invited_boards: vec![] });
    let shown: Snapshot = ada.caller.get(&format!("/api/v1/boards/{}", board.id)).await.json();
    assert_eq!((shown.seq.0, shown.board.name()), (0, "Spring release"));
    let entries: EntriesAnswer = ada.caller.get(&format!("/api/v1/boards/{}/entries?since=0", board.id)).await.json();
    assert_eq!((entries.seq.0, entries.entries.len()), (0, 0));
}

#[tokio::test]
async fn a_board_made_twice_with_one_id_is_one_board() {
    let site = Site::start().await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    let body = json!({ "board": { "name": "Spring release", "id": "0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11" } });
    let first = ada.caller.post("/api/v1/boards", &body).await;
    let second = ada.caller.post("/api/v1/boards", &body).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(first.json::<BoardSummary>(), second.json::<BoardSummary>());
    let taken = bob.caller.post("/api/v1/boards", &body).await.error(422);
    assert_eq!(taken.fields["id"], ["is already in use"]);
}

#[tokio::test]
async fn boards_with_names_that_cannot_be() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let post = async |board: Value| ada.caller.post("/api/v1/boards", &json!({ "board": board })).await.error(422);
    assert_eq!(post(json!({ "name": "   " })).await.fields["name"], ["cannot be blank"]);
    assert_eq!(post(json!({})).await.fields["name"], ["cannot be blank"]);
    assert_eq!(
        post(json!({ "name": "x".repeat(101) })).await.fields["name"],
        ["can have 100 characters at most, not 101"]
    );
    assert_eq!(post(json!({ "name": "a\nb" })).await.fields["name"], ["cannot contain the character U+000A"]);
    assert_eq!(post(json!({ "name": "Mine", "id": "7" })).await.fields["id"], ["is not a UUID"]);
    assert_eq!(post(json!({ "name": 7 })).await.code, "invalid");
}

#[tokio::test]
async fn a_board_that_did_not_change_is_not_sent_again() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let path = format!("/api/v1/boards/{}", ada.make_board("Spring release").await.id);
    let first = ada.caller.get(&path).await;
    let etag = first.header("etag");
    assert!(etag.starts_with("W/\""), "{etag}");
    let ask = async |tag: &str| Caller::send(ada.caller.request(Method::GET, &path).header("if-none-match", tag)).await;
    let same = ask(etag).await;
    assert_eq!((same.status.as_u16(), same.body.as_str(), same.header("etag")), (304, "", etag));
    assert_eq!(ask("\"another\"").await.body, first.body);
}

#[tokio::test]
async fn a_large_board_comes_compressed_to_those_who_can_read_it() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let mut board = ada.make_board(&"x".repeat(100)).await;
    // Enough people that the list of boards is long.
    for n in 0..12 {
        board = ada.make_board(&format!("Board {n}")).await;
    }
    let get =
        async |path: &str| Caller::send(ada.caller.request(Method::GET, path).header("accept-encoding", "gzip")).await;
    assert_eq!(get(&format!("/api/v1/boards/{}", board.id)).await.header("content-encoding"), "", "too short");
    let request = ada.caller.request(Method::GET, "/api/v1/boards").header("accept-encoding", "gzip");
    let long = request.send().await.unwrap();
    assert_eq!(long.headers()["content-encoding"], "gzip");
    assert!(long.bytes().await.unwrap().starts_with(&[0x1F, 0x8B]));
    assert_eq!(ada.caller.get("/api/v1/boards").await.header("content-encoding"), "");
}

#[tokio::test]
async fn where_entries_begin_has_to_be_a_number() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let path = format!("/api/v1/boards/{}/entries", ada.make_board("Spring release").await.id);
    assert_eq!(ada.caller.get(&format!("{path}?since=abc")).await.error(400).code, "invalid_since");
    assert_eq!(ada.caller.get(&path).await.status, 200);
    assert_eq!(ada.caller.get(&format!("{path}?since=18446744073709551615")).await.status, 200);
}
