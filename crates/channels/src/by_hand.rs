//! A socket without a network: whoever has its other end says what happens on it, and when. For tests of what is built
//! on sockets, in which everything is to happen in every order.

use std::fmt;
use std::time::Duration;

use roost_protocol::{Frame, Message, ServerMessage, Vsn};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::choice::Choice;
use crate::config::SocketConfig;
use crate::socket::{Socket, SocketState};
use crate::task::Desk;
use crate::topics::Topics;

/// The other end of a [`Socket`] that has no network.
pub struct ByHand {
    desk: Desk,
    state: watch::Sender<SocketState>,
    now: Instant,
}

impl fmt::Debug for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByHand")
    }
}

impl Socket {
    /// A socket without a network, and its other end. Nothing happens on it by itself.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn by_hand() -> (Self, ByHand) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (state, states) = watch::channel(SocketState::Connecting);
        let config = SocketConfig::new("ws://localhost/socket").expect("it is the address of a socket");
        let transport = Choice::new(&config).watch();
        let socket = Self::new(commands, states, transport, tokio::spawn(async {}), CancellationToken::new());
        let desk = Desk { commands: receiver, topics: Topics::new(config, backoff::jitter) };
        (socket, ByHand { desk, state, now: Instant::now() })
    }
}

impl ByHand {
    /// There is a connection.
    pub fn connect(&mut self) {
        self.state.send_replace(SocketState::Open);
        self.desk.topics.connected(self.now);
    }

    /// The connection is lost.
    pub fn disconnect(&mut self) {
        self.carry_out();
        self.state.send_replace(SocketState::Waiting { retry_in: Duration::ZERO });
        self.desk.topics.disconnected();
    }

    /// The server says something.
    pub fn hear(&mut self, message: ServerMessage) {
        self.carry_out();
        self.desk.topics.receive(message, self.now);
    }

    /// So much time passes.
    pub fn wait(&mut self, time: Duration) {
        self.carry_out();
        self.now += time;
        self.desk.topics.on_time(self.now);
    }

    /// What was said to the server since this was last asked, in order.
    pub fn said(&mut self) -> Vec<Message> {
        self.carry_out();
        let frames = self.desk.topics.outgoing.drain(..);
        let decoded = frames.map(|frame| match frame {
            Frame::Text(text) => Vsn::V2.decode_text(&text),
            Frame::Binary(bytes) => Vsn::V2.decode_binary(&bytes),
        });
        decoded.map(|message| message.expect("what is written here can be read")).collect()
    }

    /// Does what was asked of the socket by now.
    fn carry_out(&mut self) {
        while let Ok(command) = self.desk.commands.try_recv() {
            self.desk.carry_out(command);
        }
    }
}
