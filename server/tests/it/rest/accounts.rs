use roost_board::User;
use roost_protocol::rest::SessionAnswer;
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn somebody_signs_up_in_and_out() {
    let site = Site::start().await;
    let registered = site.caller.register("Ada", "Berg", " Ada@Example.org ", PASSWORD).await;
    assert_eq!(registered.status, 201);
    let body: Value = registered.json();
    assert_eq!(body["user"]["email"], "ada@example.org");
    assert_eq!(body["user"]["first_name"], "Ada");
    assert!(!registered.body.contains(PASSWORD));

    let again = site.caller.sign_in("ADA@example.ORG", PASSWORD).await;
    assert_eq!(again.status, 201);
    let SessionAnswer { jwt, user } = again.json();
    let ada = site.caller.with_token(&jwt);
    assert_eq!(ada.get("/api/v1/current_user").await.json::<User>(), user);

    let first = site.caller.with_token(body["jwt"].as_str().unwrap());
    let out = first.delete("/api/v1/sessions").await;
    assert_eq!((out.status.as_u16(), out.body.as_str()), (204, ""));
    assert_eq!(first.get("/api/v1/current_user").await.error(401).code, "unauthorized");
    assert_eq!(ada.get("/api/v1/current_user").await.status, 200, "the other sign-in is still good");
}

#[tokio::test]
async fn who_signed_out_stays_out_after_a_restart() {
    let site = Site::start().await;
    let (ada, bob) = (site.sign_up("Ada").await, site.sign_up("Bob").await);
    assert_eq!(ada.caller.delete("/api/v1/sessions").await.status, 204);
    let site = Site::start_in(site.stop().await, |_| {}).await;
    let get = async |token: &str| site.caller.with_token(token).get("/api/v1/current_user").await;
    assert_eq!(get(&ada.token).await.error(401).code, "unauthorized");
    assert_eq!(get(&bob.token).await.json::<User>(), bob.user, "the secret is kept, and so is the sign-in");
}

#[tokio::test]
async fn fields_are_told_what_is_wrong_with_them() {
    let site = Site::start().await;
    let error = site.caller.register("  ", "Berg", "ada", "short").await.error(422);
    assert_eq!(error.code, "invalid");
    assert_eq!(error.fields["first_name"], ["cannot be blank"]);
    assert_eq!(error.fields["email"], ["is not an e-mail address such as ada@example.org"]);
    assert_eq!(error.fields["password"], ["must have at least 8 characters"]);
    assert_eq!(error.fields.len(), 3);

    let nothing = site.caller.post("/api/v1/registrations", &json!({ "user": {} })).await.error(422);
    assert!(nothing.fields.contains_key("email") && nothing.fields.contains_key("first_name"));

    site.sign_up("Ada").await;
    let taken = site.caller.register("Eve", "Moor", "ADA@example.org", PASSWORD).await.error(422);
    assert!(taken.fields["email"][0].contains("already registered"), "{taken:?}");
}

#[tokio::test]
async fn wrong_passwords_look_like_unknown_people() {
    let site = Site::start().await;
    site.sign_up("Ada").await;
    let wrong = site.caller.sign_in("ada@example.org", "another password").await;
    let unknown = site.caller.sign_in("nobody@example.org", "another password").await;
    assert_eq!(wrong.error(401).code, "invalid_credentials");
    assert_eq!(wrong.body, unknown.body);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let site = Site::start().await;
    site.sign_up("Ada").await;
    let mut n_tries = 0;
    let throttled = loop {
        let answer = site.caller.sign_in("Ada@example.org", "a guess of mine").await;
        if answer.status != 401 {
            break answer;
        }
        n_tries += 1;
        assert!(n_tries < 100, "somebody may guess for ever");
    };
    assert_eq!(throttled.error(429).code, "too_many_attempts");
    let wait: u64 = throttled.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let right = site.caller.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(right.status, 429, "also the right password: else guessing goes on");
    assert_eq!(site.caller.sign_in("bob@example.org", PASSWORD).await.status, 401, "others are not held up");
}

#[tokio::test]
async fn addresses_that_nobody_can_have_are_not_remembered() {
    let site = Site::start().await;
    let email = format!("{}@example.org", "a".repeat(300));
    for _ in 0..60 {
        assert_eq!(site.caller.sign_in(&email, PASSWORD).await.error(401).code, "invalid_credentials");
    }
}

#[tokio::test]
async fn tokens_that_are_none() {
    let site = Site::start().await;
    let ada = site.sign_up("Ada").await;
    let elsewhere = Site::start().await.sign_up("Ada").await;
    let cut = &ada.token[..ada.token.len() - 2];
    for token in ["", "nonsense", "a.b.c", cut, &elsewhere.token, "\u{e4}"] {
        let answer = site.caller.with_token(token).get("/api/v1/current_user").await;
        assert_eq!(answer.error(401).code, "unauthorized", "{token}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn a_closed_server_has_one_local_person() {
    let site = Site::start_with(|config| config.registrations = false).await;
    let refused = site.caller.register("Ada", "Berg", "ada@example.org", PASSWORD).await;
    assert_eq!(refused.error(403).code, "registrations_closed");

    let session = site.server.local_session("Ada", "").await.unwrap();
    let ada = site.caller.with_token(&session.jwt);
    assert_eq!(ada.get("/api/v1/current_user").await.json::<User>(), session.user);
    assert!(site.caller.sign_in(&session.user.email, "").await.status.is_client_error());

    let site = Site::start_in(site.stop().await, |config| config.registrations = false).await;
    let again = site.server.local_session("Somebody", "Else").await.unwrap();
    assert_eq!(again.user, session.user);
}
