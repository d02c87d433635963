//! Choosing a server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use roost_bridge::{CommandError, Session};

use crate::desk::{Desk, Host, Secrets};

async fn desk() -> (Desk, tempfile::TempDir) {
    let profile = tempfile::tempdir().unwrap();
    (Desk::open(profile.path(), &Secrets::in_reach()).await, profile)
}

async fn code_of(desk: &Desk, address: &str) -> String {
    CommandError::from(desk.core.choose_server(address).await.unwrap_err()).code
}

#[tokio::test]
async fn a_server_is_chosen_and_left() {
    let (host, (desk, profile)) = (Host::start().await, desk().await);
    let address = host.address();
    let server = desk.core.choose_server(&format!(" {address}/ ")).await.unwrap();
    assert_eq!(server.address, address);
    let chosen = Session::SignedOut { server, reason: None };
    assert_eq!(desk.core.session(), chosen);
    desk.core.shutdown().await;

    let desk = Desk::open(profile.path(), &Secrets::in_reach()).await;
    assert_eq!(desk.core.state().await.unwrap().session, chosen);
    assert_eq!(desk.core.leave_server().await.unwrap(), Session::Unconnected);
    desk.core.shutdown().await;
}

#[tokio::test]
async fn what_is_no_server_is_named() {
    let (desk, _profile) = desk().await;
    assert_eq!(code_of(&desk, "my server").await, "bad_address");

    let portal = answering("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "<h1>Sign in to the network</h1>");
    assert_eq!(code_of(&desk, &portal).await, "not_a_roost_server");
    let redirect = answering("HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n", "");
    assert_eq!(code_of(&desk, &redirect).await, "not_a_roost_server");
    let other = answering("HTTP/1.1 404 Not Found\r\n", r#"{"error":{"code":"not_found","message":"no"}}"#);
    assert_eq!(code_of(&desk, &other).await, "not_a_roost_server");
    let later = answering("HTTP/1.1 200 OK\r\n", r#"{"name":"roost","version":"9.0.0","protocol":9}"#);
    assert_eq!(code_of(&desk, &later).await, "not_a_roost_server");
    let mute = answering("", "");
    assert_eq!(code_of(&desk, &mute).await, "unreachable");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(code_of(&desk, &nobody.to_string()).await, "unreachable");
    assert_eq!(desk.core.session(), Session::Unconnected);
    desk.core.shutdown().await;
}

/// Something that answers one request in its own way; answers its address.
fn answering(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = match head {
        "" => String::new(),
        head => format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()),
    };
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    address
}
