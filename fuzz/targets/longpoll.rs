//! The body of a POST by long poll.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, bool, &[u8])| {
    let (cut, is_list, body) = input;
    roost_server::fuzzed::longpoll(body, cut.into(), is_list);
});
