//! The bodies of REST calls and the payloads of pushes, as either side reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roost_board::{Change, Entry, Snapshot};
use roost_protocol::Payload;
use roost_protocol::payload::{Invite, JoinBoard, PresenceDiff, PresenceState, Propose};
use roost_protocol::rest::{BoardsAnswer, EntriesAnswer, Info, NewRegistration, NewSession, SessionAnswer};
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    let Ok(json) = RawValue::from_string(text.to_owned()) else { return };
    let payload = Payload::from(json);
    drop(payload.parse::<NewRegistration>());
    drop(payload.parse::<NewSession>());
    drop(payload.parse::<SessionAnswer>());
    drop(payload.parse::<Info>());
    drop(payload.parse::<BoardsAnswer>());
    drop(payload.parse::<EntriesAnswer>());
    drop(payload.parse::<JoinBoard>());
    drop(payload.parse::<Invite>());
    drop(payload.parse::<PresenceState>());
    drop(payload.parse::<PresenceDiff>());
    drop(payload.parse::<Propose>());
    drop(payload.parse::<Entry>());
    if let Ok(change) = payload.parse::<Change>() {
        let again = serde_json::to_string(&change).expect("a change can be written as JSON");
        assert_eq!(serde_json::from_str::<Change>(&again).expect("what was written can be read"), change);
    }
    // Whatever a board of another server looks like, one that is taken is one that can be kept.
    if let Ok(snapshot) = payload.parse::<Snapshot>() {
        let again = serde_json::to_string(&snapshot).expect("a board can be written as JSON");
        let read: Snapshot = serde_json::from_str(&again).expect("what was written can be read");
        assert_eq!(read.board, snapshot.board);
    }
});
