//! Many sockets in one thread.
//!
//! The generator shares the machine with what it measures, so it does as little as it can: one thread, one buffer, one
//! system call for each reading, and of a message only the few bytes that are of use are looked at.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use super::frame::{self, Kind};
use super::message::{self, Message, Topic, at};
use super::order::{Faults, Order};
use super::pace::Schedule;
use super::presence::{Known, Seen};
use super::socket::{Phase, Socket};
use super::tally::Latencies;
use crate::ids;

/// How much is read at a time.
const BUFFER: usize = 256 * 1024;

/// A buffer of a socket that had to take more than this is let go of.
const PARTIAL_KEPT: usize = 16 * 1024;

/// Sockets from one address.
const PER_ADDRESS: usize = 20_000;

/// Sockets that connect at a time: more than a server's queue has places, and the kernel would try again after a second.
const CONNECTING_MAX: usize = 100;

const TIMER: Token = Token(usize::MAX);

/// The key of every handshake, as in RFC 6455; a generator need not be told from another by it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// How long may pass without anything happening while something is awaited.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who sits where.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    /// Whose socket it is.
    pub(crate) token: Arc<str>,
    /// The number of its board.
    pub(crate) board: usize,
    /// From where it catches up; `None` asks for the board.
    pub(crate) since: Option<u64>,
}

/// A socket and what it was told.
#[derive(Debug)]
struct Member {
    socket: Socket,
    board: usize,
    since: Option<u64>,
    order: Order,
    /// The frames so far of a message that came in several.
    message: Vec<u8>,
    presence: Seen,
    asked_at: u64,
    /// A proposal as a frame of which a few bytes change.
    template: Vec<u8>,
    n_proposed: u64,
}

#[derive(Debug)]
struct Board {
    topic: Topic,
    /// The highest `seq` that anybody was told.
    end: u64,
    n_members: u32,
}

/// A proposal on its way.
#[derive(Debug)]
struct Pending {
    due: u64,
    sender: usize,
    /// How many are still to hear of it.
    n_awaited: u32,
    is_answered: bool,
}

/// How the joins went.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    /// From the first connect to the last answer.
    pub(crate) time: Duration,
    /// From a connect to the answer to the join.
    pub(crate) latencies: Latencies,
    /// What the answers had, altogether.
    pub(crate) bytes: u64,
}

/// What was counted while proposals were made.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) n_deliveries: u64,
    pub(crate) n_replies: u64,
    pub(crate) n_reads: u64,
    pub(crate) deliveries: Latencies,
    pub(crate) replies: Latencies,
}

/// Many sockets.
#[derive(Debug)]
pub(crate) struct Swarm {
    server: SocketAddr,
    poll: Poll,
    timer: OwnedFd,
    buffer: Vec<u8>,
    start: Instant,
    /// In milliseconds since 1970: what tells our proposals from those of other runs.
    run: u64,
    members: Vec<Member>,
    boards: Vec<Board>,
    n_upgraded: usize,
    n_joined: usize,
    joins: Joins,
    /// Users that may be seen, and whether anybody looks.
    known_users: Option<usize>,
    pending: VecDeque<Pending>,
    /// The number of the first one in `pending`.
    first_pending: u64,
    /// Senders of whom a proposal has arrived everywhere.
    free: Vec<usize>,
    schedule: Option<Schedule>,
    senders: Vec<usize>,
    next_sender: usize,
    /// From when on what was due is counted.
    counted_from: u64,
    pub(crate) counts: Counts,
    pub(crate) faults: Faults,
    failure: Option<String>,
}

