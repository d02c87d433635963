//! A Phoenix Channels client on tokio: it works with any Phoenix server, and with Roost's.
//!
//! A [`Socket`] keeps one connection open: it sends heartbeats, and comes back by itself with growing pauses when the
//! connection is lost. A try that hangs goes on while others are begun beside it, and a connection that is in doubt is
//! kept until another is there. A [`Channel`] is a topic joined on it: it is joined again whenever the connection is back, and
//! tells by [`ChannelEvents`] what happens, in the order in which the server said it.
//!
//! One task owns the connection and everything that belongs to it. It ends with the `Socket`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use roost_channels::{ChannelEvent, Socket, SocketConfig};
//! use serde_json::json;
//!
//! let mut config = SocketConfig::new("wss://example.org/socket")?;
//! config.auth_token = Some("a token".to_owned());
//! let socket = Socket::connect(config);
//!
//! let (room, mut events) = socket.channel("room:lobby", || json!({}));
//! while let Some(event) = events.recv().await {
//!     match event {
//!         ChannelEvent::Joined { .. } => {
//!             room.push("shout", json!({"body": "hello"}), Duration::from_secs(10)).await?;
//!         }
//!         ChannelEvent::Message { event, payload } => println!("{event}: {payload:?}"),
//!         ChannelEvent::Disconnected => println!("away; it will be joined again"),
//!         ChannelEvent::Refused { response } => println!("refused: {response:?}"),
//!         ChannelEvent::Closed => break,
//!     }
//! }
//! socket.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod backlog;
mod backoff;
mod by_hand;
mod channel;
mod choice;
mod config;
mod connect;
mod connection;
mod dial;
mod heard;
mod heartbeat;
mod probe;
mod socket;
mod task;
mod tls;
mod topics;
mod transport;
mod tries;

pub use backoff::Backoff;
pub use by_hand::ByHand;
pub use channel::{Channel, ChannelEvent, ChannelEvents, PushError};
pub use config::{InvalidUrl, Proxy, SocketConfig};
pub use roost_protocol::{Payload, PayloadError, Vsn};
pub use socket::{Socket, SocketState};
pub use transport::Transport;
