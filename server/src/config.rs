//! What a server is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

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
    /// Whether a reverse proxy stands before the server, so that the last address in `X-Forwarded-For` is the caller's.
    pub behind_proxy: bool,
    /// Pages that may open sockets besides those of the server's own host, each as `scheme://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// How much of everything.
    pub limits: Limits,
}

/// The shortest signing secret, in bytes: as long as what HMAC-SHA256 makes (RFC 7518, section 3.2).
pub const SECRET_MIN: usize = 32;

/// The origins of the desktop app's window on Linux and macOS, and on Windows.
pub const APP_ORIGINS: [&str; 3] = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/// How much a server takes, and how long it waits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The body of a REST request, in bytes.
    pub body_bytes: usize,
    /// A frame or message from a socket, in bytes.
    pub frame_bytes: usize,
    /// Channels that one socket may have joined.
    pub channels_per_socket: usize,
    /// Messages that wait to be written to one socket before it counts as too slow and is closed.
    pub socket_queue: usize,
    /// How long a socket may say nothing before it is closed.
    pub socket_silence: Duration,
    /// How long a connection may take to send the head of its next request.
    pub header_time: Duration,
    /// How long a REST request may take as a whole. Its answer may then take as long as the client goes on taking it.
    pub request_time: Duration,
    /// How long a stop waits for what is under way.
    pub stop_time: Duration,
    /// Changes that were checked and wait for the disk, on all boards together.
    pub changes_in_flight: usize,
    /// Boards kept in memory.
    pub open_boards: usize,
    /// Boards that one person may make and own; those that others made do not count.
    pub boards_per_user: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 * 1024,
            frame_bytes: 256 * 1024,
            channels_per_socket: 100,
            socket_queue: 1_000,
            socket_silence: Duration::from_secs(60),
            header_time: Duration::from_secs(60),
            request_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(10),
            changes_in_flight: 4_096,
            open_boards: 1_000,
            boards_per_user: 1_000,
        }
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
            behind_proxy: false,
            allowed_origins: APP_ORIGINS.iter().map(|&origin| origin.to_owned()).collect(),
            limits: Limits::default(),
        }
    }
}
