//! The generator against servers: one that does all it should, both floors, and one that lies.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test has to end it")]

mod liar;

use std::net::SocketAddr;
use std::process::{Command, Output};

use roost_server::{Config, Server};
use tempfile::TempDir;

use liar::Lie;

/// Runs the generator.
async fn load(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roost-load"));
    command.args(args);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs it for a moment against what runs on an address.
async fn measure(address: SocketAddr, args: &str) -> Output {
    // This process has the server in it.
    let (address, pid) = (address.to_string(), std::process::id().to_string());
    let mut all: Vec<_> = args.split_whitespace().collect();
    all.extend(["--address", &address, "--pid", &pid]);
    load(&all).await
}

#[tokio::test]
async fn both_floors_tell_everybody_everything_once_and_in_order() {
    for floor in ["a", "b"] {
        for args in [
            "fan-out --sockets 20",
            "fan-out --sockets 20 --rate 100",
            "many-boards --sockets 20 --topics 4 --senders 2",
        ] {
            let mut args: Vec<_> = args.split_whitespace().collect();
            args.extend(["--floor", floor, "--seconds", "0.2", "--warm-up", "0.1"]);
            let output = load(&args).await;
            let said = said(&output);
            assert!(
                output.status.success() && said.contains(": 0 lost, 0 doubled, 0 out of order"),
                "{args:?}: {said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_measured() {
    let dir = TempDir::new().unwrap();
    let mut config = Config::new(dir.path());
    config.secret = Some(roost_load::SECRET.to_owned());
    // Once for the tables.
    Server::start(config.clone()).await.unwrap().shutdown().await;
    let path = dir.path().to_str().unwrap();
    let prepared = load(&["prepare", "--data-dir", path, "--sockets", "20", "--topics", "4"]).await;
    assert!(prepared.status.success(), "{}", said(&prepared));
    let server = Server::start(config).await.unwrap();
    let address = server.address();
    for args in [
        "many-boards --senders 4 --seconds 0.3 --warm-up 0.1",
        "many-boards --senders 8 --in-flight 4 --seconds 0.3 --warm-up 0.1",
        "many-boards --senders 4 --rate 50 --seconds 0.3 --warm-up 0.1",
    ] {
        let output = measure(address, &format!("{args} --sockets 20 --topics 4")).await;
        let said = said(&output);
        assert!(output.status.success() && said.contains(": 0 lost, 0 doubled, 0 out of order"), "{args}: {said}");
    }
    let output = measure(address, "idle --sockets 20 --topics 4 --seconds 0.1").await;
    assert!(output.status.success() && said(&output).contains("20 sockets joined"), "{}", said(&output));
    // Boards that nobody made: what is refused is an error and no figure.
    let output = measure(address, "idle --sockets 20 --topics 20 --seconds 0.1").await;
    assert!(!output.status.success() && said(&output).contains("unauthorized"), "{}", said(&output));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_are_found() {
    for (lie, expected) in [
        (Lie::Lost, ": 1 lost, 0 doubled, 0 out of order"),
        (Lie::Doubled, ": 0 lost, 1 doubled, 0 out of order"),
        (Lie::Swapped, ": 0 lost, 0 doubled, 1 out of order"),
    ] {
        let address = liar::serve(lie).await;
        let output = measure(address, "durable --senders 1 --rate 100 --seconds 0.3 --warm-up 0 --patience 0.5").await;
        let said = said(&output);
        assert!(!output.status.success() && said.contains(expected), "{lie:?}: {said}");
    }
}
