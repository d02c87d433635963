//! Many sockets in one thread.
//!
//! The generator shares the machine with what it measures, so it does as little as it can: one thread, one buffer, one
//! system call for each reading, and of a message only the few bytes that are of use are looked at.

mod proposals;
mod reading;
mod sending;

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

use super::message::{self, Topic};
use super::order::{Faults, Order};
use super::pace::Schedule;
use super::presence::{Known, Seen};
use super::socket::Socket;
use super::tally::Latencies;
use crate::ids;
use proposals::Proposals;

/// How much is read at a time.
const BUFFER: usize = 256 * 1024;

/// Sockets from one address, of whose ports there are 28,000.
const PER_ADDRESS: usize = 20_000;

/// Sockets that connect at a time: of more than a server's queue has places for, the kernel tries some again after a
/// second.
const CONNECTING_MAX: usize = 100;

const TIMER: Token = Token(usize::MAX);

/// The key of every handshake, as in RFC 6455; a generator need not be told from another by it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

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

/// How the joins went.
#[derive(Debug, Default)]
pub(crate) struct Joins {
    /// From the first connect to the last answer.
    pub(crate) time: Duration,
    /// From asking to join to the answer.
    pub(crate) latencies: Latencies,
    /// What the answers had, altogether.
    pub(crate) n_bytes: u64,
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
    events: Events,
    buffer: Vec<u8>,
    start: Instant,
    /// In milliseconds since 1970: what tells our proposals from those of other runs.
    run: u64,
    members: Vec<Member>,
    boards: Vec<Board>,
    n_upgraded: usize,
    n_joined: usize,
    joins: Joins,
    /// Users that may be seen, if anybody looks.
    n_users: Option<usize>,
    proposals: Proposals,
    /// Senders of whom a proposal has arrived everywhere.
    free: Vec<usize>,
    /// When proposals are due; without it each follows another.
    schedule: Option<Schedule>,
    senders: Vec<usize>,
    next_sender: usize,
    /// From when on what was due is counted.
    counted_from: u64,
    pub(crate) counts: Counts,
    /// What was wrong with the entries, and how many were looked at.
    pub(crate) faults: Faults,
    pub(crate) n_checked: u64,
    /// How long may pass without anything happening while something is awaited.
    pub(crate) patience: Duration,
    failure: Option<String>,
}

impl Swarm {
    /// Nobody yet. With `n_users` it is noted which of so many users each socket knows to be there.
    pub(crate) fn new(server: SocketAddr, n_users: Option<usize>) -> Result<Self> {
        let poll = Poll::new().context("cannot poll")?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis();
        Ok(Self {
            server,
            poll,
            timer,
            events: Events::with_capacity(1_024),
            buffer: vec![0; BUFFER],
            start: Instant::now(),
            run: u64::try_from(run)?,
            members: Vec::new(),
            boards: Vec::new(),
            n_upgraded: 0,
            n_joined: 0,
            joins: Joins::default(),
            n_users,
            proposals: Proposals::default(),
            free: Vec::new(),
            schedule: None,
            senders: Vec::new(),
            next_sender: 0,
            counted_from: 0,
            counts: Counts::default(),
            faults: Faults::default(),
            n_checked: 0,
            patience: Duration::from_secs(30),
            failure: None,
        })
    }

    /// Nanoseconds since the beginning.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// How many sockets there are.
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
            ensure!(last.1.elapsed() < self.patience, "{n_missing} of {} joins are not answered", seats.len());
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
            presence: self.n_users.map_or_else(Seen::default, Seen::of_users),
            asked_at: 0,
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
        self.counts = Counts::default();
    }

    /// Waits for something to happen, `time` at most, and takes note of it.
    fn turn(&mut self, time: Duration) -> Result<()> {
        self.send_due(self.now())?;
        self.set_timer()?;
        match self.poll.poll(&mut self.events, Some(time)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            result => result.context("cannot poll")?,
        }
        // Lent out for the turn, since everything else may change meanwhile.
        let events = std::mem::replace(&mut self.events, Events::with_capacity(1));
        let mut buffer = std::mem::take(&mut self.buffer);
        for event in &events {
            if event.token() == TIMER {
                self.send_due(self.now())?;
                continue;
            }
            let Token(index) = event.token();
            if event.is_writable()
                && let Err(error) = self.members[index].socket.flush()
            {
                self.failure.get_or_insert(format!("socket {index} has failed: {error}"));
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.read(index, &mut buffer)?;
            }
            if let Some(failure) = self.failure.take() {
                bail!(failure);
            }
        }
        self.events = events;
        self.buffer = buffer;
        Ok(())
    }

    /// Wakes the next [`turn`](Self::turn) when a proposal is due: the time that `poll` waits counts in milliseconds,
    /// which is too coarse.
    fn set_timer(&self) -> Result<()> {
        let Some(schedule) = &self.schedule else { return Ok(()) };
        // Zero would be no timer.
        let left = Duration::from_nanos(schedule.next().saturating_sub(self.now()).max(1));
        let it_value = Timespec { tv_sec: i64::try_from(left.as_secs())?, tv_nsec: left.subsec_nanos().into() };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let time = Itimerspec { it_interval, it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &time).context("cannot set a timer")?;
        Ok(())
    }
}

/// From where a socket connects.
fn address(index: usize) -> Ipv4Addr {
    // Processes that run one after the other use different ones.
    let [.., high, low] = std::process::id().to_be_bytes();
    let host = u8::try_from(1 + index / PER_ADDRESS).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, high | 1, low, host)
}
