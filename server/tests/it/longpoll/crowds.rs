//! Many sessions, many requests at once, and clients that send more than they listen.

use std::fmt::Display;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::client::{Client, in_a_hurry, renamed};
use crate::site::Site;

fn heartbeat(ref_: impl Display) -> String {
    format!(r#"[null,"{ref_}","phoenix","heartbeat",{{}}]"#)
}

#[tokio::test]
async fn one_entry_reaches_everyone_who_polls() {
    const N_SESSIONS: usize = 100;
    let site = Site::start_with(|config| config.limits.sockets_per_user = N_SESSIONS + 1).await;
    let ada = site.sign_up("Ada").await;
    let topic = format!("boards:{}", ada.make_board("Roof").await.id);
    let mut sessions = Vec::new();
    for _ in 0..N_SESSIONS {
        let mut client = Client::open(&site, &ada).await;
        client.join(&topic, json!({})).await;
        sessions.push(client);
    }
    let mut writer = Client::open(&site, &ada).await;
    writer.join(&topic, json!({})).await;
    let heard = join_all(sessions.iter_mut().map(|client| client.event("entry")));
    let (heard, proposed) = tokio::join!(heard, writer.push(&topic, "propose", renamed("Cellar")));
    assert_eq!(proposed.0, "ok");
    assert!(heard.iter().all(|entry| entry[4]["seq"] == 1));
}

/// Who sends without listening is not read further once the answers fill what is kept for them. What was taken is
/// answered, and the rest can be sent again.
#[tokio::test]
async fn who_floods_waits_until_the_answers_are_taken() {
    const LAST: &str = "last";
    let (site, ada) = in_a_hurry(Duration::from_secs(2)).await;
    let client = Client::open(&site, &ada).await;
    let mut n_sent = 0;
    loop {
        let lines: Vec<String> = (n_sent..n_sent + 100).map(heartbeat).collect();
        let answer = client.post("", lines.join("\n")).await;
        if answer.body != r#"{"status":200}"# {
            assert_eq!(answer.body, r#"{"reason":"it took too long (request_time)","status":408}"#);
            break;
        }
        n_sent += 100;
        assert!(n_sent < 100_000, "nothing holds it up");
    }
    let mut n_answers = 0;
    'answers: loop {
        let answer: Value = client.get("").await.json();
        for text in answer["messages"].as_array().unwrap() {
            let message: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
            if message[1] == LAST {
                break 'answers;
            }
            assert_eq!(message[1], n_answers.to_string());
            n_answers += 1;
        }
        if answer["status"] == 204 || n_answers >= n_sent {
            client.post("", heartbeat(LAST)).await;
        }
    }
    assert!((n_sent..n_sent + 100).contains(&n_answers), "{n_answers} of {n_sent}");
    // And what was not taken can be sent again, by number.
    let lines: Vec<String> = (n_answers..n_answers + 10).map(heartbeat).collect();
    assert_eq!(client.post("", lines.join("\n")).await.body, r#"{"status":200}"#);
}

#[tokio::test]
async fn many_posts_and_polls_at_once() {
    let site = Site::start_with(|config| config.limits.poll_window = Duration::from_secs(2)).await;
    let ada = site.sign_up("Ada").await;
    let client = Client::open(&site, &ada).await;
    let posts = join_all((0..50).map(|number| {
        let client = &client;
        async move { client.post("", heartbeat(number)).await.body }
    }));
    let polls = join_all((0..50).map(|_| client.get("")));
    let (posted, polled) = tokio::join!(posts, polls);
    let n_taken = posted.iter().filter(|body| *body == r#"{"status":200}"#).count();
    let n_refused =
        posted.iter().filter(|body| *body == r#"{"reason":"too many requests at a time","status":429}"#).count();
    assert_eq!(n_taken + n_refused, 50, "{posted:?}");
    assert!(n_taken >= 8, "{n_taken}");
    // Each answer came to exactly one of the polls, or comes to the next.
    let mut n_heard = 0;
    for answer in &polled {
        match answer.json::<Value>() {
            answer if answer["status"] == 429 => assert_eq!(answer["reason"], "too many polls at a time"),
            answer => n_heard += answer["messages"].as_array().unwrap().len(),
        }
    }
    while n_heard < n_taken {
        n_heard += client.get("").await.json::<Value>()["messages"].as_array().unwrap().len();
    }
    assert_eq!(n_heard, n_taken);
    assert_eq!(client.get("").await.json::<Value>()["status"], 204);
}
