//! Channels over long poll: the same as over a WebSocket.

use serde_json::{Value, json};

use super::client::{Client, renamed};
use crate::site::Site;

#[tokio::test]
async fn a_proposer_hears_of_the_entry_first_and_the_others_hear_of_it_too() {
    let site = Site::start().await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    let board = ada.make_board("Roof").await.id;
    let topic = format!("boards:{board}");
    let mut hers = Client::open(&site, &ada).await;
    let joined = hers.join(&topic, json!({})).await;
    assert_eq!((&joined["seq"], &joined["board"]["id"]), (&json!(0), &json!(board)));
    assert_eq!(hers.push(&topic, "invite", json!({ "email": "bob@example.org" })).await.0, "ok");
    let mut his = Client::open(&site, &bob).await;
    assert_eq!(his.join(&topic, json!({})).await["seq"], 1);
    let ref_ = hers.begin(&topic, "propose", &renamed("Cellar")).await;
    let (entry, reply) = (hers.event("entry").await, hers.event("phx_reply").await);
    // The first entry is Bob's invitation, unless it came before its answer.
    let entry = if entry[4]["seq"] == 1 { hers.event("entry").await } else { entry };
    assert_eq!((&entry[4]["seq"], &entry[0], &entry[1]), (&json!(2), &Value::Null, &Value::Null));
    assert_eq!(reply[1], ref_);
    assert_eq!(reply[4], json!({ "response": { "seq": 2 }, "status": "ok" }));
    assert_eq!(his.event("entry").await, entry);
}

#[tokio::test]
async fn who_is_there_and_who_has_gone() {
    let site = Site::start_with(|config| config.limits.poll_window = std::time::Duration::from_secs(1)).await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    let board = ada.make_board("Roof").await.id;
    let topic = format!("boards:{board}");
    let mut hers = Client::open(&site, &ada).await;
    hers.join(&topic, json!({})).await;
    assert_eq!(hers.push(&topic, "invite", json!({ "email": "bob@example.org" })).await.0, "ok");
    let mut his = Client::open(&site, &bob).await;
    his.join(&topic, json!({})).await;
    let bob_id = bob.user.id.to_string();
    while hers.event("presence_diff").await[4]["joins"].get(&bob_id).is_none() {}
    // He polls no more.
    drop(his);
    while hers.event("presence_diff").await[4]["leaves"].get(&bob_id).is_none() {}
}

#[tokio::test]
async fn who_is_removed_hears_of_it() {
    let site = Site::start().await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    let board = ada.make_board("Roof").await.id;
    let topic = format!("boards:{board}");
    let mut hers = Client::open(&site, &ada).await;
    hers.join(&topic, json!({})).await;
    assert_eq!(hers.push(&topic, "invite", json!({ "email": "bob@example.org" })).await.0, "ok");
    let mut his = Client::open(&site, &bob).await;
    his.join(&topic, json!({})).await;
    let removed = super::client::proposal(&json!({ "type": "member_removed", "user_id": bob.user.id }));
    let (removal, closed) = tokio::join!(hers.push(&topic, "propose", removed), his.event("phx_close"));
    assert_eq!(removal.0, "ok");
    assert_eq!(closed[2], topic);
    // The session lives.
    assert_eq!(his.push("phoenix", "heartbeat", json!({})).await.0, "ok");
    assert_eq!(
        his.push(&topic, "phx_join", json!({})).await,
        ("error".to_owned(), json!({ "reason": "unauthorized" }))
    );
}
