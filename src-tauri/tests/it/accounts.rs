//! Signing up, in and out, and what is kept between two runs.

use roost_bridge::{ConnectionPhase, DraftKey, Session, SignedOutReason, Theme, TokenKeeping};

use crate::desk::{Desk, Host, Secrets, credentials, person, user_of};

#[tokio::test]
async fn whoever_signed_up_is_signed_in_at_the_next_start() {
    let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    assert_eq!(desk.core.state().await.unwrap().session, Session::Unconnected);
    let ada = desk.sign_up(&host, "Ada").await;
    desk.core.set_theme(Theme::Dark).await.unwrap();
    desk.core.shutdown().await;

    let mut desk = Desk::open(profile.path(), &secrets).await;
    let state = desk.core.state().await.unwrap();
    assert_eq!(user_of(&state.session), ada);
    assert!(matches!(&state.session, Session::SignedIn { account } if account.token == TokenKeeping::Keyring));
    assert_eq!(state.theme, Theme::Dark);
    desk.wait_for_phase(ConnectionPhase::Live).await;
    desk.core.shutdown().await;
}

#[tokio::test]
async fn the_first_picture_does_not_wait_for_the_server() {
    let (mut host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    let ada = desk.sign_up(&host, "Ada").await;
    desk.core.shutdown().await;
    host.stop().await;

    let mut desk = Desk::open(profile.path(), &secrets).await;
    assert_eq!(user_of(&desk.core.state().await.unwrap().session), ada);
    desk.wait_for_phase(ConnectionPhase::Offline).await;
    host.start_again().await;
    desk.wait_for_phase(ConnectionPhase::Live).await;
    desk.core.shutdown().await;
}

#[tokio::test]
async fn after_a_sign_out_the_token_is_gone_and_refused() {
    let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.sign_up(&host, "Ada").await;
    let [token] = secrets.all().try_into().unwrap();
    assert_eq!(status_of(&host, &token).await, 200);

    let session = desk.core.sign_out().await.unwrap();
    assert!(matches!(session, Session::SignedOut { reason: None, .. }), "{session:?}");
    assert!(secrets.all().is_empty());
    assert_eq!(status_of(&host, &token).await, 401);
    assert_eq!(desk.core.state().await.unwrap().connection.phase, ConnectionPhase::Closed);

    let wrong = roost_protocol::rest::Credentials { password: "wrong".to_owned(), ..credentials("Ada") };
    assert!(desk.core.sign_in(wrong).await.is_err());
    desk.core.sign_in(credentials("Ada")).await.unwrap();
    desk.wait_for_phase(ConnectionPhase::Live).await;
    assert_eq!(secrets.all().len(), 1);
    desk.core.shutdown().await;
}

#[tokio::test]
async fn a_sign_out_needs_no_server() {
    let (mut host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.sign_up(&host, "Ada").await;
    host.stop().await;
    desk.core.sign_out().await.unwrap();
    assert!(secrets.all().is_empty());
    desk.core.shutdown().await;
}

#[tokio::test]
async fn a_token_that_is_revoked_elsewhere_asks_for_a_sign_in() {
    let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    desk.sign_up(&host, "Ada").await;
    let [token] = secrets.all().try_into().unwrap();
    let revoked = client().delete(format!("{}/api/v1/sessions", host.address())).bearer_auth(&token).send().await;
    assert_eq!(revoked.unwrap().status(), 204);

    desk.wait_for_session(|session| {
        matches!(session, Session::SignedOut { reason: Some(SignedOutReason::Refused), .. })
    })
    .await;
    assert!(secrets.all().is_empty());
    desk.core.shutdown().await;
}

#[tokio::test]
async fn without_a_keyring_somebody_is_signed_in_for_this_run() {
    let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::out_of_reach());
    let desk = Desk::open(profile.path(), &secrets).await;
    desk.core.choose_server(&host.address()).await.unwrap();
    let session = desk.core.sign_up(person("Ada")).await.unwrap();
    assert!(matches!(session, Session::SignedIn { account } if account.token == TokenKeeping::ThisRun));
    desk.core.shutdown().await;

    let mut desk = Desk::open(profile.path(), &secrets).await;
    // Whoever has to sign in again is told why.
    desk.wait_for_session(|session| {
        matches!(session, Session::SignedOut { reason: Some(SignedOutReason::NoKeyring), .. })
    })
    .await;
    desk.core.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_fields_is_said() {
    let (host, profile) = (Host::start().await, tempfile::tempdir().unwrap());
    let desk = Desk::open(profile.path(), &Secrets::in_reach()).await;
    desk.core.choose_server(&host.address()).await.unwrap();
    let mut nobody = person("Ada");
    nobody.first_name = "  ".to_owned();
    let error = roost_bridge::CommandError::from(desk.core.sign_up(nobody).await.unwrap_err());
    assert!(error.fields.contains_key("first_name"), "{error:?}");
    desk.core.shutdown().await;
}

#[tokio::test]
async fn drafts_are_there_again_for_the_one_who_typed_them() {
    let (host, profile, secrets) = (Host::start().await, tempfile::tempdir().unwrap(), Secrets::in_reach());
    let mut desk = Desk::open(profile.path(), &secrets).await;
    let key = DraftKey::new_board();
    assert!(desk.core.save_draft(&key, "too soon".to_owned()).await.is_err());
    desk.sign_up(&host, "Ada").await;
    desk.core.save_draft(&key, "Spring rel".to_owned()).await.unwrap();
    desk.core.shutdown().await;

    let desk = Desk::open(profile.path(), &secrets).await;
    let [draft] = desk.core.state().await.unwrap().drafts.try_into().unwrap();
    assert_eq!((draft.key, draft.text.as_str()), (key, "Spring rel"));
    desk.core.sign_out().await.unwrap();
    assert_eq!(desk.core.state().await.unwrap().drafts, []);
    desk.core.sign_up(person("Bob")).await.unwrap();
    assert_eq!(desk.core.state().await.unwrap().drafts, []);
    desk.core.shutdown().await;
}

async fn status_of(host: &Host, token: &str) -> u16 {
    let answer = client().get(format!("{}/api/v1/current_user", host.address())).bearer_auth(token).send().await;
    answer.unwrap().status().as_u16()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
