//! Binary frames, from both sides.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use roost_protocol::{Frame, ServerMessage, Vsn};

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    assert!(Vsn::V1.decode_binary(&bytes).is_err());
    if let Ok(message) = Vsn::V2.decode_binary(&bytes) {
        assert_eq!(Vsn::V2.encode_push(&message), Ok(Frame::Binary(bytes.clone())));
    }
    match Vsn::V2.decode_server_binary(&bytes) {
        Ok(ServerMessage::Reply(reply)) => {
            assert_eq!(Vsn::V2.encode_reply(&reply), Ok(Frame::Binary(bytes)));
        }
        Ok(ServerMessage::Message(message)) => {
            // A push of the server's has no ref, and a broadcast no join_ref either.
            let again = if message.join_ref.is_null() {
                Vsn::V2.encode_broadcast(&message.topic, &message.event, &message.payload)
            } else {
                Vsn::V2.encode_server_push(&message)
            };
            let Ok(Frame::Binary(again)) = again else { panic!("what was binary is written as binary") };
            assert_eq!(Vsn::V2.decode_server_binary(&again), Ok(ServerMessage::Message(message)));
        }
        Err(_) => {}
    }
});
