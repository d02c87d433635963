//! Who is there.

use std::collections::BTreeMap;

use roost_protocol::payload::{PresenceDiff, PresenceState};
use serde_json::json;

use super::table::steady;
use super::world::{Client, Person, World};

struct Watcher {
    client: Client,
    topic: String,
    state: PresenceState,
}

impl Watcher {
    async fn join(world: &World, person: &Person, topic: &str) -> Self {
        let mut client = world.connect(person).await;
        client.join(topic, json!({})).await;
        assert!(client.events.is_empty(), "the answer to the join comes first");
        let message = client.json().await;
        assert_eq!([&message[0], &message[1], &message[2]], [&json!("1"), &json!(null), &json!(topic)]);
        assert_eq!(message[3], "presence_state");
        let state = serde_json::from_value(message[4].clone()).unwrap();
        Self { client, topic: topic.to_owned(), state }
    }

    async fn diff(&mut self) -> PresenceDiff {
        let message = self.client.event("presence_diff").await;
        assert_eq!([&message[0], &message[1], &message[2]], [&json!(null), &json!(null), &json!(self.topic)]);
        let diff: PresenceDiff = serde_json::from_value(message[4].clone()).unwrap();
        assert!(!diff.joins.is_empty() || !diff.leaves.is_empty());
        diff.apply_to(&mut self.state);
        diff
    }

    /// How many sockets everyone has.
    fn there(&self) -> BTreeMap<&str, usize> {
        self.state.values().map(|entry| (entry.metas[0].name.as_str(), entry.metas.len())).collect()
    }

    async fn until(&mut self, expected: &[(&str, usize)]) {
        let expected = BTreeMap::from_iter(expected.iter().copied());
        while self.there() != expected {
            self.diff().await;
        }
    }
}

async fn two_members(world: &World) -> (Person, Person, String) {
    let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
    let topic = format!("boards:{}", world.make_board(&ada, "Roof").await);
    let mut client = world.connect(&ada).await;
    client.join(&topic, json!({})).await;
    assert_eq!(client.push(&topic, "invite", json!({ "email": bob.user.email })).await.0, "ok");
    client.push(&topic, "phx_leave", json!({})).await;
    (ada, bob, topic)
}

#[tokio::test]
async fn people_come_and_go() {
    let world = World::start().await;
    let (ada, bob, topic) = two_members(&world).await;
    let (ada_name, bob_name) = ("Ada Example", "Bob Example");
    let mut hers = Watcher::join(&world, &ada, &topic).await;
    assert_eq!(hers.there(), BTreeMap::from([(ada_name, 1)]));
    let meta = &hers.state[&ada.user.id].metas[0];
    assert!(!meta.phx_ref.is_empty() && meta.online_at.is_some());

    let mut first = Watcher::join(&world, &bob, &topic).await;
    assert_eq!(first.there(), BTreeMap::from([(ada_name, 1), (bob_name, 1)]));
    hers.until(&[(ada_name, 1), (bob_name, 1)]).await;
    let second = Watcher::join(&world, &bob, &topic).await;
    hers.until(&[(ada_name, 1), (bob_name, 2)]).await;
    first.until(&[(ada_name, 1), (bob_name, 2)]).await;
    assert_eq!(hers.state, first.state);
    let metas = &hers.state[&bob.user.id].metas;
    assert_ne!(metas[0].phx_ref, metas[1].phx_ref);

    // A connection that breaks without a goodbye, and a leave.
    drop(second);
    hers.until(&[(ada_name, 1), (bob_name, 1)]).await;
    assert_eq!(first.client.push(&topic, "phx_leave", json!({})).await.0, "ok");
    let diff = hers.diff().await;
    assert_eq!((diff.joins.len(), diff.leaves[&bob.user.id].metas.len()), (0, 1));
    assert_eq!(hers.there(), BTreeMap::from([(ada_name, 1)]));
}

