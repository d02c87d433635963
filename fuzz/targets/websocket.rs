//! The bytes that a WebSocket brings.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    roost_server::fuzzed::websocket(bytes, cut.into());
});
