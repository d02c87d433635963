//! A Phoenix Channels client on tokio: it works with any Phoenix server, and with Roost's.
//!
//! A [`Socket`] keeps one connection open: it sends heartbeats, and comes back by itself with growing pauses when the
//! connection is lost. A try that hangs goes on while others are begun beside it, and a connection that is in doubt is
//! kept until another is there. A [`Channel`] is a topic joined on it: it is joined again whenever the connection is back, and
//! tells by [`ChannelEvents`] what happens, in the order in which the server said it.
//!
//! # Transports
//!
//! Frames travel on a WebSocket, or by long poll where something in between lets no WebSocket through ([`Transport`]).
//! [`SocketConfig::transport`] comes first. The other one is tried beside it when the machine is there, and yet the
//! upgrade is answered by something else (a page, or an HTTP status other than 101 and the refusal of a Phoenix server,
//! 403 with no page), is cut, or hangs for [`SocketConfig::fallback_time`]; and after two WebSockets that opened and
//! stayed mute. It is used only if it really opens: a server that is down, or a portal that answers everything, changes
//! nothing. What works is remembered and comes first from then on; [`Socket::transport`] tells it, so that an
//! application can keep it from one start to the next.
//!
//! Over long poll the WebSocket is looked for again: soon after the start, then after the growing pauses of
//! [`SocketConfig::websocket_backoff`], and at [`Socket::reconnect_now`]. One that answers a heartbeat takes over as soon
//! as nobody waits for an answer any more; the channels are left on the old line and joined on the new one.
//!
//! A request whose connection breaks leaves open what became of it. With a server that counts messages, as Roost's does
//! (`ack` in its answers), the request is made again and nothing is lost or doubled; with any other it is the end of the
//! connection, as it is for WebSockets: pushes under way fail, and channels are joined again.
//!
//! # Tasks
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