#[tokio::test]
async fn what_happens_at_once_goes_out_as_one() {
    let world = World::start().await;
    let (ada, bob, topic) = two_members(&world).await;
    let mut hers = Watcher::join(&world, &ada, &topic).await;
    let mut his = Vec::new();
    for _ in 0..20 {
        his.push(world.connect(&bob).await);
    }
    for client in &mut his {
        client.begin(&topic, "phx_join", &json!({})).await;
    }
    let mut n_diffs = 0;
    while hers.there().get("Bob Example") != Some(&20) {
        hers.diff().await;
        n_diffs += 1;
    }
    assert!(n_diffs < 20, "{n_diffs} diffs for 20 joins");
}

#[tokio::test]
async fn who_is_removed_is_no_longer_there() {
    let world = World::start().await;
    let (ada, bob, topic) = two_members(&world).await;
    let mut hers = Watcher::join(&world, &ada, &topic).await;
    let _his = Watcher::join(&world, &bob, &topic).await;
    hers.until(&[("Ada Example", 1), ("Bob Example", 1)]).await;
    hers.client.propose(&topic, json!({ "type": "member_removed", "user_id": bob.user.id })).await;
    hers.until(&[("Ada Example", 1)]).await;
}

/// Byte for byte, with `…` for refs and times. Phoenix tells the joiner of its own coming before `presence_state`, and
/// of each at once; Roost after it, and of those who come or go within 50 ms in one.
#[tokio::test]
async fn the_frames_of_presence() {
    let world = World::start().await;
    let (ada, bob, topic) = two_members(&world).await;
    let meta = |name: &str| format!(r#"{{"phx_ref":"…","name":"{name} Example","online_at":"…"}}"#);
    let entry =
        |person: &Person, metas: &[String]| format!(r#""{}":{{"metas":[{}]}}"#, person.user.id, metas.join(","));
    let state = |entries: &[String]| format!(r#"["1",null,"{topic}","presence_state",{{{}}}]"#, entries.join(","));
    let diff = |joins: &str, leaves: &str| {
        format!(r#"[null,null,"{topic}","presence_diff",{{"joins":{{{joins}}},"leaves":{{{leaves}}}}}]"#)
    };
    let hers = entry(&ada, &[meta("Ada")]);
    let his = entry(&bob, &[meta("Bob")]);

    // To the joiner: the answer, everyone who is there, then its own coming.
    let mut one = world.connect(&ada).await;
    one.join(&topic, json!({})).await;
    assert!(one.events.is_empty());
    assert_eq!(steady(&one.text().await), state(std::slice::from_ref(&hers)));
    assert_eq!(steady(&one.text().await), diff(&hers, ""));
    // To the others: who has come.
    let mut other = world.connect(&bob).await;
    other.join(&topic, json!({})).await;
    // In the order of their ids, which is that of their making.
    assert_eq!(steady(&other.text().await), state(&[hers.clone(), his.clone()]));
    for client in [&mut one, &mut other] {
        assert_eq!(steady(&client.text().await), diff(&his, ""));
    }
    // A second socket of somebody: the state has both of their metas, the diff only the new one.
    let mut second = world.connect(&bob).await;
    second.join(&topic, json!({})).await;
    assert_eq!(steady(&second.text().await), state(&[hers.clone(), entry(&bob, &[meta("Bob"), meta("Bob")])]));
    for client in [&mut one, &mut other, &mut second] {
        assert_eq!(steady(&client.text().await), diff(&his, ""));
    }
    // A leave, and a connection that breaks.
    assert_eq!(second.push(&topic, "phx_leave", json!({})).await.0, "ok");
    for client in [&mut one, &mut other] {
        assert_eq!(steady(&client.text().await), diff("", &his));
    }
    drop(other);
    assert_eq!(steady(&one.text().await), diff("", &his));
    // A second join of the same socket takes the place of the first.
    one.send(&format!(r#"["2","2","{topic}","phx_join",{{"since":0}}]"#)).await;
    assert_eq!(one.json().await[3], "phx_reply");
    one.expect(&format!(r#"["1","1","{topic}","phx_close",{{}}]"#)).await;
    assert_eq!(steady(&one.text().await), state(std::slice::from_ref(&hers)).replace(r#"["1""#, r#"["2""#));
    assert_eq!(steady(&one.text().await), diff(&hers, &hers));
}