impl Swarm {
    /// Nobody yet. With `known_users` it is noted which of so many users each socket knows to be there.
    pub(crate) fn new(server: SocketAddr, known_users: Option<usize>) -> Result<Self> {
        let poll = Poll::new().context("cannot poll")?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
        Ok(Self {
            server,
            poll,
            timer,
            buffer: vec![0; BUFFER],
            start: Instant::now(),
            run: u64::try_from(run)?,
            members: Vec::new(),
            boards: Vec::new(),
            n_upgraded: 0,
            n_joined: 0,
            joins: Joins::default(),
            known_users,
            pending: VecDeque::new(),
            // Zero is the reference of joins.
            first_pending: message::JOIN + 1,
            free: Vec::new(),
            schedule: None,
            senders: Vec::new(),
            next_sender: 0,
            counted_from: 0,
            counts: Counts::default(),
            faults: Faults::default(),
            failure: None,
        })
    }

    /// Nanoseconds since the beginning.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Connects, upgrades and joins, so many at a time.
    pub(crate) fn join(&mut self, seats: &[Seat], at_a_time: usize) -> Result<Joins> {
        let (start, first) = (self.now(), self.members.len());
        let n_boards = seats.iter().map(|seat| seat.board + 1).max().unwrap_or_default();
        for number in self.boards.len()..n_boards {
            let topic = message::topic(ids::board(number as u64));
            self.boards.push(Board { topic, end: 0, n_members: 0 });
        }
        self.joins = Joins::default();
        self.members.reserve(seats.len());
        let mut waiting = seats.iter();
        let mut last = (self.n_joined, Instant::now());
        while self.n_joined < first + seats.len() {
            while self.members.len() - self.n_joined < at_a_time
                && self.members.len() - self.n_upgraded < CONNECTING_MAX
                && let Some(seat) = waiting.next()
            {
                self.connect(seat)?;
            }
            self.turn(Duration::from_millis(10))?;
            if self.n_joined != last.0 {
                last = (self.n_joined, Instant::now());
            }
            let n_missing = first + seats.len() - self.n_joined;
            ensure!(last.1.elapsed() < PATIENCE, "{n_missing} of {} joins are not answered", seats.len());
        }
        self.joins.time = Duration::from_nanos(self.now() - start);
        Ok(std::mem::take(&mut self.joins))
    }

