//! What a server is told at its start.

mod rate;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

pub use rate::{InvalidRate, Rate};

/// What a server is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the database and the signing secret are; made if it is not there.
    pub data_dir: PathBuf,
    /// Signs the tokens, [`SECRET_MIN`] bytes at least; `None` keeps one in the data directory.
    pub secret: Option<String>,
    /// Whether people may sign up by themselves.
    pub registrations: bool,
    /// The reverse proxies before the server: what they write into `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Pages that may open sockets besides those of the server's own host, each as `scheme://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// How much of everything.
    pub limits: Limits,
}

/// The shortest signing secret, in bytes: as long as what HMAC-SHA256 makes (RFC 7518, section 3.2).
pub const SECRET_MIN: usize = 32;

/// The origins of the desktop app's window on Linux and macOS, and on Windows.
pub const APP_ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// How much a server takes, and how long it waits. Whoever comes up against one is told its name; the flags, the
/// variables and the count in `/metrics` have the same names. Each has to be finite; where one is in the way, a large
/// number will do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time, without those that became sockets. One more is answered 503 and closed.
    pub connections: usize,
    /// The same from one address; not counted for trusted proxies. One more is answered 429 and closed.
    pub connections_per_address: usize,
    /// Sockets at a time. One more is refused with 503.
    pub sockets: usize,
    /// Sockets at a time from one address. One more is refused with 429.
    pub sockets_per_address: usize,
    /// Sockets at a time of one person. One more is refused with 429.
    pub sockets_per_user: usize,
    /// Channels that one socket may have joined. The join of one more is refused.
    pub channels_per_socket: usize,
    /// Frames from one socket, pings included; each 4 KiB in one count as one more. It is not read further before its
    /// time; nothing is lost.
    pub frames_per_socket: Rate,
    /// Proposals of one person, over all their sockets; each 4 KiB in one count as one more. Those beyond it wait in
    /// their order, and their answers say so.
    pub proposals_per_user: Rate,
    /// Proposals on one board, whoever makes them. Those beyond it wait in their order, and their answers say so.
    pub proposals_per_board: Rate,
    /// REST requests and openings of sockets from one address. One more is refused with 429.
    pub requests_per_address: Rate,
    /// Accounts made from one address. One more is refused with 429.
    pub sign_ups_per_address: Rate,
    /// Failed sign-ins from one address. One more is refused with 429.
    pub failed_sign_ins_per_address: Rate,
    /// Failed sign-ins to one account, from wherever. One more is refused with 429.
    pub failed_sign_ins_per_account: Rate,
    /// Passwords that are hashed or checked at a time; each takes 19 MiB and a core, and half of the cores are left for
    /// the rest in any case. More of them wait, for 10 seconds at most, and are then refused with 503.
    pub password_hashes: usize,
    /// The body of a REST request, in bytes. A longer one is refused with 413.
    pub body_bytes: usize,
    /// A frame or message from a socket, in bytes. A longer one closes the socket with 1009.
    pub frame_bytes: usize,
    /// Messages that wait to be written to one socket before it counts as too slow and is closed with 1013.
    pub socket_queue: usize,
    /// Bytes of the messages that wait to be written to one socket before it counts as too slow and is closed with 1013.
    pub socket_queue_bytes: usize,
    /// The same for all sockets together; a message that waits for ten of them counts ten times. Beyond it, a socket that
    /// holds more than its share is closed with 1013 when it is told something more.
    pub queued_bytes: usize,
    /// How long a socket may say nothing before it is closed with 1000.
    pub socket_silence: Duration,
    /// How long a long poll waits for messages. A session that nobody polls for one and a half times as long is over.
    pub poll_window: Duration,
    /// How long a connection may take to send the head of its next request before it is closed.
    pub header_time: Duration,
    /// How long a request may take as a whole, before it is answered 408. Its answer may then take as long as the client
    /// goes on taking it.
    pub request_time: Duration,
    /// How long a stop waits for what is under way.
    pub stop_time: Duration,
    /// Changes that were checked and wait for the disk, on all boards together. More of them wait.
    pub changes_in_flight: usize,
    /// Boards kept in memory. Those used least recently are read anew when they are needed.
    pub open_boards: usize,
    /// Boards that one person may make and own; those that others made do not count. One more is refused with 422.
    pub boards_per_user: usize,
}

impl Limits {
    /// Generous for a team, and what a small machine can bear.
    pub const DEFAULT: Self = Self {
        connections: 10_000,
        connections_per_address: 2_000,
        sockets: 15_000,
        sockets_per_address: 1_000,
        sockets_per_user: 100,
        channels_per_socket: 100,
        frames_per_socket: Rate::per_second(1_000, 10_000),
        proposals_per_user: Rate::per_second(500, 5_000),
        proposals_per_board: Rate::per_second(1_000, 5_000),
        requests_per_address: Rate::per_second(200, 4_000),
        sign_ups_per_address: Rate::per_hour(100, 100),
        // Many people may share one address.
        failed_sign_ins_per_address: Rate::per_minute(10, 50),
        failed_sign_ins_per_account: Rate::per_minute(1, 10),
        password_hashes: 4,
        body_bytes: 64 * 1024,
        frame_bytes: 256 * 1024,
        socket_queue: 1_000,
        socket_queue_bytes: 8 * 1024 * 1024,
        queued_bytes: 512 * 1024 * 1024,
        socket_silence: Duration::from_secs(60),
        poll_window: Duration::from_secs(10),
        header_time: Duration::from_secs(10),
        request_time: Duration::from_secs(30),
        stop_time: Duration::from_secs(10),
        changes_in_flight: 4_096,
        open_boards: 1_000,
        boards_per_user: 1_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Config {
    /// A server on this machine alone, on a free port, where people may sign up.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: data_dir.into(),
            secret: None,
            registrations: true,
            trusted_proxies: Vec::new(),
            allowed_origins: APP_ORIGINS.iter().map(|&origin| origin.to_owned()).collect(),
            limits: Limits::default(),
        }
    }
}
