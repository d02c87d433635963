//! Text frames, of both serializers and from both sides.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roost_protocol::{Frame, ServerMessage, Vsn};

fuzz_target!(|text: &str| {
    for vsn in [Vsn::V1, Vsn::V2] {
        if let Ok(message) = vsn.decode_text(text) {
            let Ok(Frame::Text(again)) = vsn.encode_push(&message) else { panic!("what was text is written as text") };
            assert_eq!(vsn.decode_text(&again), Ok(message));
        }
        match vsn.decode_server_text(text) {
            Ok(ServerMessage::Reply(reply)) => {
                let Ok(Frame::Text(again)) = vsn.encode_reply(&reply) else {
                    panic!("what was text is written as text")
                };
                let Ok(ServerMessage::Reply(read)) = vsn.decode_server_text(&again) else { panic!("a reply: {again}") };
                assert_eq!((read.ref_, read.status, read.response), (reply.ref_, reply.status, reply.response));
            }
            Ok(ServerMessage::Message(message)) => drop(vsn.encode_server_push(&message)),
            Err(_) => {}
        }
    }
});
