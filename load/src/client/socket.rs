//! One socket: bytes in and out, never waiting for either.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{Domain, Protocol, Type};

/// How far a socket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has asked to become a WebSocket.
    Upgrading,
    /// It has asked to join its topic.
    Joining,
    /// It has joined.
    Joined,
    /// It is at its end.
    Closed,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    pub(super) phase: Phase,
    /// What was read of a frame that is not whole.
    pub(super) partial: Vec<u8>,
    /// What the kernel would not take yet.
    unsent: Vec<u8>,
}

impl Socket {
    /// Begins to connect, from an address of its own: there are no more than 28,000 ports on each.
    pub(super) fn connect(to: SocketAddr, from: Ipv4Addr) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        // Thousands of closed connections would keep their ports for a minute.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        match socket.connect(&to.into()) {
            Err(error) if !is_pending(&error) => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let stream = TcpStream::from_std(socket.into());
        Ok(Self { stream, phase: Phase::Upgrading, partial: Vec::new(), unsent: Vec::new() })
    }

    /// Sends bytes; what cannot go now goes with the next [`flush`](Self::flush).
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let n_sent = if self.unsent.is_empty() { write(&mut self.stream, bytes)? } else { 0 };
        self.unsent.extend(&bytes[n_sent..]);
        Ok(())
    }

    /// Sends what is left.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if !self.unsent.is_empty() {
            let n_sent = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..n_sent);
        }
        Ok(())
    }

    /// Reads what is there; `None` when that is nothing yet, 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match self.stream.read(buffer) {
                Ok(n) => return Ok(Some(n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_pending(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Writes as much as the kernel takes.
fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut n_sent = 0;
    while n_sent < bytes.len() {
        match stream.write(&bytes[n_sent..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => n_sent += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_pending(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(n_sent)
}

/// Whether it is only not done yet, be it the connecting.
fn is_pending(error: &io::Error) -> bool {
    let in_progress = rustix::io::Errno::INPROGRESS.raw_os_error();
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
        || error.raw_os_error() == Some(in_progress)
}