    fn connect(&mut self, seat: &Seat) -> Result<()> {
        let index = self.members.len();
        let mut socket = Socket::connect(self.server, address(index)).context("cannot connect")?;
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket.stream, Token(index), interests)?;
        let request = format!(
            "GET /socket/websocket?vsn=2.0.0&token={} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n",
            seat.token, self.server
        );
        socket.send(request.as_bytes())?;
        self.boards[seat.board].n_members += 1;
        self.members.push(Member {
            socket,
            board: seat.board,
            since: seat.since,
            order: Order::default(),
            message: Vec::new(),
            presence: self.known_users.map_or_else(Seen::default, Seen::of_users),
            asked_at: self.now(),
            template: Vec::new(),
            n_proposed: 0,
        });
        Ok(())
    }

    /// Goes on for so long.
    pub(crate) fn idle(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left.min(Duration::from_millis(100)))?;
        }
        Ok(())
    }

    /// Goes on until something is so; false when that takes longer than `time`.
    pub(crate) fn until(&mut self, time: Duration, mut is_so: impl FnMut(&Self) -> bool) -> Result<bool> {
        let end = Instant::now() + time;
        while !is_so(self) {
            if Instant::now() >= end {
                return Ok(false);
            }
            self.turn(Duration::from_millis(10))?;
        }
        Ok(true)
    }

    /// Whom each socket knows to be there.
    pub(crate) fn presence(&self) -> impl Iterator<Item = Known> {
        self.members.iter().map(|member| member.presence.known())
    }

    /// Begins to count: what was due before now is not.
    pub(crate) fn count(&mut self) {
        self.counted_from = self.now();
        self.counts.n_deliveries = 0;
        self.counts.n_replies = 0;
        self.counts.n_reads = 0;
        self.counts.deliveries.reset();
        self.counts.replies.reset();
    }

    /// Lets some of the sockets send at a rate.
    pub(crate) fn send_at(&mut self, rate: f64, senders: &[usize]) -> Result<()> {
        self.prepare(senders);
        self.schedule = Some(Schedule::new(self.now(), rate));
        Ok(())
    }

    /// Lets some of the sockets send in a closed loop.
    pub(crate) fn send_closed(&mut self, in_flight: u32, senders: &[usize]) -> Result<()> {
        self.prepare(senders);
        self.schedule = None;
        for _ in 0..in_flight {
            for sender in senders {
                self.propose(*sender, self.now())?;
            }
        }
        Ok(())
    }

    fn prepare(&mut self, senders: &[usize]) {
        self.senders = senders.to_vec();
        let mut n_on_board = vec![0; self.boards.len()];
        for sender in senders {
            let member = &mut self.members[*sender];
            let board = member.board as u64;
            let card = n_on_board[member.board] % crate::world::CARDS;
            n_on_board[member.board] += 1;
            let topic = &self.boards[member.board].topic;
            let text = message::propose(topic, ids::op(self.run, 0), ids::card(board, card), ids::list(board, 0));
            member.template.clear();
            frame::masked(Kind::Text, &text, &mut member.template);
        }
    }

    /// Sends no more, and waits until all that was sent has arrived everywhere; what has not by then is lost.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.senders.clear();
        self.schedule = None;
        let mut last = (usize::MAX, Instant::now());
        while !self.pending.is_empty() && last.1.elapsed() < PATIENCE {
            self.turn(Duration::from_millis(10))?;
            let n_awaited = self.pending.iter().map(|pending| pending.n_awaited as usize + 1).sum();
            if n_awaited != last.0 {
                last = (n_awaited, Instant::now());
            }
        }
        let n_unanswered = self.pending.iter().filter(|pending| !pending.is_answered).count();
        for member in &mut self.members {
            member.order.finish(self.boards[member.board].end, &mut self.faults);
        }
        ensure!(n_unanswered == 0, "{n_unanswered} proposals are not answered; {}", self.faults);
        Ok(())
    }

    /// Sends a proposal of one socket that was due at some time.
    fn propose(&mut self, sender: usize, due: u64) -> Result<()> {
        let number = self.first_pending + self.pending.len() as u64;
        let member = &mut self.members[sender];
        let payload = frame::first(&member.template)?.context("a sender without a template")?.start;
        let text = &mut member.template[payload..];
        text[at::REF].copy_from_slice(&message::reference(number));
        message::write_hex(number, &mut text[at::OP][24..]);
        // From the one list to the other and back.
        text[at::LIST_END] = if member.n_proposed.is_multiple_of(2) { b'1' } else { b'0' };
        member.n_proposed += 1;
        let n_awaited = self.boards[member.board].n_members;
        member.socket.send(&member.template).context("cannot send a proposal")?;
        self.pending.push_back(Pending { due, sender, n_awaited, is_answered: false });
        Ok(())
    }

    /// Sends what is due.
    fn send_due(&mut self, now: u64) -> Result<()> {
        while let Some(due) = self.schedule.as_mut().and_then(|schedule| schedule.take(now)) {
            let sender = self.senders[self.next_sender % self.senders.len()];
            self.next_sender += 1;
            self.propose(sender, due)?;
        }
        while let Some(sender) = self.free.pop() {
            if self.schedule.is_none() && !self.senders.is_empty() {
                self.propose(sender, now)?;
            }
        }
        Ok(())
    }

    /// Waits for something to happen, `time` at most, and takes note of it.
    fn turn(&mut self, time: Duration) -> Result<()> {
        self.send_due(self.now())?;
        if let Some(schedule) = &self.schedule {
            // The waiting of `poll` counts in milliseconds, which is too coarse to send in time.
            let left = Duration::from_nanos(schedule.next().saturating_sub(self.now()).max(1));
            let it_value = Timespec { tv_sec: i64::try_from(left.as_secs())?, tv_nsec: left.subsec_nanos().into() };
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            let time = Itimerspec { it_interval, it_value };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &time)?;
        }
        let mut events = Events::with_capacity(1_024);
        match self.poll.poll(&mut events, Some(time)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            result => result.context("cannot poll")?,
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        for event in &events {
            if event.token() == TIMER {
                self.send_due(self.now())?;
                continue;
            }
            let Token(index) = event.token();
            if event.is_writable() {
                let socket = &mut self.members[index].socket;
                if let Err(error) = socket.flush() {
                    self.failure.get_or_insert(format!("a socket has failed: {error}"));
                }
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.read(index, &mut buffer)?;
            }
            if let Some(failure) = self.failure.take() {
                bail!(failure);
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    /// Reads what a socket has.
    fn read(&mut self, index: usize, buffer: &mut [u8]) -> Result<()> {
        loop {
            if self.members[index].socket.phase == Phase::Closed {
                return Ok(());
            }
            let length = match self.members[index].socket.read(buffer) {
                Ok(Some(0)) => {
                    self.closed(index, "without a word");
                    return Ok(());
                }
                Ok(Some(length)) => length,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.closed(index, &error.to_string());
                    return Ok(());
                }
            };
            self.counts.n_reads += 1;
            let now = self.now();
            let mut partial = std::mem::take(&mut self.members[index].socket.partial);
            if partial.is_empty() {
                let n_used = self.take(index, &buffer[..length], now)?;
                partial.extend(&buffer[n_used..length]);
            } else {
                partial.extend(&buffer[..length]);
                let n_used = self.take(index, &partial, now)?;
                partial.drain(..n_used);
            }
            if partial.is_empty() && partial.capacity() > PARTIAL_KEPT {
                partial = Vec::new();
            }
            self.members[index].socket.partial = partial;
            self.send_due(now)?;
            // A reading that does not fill the buffer was the last one: more makes another event.
            if length < buffer.len() {
                return Ok(());
            }
        }
    }

    fn closed(&mut self, index: usize, why: &str) {
        let member = &mut self.members[index];
        member.socket.phase = Phase::Closed;
        self.failure.get_or_insert(format!("the server has closed socket {index}: {why}"));
    }

    /// Takes note of the whole messages that `bytes` begin with; returns how many bytes they are.
    fn take(&mut self, index: usize, bytes: &[u8], now: u64) -> Result<usize> {
        let mut n_used = 0;
        if self.members[index].socket.phase == Phase::Upgrading {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            n_used = end + 4;
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.closed(index, &String::from_utf8_lossy(bytes));
                return Ok(bytes.len());
            }
            self.upgraded(index)?;
        }
        while let Some(frame) = frame::first(&bytes[n_used..])? {
            let payload = &bytes[n_used + frame.start..n_used + frame.end];
            n_used += frame.end;
            match frame.kind {
                Kind::Text if frame.is_final => self.told(index, payload, now)?,
                Kind::Text | Kind::Continuation => {
                    let message = &mut self.members[index].message;
                    message.extend(payload);
                    if frame.is_final {
                        let message = std::mem::take(message);
                        self.told(index, &message, now)?;
                    }
                }
                Kind::Close => {
                    let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                    let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
                    self.closed(index, &format!("{code} {reason}"));
                }
                Kind::Ping => {
                    let mut pong = Vec::new();
                    frame::masked(Kind::Pong, payload, &mut pong);
                    self.members[index].socket.send(&pong)?;
                }
                Kind::Binary | Kind::Pong => {}
            }
        }
        Ok(n_used)
    }

    fn upgraded(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        let mut join = Vec::new();
        frame::masked(Kind::Text, &message::join(&self.boards[member.board].topic, member.since), &mut join);
        member.socket.phase = Phase::Joining;
        self.n_upgraded += 1;
        member.socket.send(&join).context("cannot send a join")
    }

    /// Takes note of a message.
    fn told(&mut self, index: usize, text: &[u8], now: u64) -> Result<()> {
        let message = message::read(text).with_context(|| format!("not a message: {}", excerpt(text)))?;
        match message {
            Message::Entry { seq, op } => self.entry(index, seq, op, now),
            Message::Reply { reference, is_ok, payload } => {
                let number = message::number(reference).context("an answer to nothing that was asked")?;
                if !is_ok {
                    self.failure.get_or_insert(format!("refused: {}", excerpt(payload)));
                } else if number == message::JOIN {
                    self.joined(index, payload, now)?;
                } else {
                    self.answered(number, now);
                }
            }
            Message::PresenceState(payload) => self.members[index].presence.state(payload),
            Message::PresenceDiff(payload) => self.members[index].presence.diff(payload),
            Message::Ended(event) => {
                self.failure.get_or_insert(format!("a channel has ended: {}", String::from_utf8_lossy(event)));
            }
            Message::Other => {}
        }
        Ok(())
    }

    fn joined(&mut self, index: usize, payload: &[u8], now: u64) -> Result<()> {
        let member = &mut self.members[index];
        let seq = message::seq(payload).context("the answer to a join has no seq")?;
        ensure!(member.socket.phase == Phase::Joining, "a join was answered twice");
        member.socket.phase = Phase::Joined;
        member.order = Order::after(seq);
        let board = &mut self.boards[member.board];
        board.end = board.end.max(seq);
        self.n_joined += 1;
        self.joins.latencies.record(now - member.asked_at);
        self.joins.bytes += payload.len() as u64;
        Ok(())
    }

    fn entry(&mut self, index: usize, seq: u64, op: &[u8], now: u64) {
        let member = &mut self.members[index];
        member.order.take(seq, &mut self.faults);
        let board = &mut self.boards[member.board];
        board.end = board.end.max(seq);
        self.counts.n_deliveries += 1;
        let Some(number) = self.own(op) else { return };
        let Some(pending) = self.pending(number) else { return };
        pending.n_awaited = pending.n_awaited.saturating_sub(1);
        let due = pending.due;
        if due >= self.counted_from {
            self.counts.deliveries.record(now.saturating_sub(due));
        }
        self.arrived(number);
    }

    fn answered(&mut self, number: u64, now: u64) {
        self.counts.n_replies += 1;
        let Some(pending) = self.pending(number) else { return };
        pending.is_answered = true;
        let due = pending.due;
        if due >= self.counted_from {
            self.counts.replies.record(now.saturating_sub(due));
        }
        self.arrived(number);
    }

    /// The number of a proposal that was made here.
    fn own(&self, op: &[u8]) -> Option<u64> {
        let run = message::hex(&op[..8])? << 16 | message::hex(&op[9..13])?;
        if run == self.run { message::hex(&op[24..]) } else { None }
    }

    fn pending(&mut self, number: u64) -> Option<&mut Pending> {
        let index = usize::try_from(number.checked_sub(self.first_pending)?).ok()?;
        self.pending.get_mut(index)
    }

    /// Takes note of a proposal that may have arrived everywhere.
    fn arrived(&mut self, number: u64) {
        let Some(pending) = self.pending(number).filter(|pending| pending.n_awaited == 0 && pending.is_answered) else {
            return;
        };
        let sender = pending.sender;
        self.free.push(sender);
        while self.pending.front().is_some_and(|first| first.n_awaited == 0 && first.is_answered) {
            self.pending.pop_front();
            self.first_pending += 1;
        }
    }
}

/// From where a socket connects.
fn address(index: usize) -> Ipv4Addr {
    // Processes that run one after the other use different ones.
    let process = std::process::id().to_be_bytes();
    let host = u8::try_from(1 + index / PER_ADDRESS).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, process[2] | 1, process[3], host)
}

/// The beginning of a text, for an error.
fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned()
}
