//! Every call, asked by whoever may not: with another's ids, with no sign-in, with a wrong one.
//!
//! A call that is in the server's table and not in [`CALLS`] fails here, so that nobody adds one without saying who may
//! make it and what a stranger is answered.

use std::collections::BTreeSet;

use reqwest::Method;
use roost_board::Snapshot;
use roost_server::{Access, ROUTES};
use serde_json::{Value, json};

use crate::site::{Answer, Caller, Person, Site};

/// What a stranger, signed in as somebody else, is answered.
enum Stranger {
    /// The call takes no id, and answers about the caller alone or about nobody.
    NoIds,
    /// As if there were nothing.
    NotFound,
    /// A refusal of the body, which has the other's id in it.
    Refused { body: fn(&str) -> Value, status: u16 },
}

const CALLS: &[(&str, &str, Access, Stranger)] = &[
    ("GET", "/api/v1/info", Access::Everyone, Stranger::NoIds),
    ("POST", "/api/v1/registrations", Access::Everyone, Stranger::NoIds),
    ("POST", "/api/v1/sessions", Access::Everyone, Stranger::NoIds),
    ("DELETE", "/api/v1/sessions", Access::SignedIn, Stranger::NoIds),
    ("GET", "/api/v1/current_user", Access::SignedIn, Stranger::NoIds),
    ("GET", "/api/v1/boards", Access::SignedIn, Stranger::NoIds),
    ("POST", "/api/v1/boards", Access::SignedIn, Stranger::Refused { body: board_with_id, status: 422 }),
    ("GET", "/api/v1/boards/{board_id}", Access::Members, Stranger::NotFound),
    ("GET", "/api/v1/boards/{board_id}/entries", Access::Members, Stranger::NotFound),
    ("GET", "/healthz", Access::Everyone, Stranger::NoIds),
    ("GET", "/readyz", Access::Everyone, Stranger::NoIds),
    ("GET", "/metrics", Access::Everyone, Stranger::NoIds),
];

fn board_with_id(id: &str) -> Value {
    json!({ "board": { "name": "Mine now", "id": id } })
}

async fn call(caller: &Caller, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let request = caller.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    Caller::send(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

#[test]
fn every_call_is_in_the_table() {
    let served: BTreeSet<_> = ROUTES.iter().map(|route| (route.path, route.method)).collect();
    let tested: BTreeSet<_> = CALLS.iter().map(|&(method, path, ..)| (path, method)).collect();
    assert_eq!(served, tested, "say in CALLS who may make a call and what a stranger is answered");
    assert_eq!((served.len(), tested.len()), (ROUTES.len(), CALLS.len()), "each call is there once");
    for route in ROUTES {
        let (.., access, _) = CALLS.iter().find(|call| (call.0, call.1) == (route.method, route.path)).unwrap();
        assert_eq!(*access, route.access, "{} {}", route.method, route.path);
        assert_eq!(route.path.contains('{'), route.access == Access::Members, "an id in a path is a board's");
    }
}

#[tokio::test]
async fn strangers_are_refused_everything() {
    let site = Site::start().await;
    let (ada, eve) = (site.sign_up("Ada").await, site.sign_up("Eve").await);
    let board = ada.make_board("Private").await.id.to_string();
    eve.make_board("Her own").await;
    for (method, path, _, stranger) in CALLS {
        match stranger {
            Stranger::NoIds => {}
            Stranger::NotFound => not_found(&eve, method, path, &board).await,
            Stranger::Refused { body, status } => {
                let answer = call(&eve.caller, method, path, Some(&body(&board))).await;
                answer.error(*status);
                assert!(!answer.body.contains("Private"), "{method} {path}");
            }
        }
    }
    let shown: Snapshot = ada.caller.get(&format!("/api/v1/boards/{board}")).await.json();
    assert_eq!((shown.seq.0, shown.board.name(), shown.board.members().len()), (0, "Private", 1));
    assert!(!eve.caller.get("/api/v1/boards").await.body.contains("Private"));
}

/// A board that is another's is answered as one that there is not, and as what is no id.
async fn not_found(eve: &Person, method: &str, path: &str, board: &str) {
    let ask = async |id: &str| call(&eve.caller, method, &path.replace("{board_id}", id), None).await;
    let foreign = ask(board).await;
    assert_eq!(foreign.error(404).code, "not_found", "{method} {path}");
    for id in ["0190f6a4-7c1e-7b52-9d3f-2f6f2a9c1e11", "1", "%00", "*", "' OR 1=1 --"] {
        let unknown = ask(id).await;
        assert_eq!((unknown.status, &unknown.body), (foreign.status, &foreign.body), "{method} {path} {id}");
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_sign_in() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let board = ada.make_board("Private").await.id.to_string();
    let out = site.sign_up("Bob").await;
    assert_eq!(out.caller.delete("/api/v1/sessions").await.status, 204);
    for route in ROUTES.iter().filter(|route| route.access != Access::Everyone) {
        let path = route.path.replace("{board_id}", &board);
        for caller in [&site.caller, &site.caller.with_token("nonsense"), &out.caller] {
            let answer = call(caller, route.method, &path, Some(&json!({ "board": { "name": "Mine" } }))).await;
            assert_eq!(answer.error(401).code, "unauthorized", "{} {path}", route.method);
        }
    }
}
