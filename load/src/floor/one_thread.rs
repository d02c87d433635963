//! Floor A: one thread, and one write for each message and subscriber.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::ACCEPTED;
use super::prepared::{Lines, Prepared, Request};
use crate::client::frame::{self, Kind};
use crate::client::message::Topic;

const LISTENER: Token = Token(usize::MAX);
const BUFFER: usize = 64 * 1024;

struct Socket {
    stream: TcpStream,
    is_upgraded: bool,
    /// What was read of something that is not whole.
    partial: Vec<u8>,
    /// What the kernel would not take yet.
    unsent: Vec<u8>,
}

struct Subscribers {
    sockets: Vec<usize>,
    lines: Lines,
}

/// A server without logic.
struct Server {
    poll: Poll,
    listener: TcpListener,
    prepared: Prepared,
    sockets: Vec<Option<Socket>>,
    topics: HashMap<Topic, Subscribers>,
}

/// Serves until the process is ended.
pub(super) fn serve(prepared: Prepared, listening: impl FnOnce(SocketAddr)) -> Result<()> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    listening(listener.local_addr()?);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server { poll, listener, prepared, sockets: Vec::new(), topics: HashMap::new() };
    let mut events = Events::with_capacity(1_024);
    let mut buffer = vec![0; BUFFER];
    loop {
        match server.poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result.context("cannot poll")?,
        }
        for event in &events {
            let Token(index) = event.token();
            if event.token() == LISTENER {
                server.accept()?;
            } else if server.work(index, event.is_writable(), &mut buffer).is_err() {
                server.remove(index);
            }
        }
    }
}

impl Server {
    fn accept(&mut self) -> Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("cannot accept"),
            };
            stream.set_nodelay(true)?;
            let token = Token(self.sockets.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            let socket = Socket { stream, is_upgraded: false, partial: Vec::new(), unsent: Vec::new() };
            self.sockets.push(Some(socket));
        }
    }

    fn remove(&mut self, index: usize) {
        self.sockets[index] = None;
        for subscribers in self.topics.values_mut() {
            subscribers.sockets.retain(|socket| *socket != index);
        }
    }

    fn work(&mut self, index: usize, is_writable: bool, buffer: &mut [u8]) -> Result<()> {
        loop {
            let Some(socket) = &mut self.sockets[index] else { return Ok(()) };
            if is_writable {
                socket.flush()?;
            }
            let length = match socket.stream.read(buffer) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            if socket.partial.is_empty() {
                let n_used = self.take(index, &buffer[..length])?;
                self.keep(index, &buffer[n_used..length]);
            } else {
                let mut bytes = std::mem::take(&mut socket.partial);
                bytes.extend(&buffer[..length]);
                let n_used = self.take(index, &bytes)?;
                self.keep(index, &bytes[n_used..]);
            }
            // A reading that does not fill the buffer was the last one: more makes another event.
            if length < buffer.len() {
                return Ok(());
            }
        }
    }

    fn keep(&mut self, index: usize, rest: &[u8]) {
        if let Some(socket) = &mut self.sockets[index]
            && !rest.is_empty()
        {
            socket.partial = rest.to_vec();
        }
    }

    /// Works on what is whole; returns how many bytes that is.
    fn take(&mut self, index: usize, bytes: &[u8]) -> Result<usize> {
        let mut n_used = 0;
        let Some(socket) = &mut self.sockets[index] else { return Ok(bytes.len()) };
        if !socket.is_upgraded {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            n_used = end + 4;
            socket.is_upgraded = true;
            socket.send(ACCEPTED.as_bytes())?;
        }
        while let Some(frame) = frame::first(&bytes[n_used..])? {
            let text = &bytes[n_used + frame.start..n_used + frame.end];
            n_used += frame.end;
            if let Some(request) = Request::read(text).filter(|_| frame.kind == Kind::Text) {
                self.answer(index, request)?;
            }
        }
        Ok(n_used)
    }

    fn answer(&mut self, index: usize, request: Request<'_>) -> Result<()> {
        let subscribers = self.topics.entry(request.topic());
        let subscribers =
            subscribers.or_insert_with(|| Subscribers { sockets: Vec::new(), lines: Lines::new(request, framed) });
        if request.is_proposal() {
            let (entry, reply) = subscribers.lines.of(request);
            for subscriber in &subscribers.sockets {
                if let Some(socket) = &mut self.sockets[*subscriber] {
                    socket.send(entry)?;
                }
            }
            self.sockets[index].as_mut().map_or(Ok(()), |socket| socket.send(reply))
        } else {
            subscribers.sockets.push(index);
            let bytes = self.prepared.join(request).map(|text| framed(&text)).concat();
            self.sockets[index].as_mut().map_or(Ok(()), |socket| socket.send(&bytes))
        }
    }
}

fn framed(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::plain(Kind::Text, text.as_bytes(), &mut bytes);
    bytes
}

impl Socket {
    /// Sends bytes with one write, and keeps what the kernel does not take.
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let n_sent = if self.unsent.is_empty() { write(&mut self.stream, bytes)? } else { 0 };
        self.unsent.extend(&bytes[n_sent..]);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            let n_sent = write(&mut self.stream, &self.unsent)?;
            if n_sent == 0 {
                break;
            }
            self.unsent.drain(..n_sent);
        }
        Ok(())
    }
}

fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}
