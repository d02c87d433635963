//! What travels between Roost clients and servers: Phoenix frames, topics, event names, payloads and REST bodies.
//!
//! A [`Message`] is what a frame says, a [`Vsn`] is how it is written: as objects (version 1) or as arrays and binary
//! frames (version 2). Both sides of a socket are here, since the server reads what the client writes and the other
//! way round:
//!
//! | | writes | reads |
//! |---|---|---|
//! | client | [`Vsn::encode_push`] | [`Vsn::decode_server_text`], [`Vsn::decode_server_binary`] |
//! | server | [`Vsn::encode_reply`], [`Vsn::encode_server_push`], [`Vsn::encode_broadcast`], [`Vsn::encode_unmatched`] | [`Vsn::decode_text`], [`Vsn::decode_binary`] |
//!
//! This crate does no IO and compiles for the host and for wasm32. Reading any bytes gives a value or an error.
//!
//! ```
//! use roost_protocol::{Frame, Reply, Status, Vsn};
//!
//! let join = Vsn::V2.decode_text(r#"["1","1","phoenix","heartbeat",{}]"#)?;
//! let reply = Reply::to(&join, Status::Ok, roost_protocol::Payload::empty());
//! let frame = Vsn::V2.encode_reply(&reply)?;
//! assert_eq!(frame, Frame::Text(r#"["1","1","phoenix","phx_reply",{"response":{},"status":"ok"}]"#.to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binary;
mod error;
pub mod event;
mod first_keys;
mod json;
mod message;
pub mod payload;
mod reference;
pub mod rest;
mod serializer;
mod topic;
mod v1;
mod v2;

pub use error::{DecodeError, EncodeError, PayloadError};
pub use message::{Frame, Message, Payload, Reply, ServerMessage, Status};
pub use reference::Ref;
pub use rest::API_PREFIX;
pub use serializer::{UnsupportedVsn, Vsn};
pub use topic::{InvalidTopic, Topic};
