//! The limits of `serve`. Each flag and variable is called as the field of [`Limits`] is.

use std::time::Duration;

use clap::Args;
use roost_server::{Limits, Rate};

const DEFAULT: Limits = Limits::DEFAULT;

/// The limits.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Limits (a RATE is how many in a second, minute or hour, and how many at once: 500/s:5000)"
)]
pub(super) struct LimitSettings {
    /// Connections at a time, without those that became sockets.
    #[arg(long, env = "ROOST_CONNECTIONS", value_name = "N", default_value_t = DEFAULT.connections)]
    connections: usize,
    /// The same from one address; not counted for trusted proxies.
    #[arg(long, env = "ROOST_CONNECTIONS_PER_ADDRESS", value_name = "N", default_value_t = DEFAULT.connections_per_address)]
    connections_per_address: usize,
    /// Sockets at a time.
    #[arg(long, env = "ROOST_SOCKETS", value_name = "N", default_value_t = DEFAULT.sockets)]
    sockets: usize,
    /// Sockets at a time from one address.
    #[arg(long, env = "ROOST_SOCKETS_PER_ADDRESS", value_name = "N", default_value_t = DEFAULT.sockets_per_address)]
    sockets_per_address: usize,
    /// Sockets at a time of one person.
    #[arg(long, env = "ROOST_SOCKETS_PER_USER", value_name = "N", default_value_t = DEFAULT.sockets_per_user)]
    sockets_per_user: usize,
    /// Channels that one socket may have joined.
    #[arg(long, env = "ROOST_CHANNELS_PER_SOCKET", value_name = "N", default_value_t = DEFAULT.channels_per_socket)]
    channels_per_socket: usize,
    /// Frames from one socket; it is read no faster than that.
    #[arg(long, env = "ROOST_FRAMES_PER_SOCKET", value_name = "RATE", default_value_t = DEFAULT.frames_per_socket)]
    frames_per_socket: Rate,
    /// Proposals of one person; more of them wait.
    #[arg(long, env = "ROOST_PROPOSALS_PER_USER", value_name = "RATE", default_value_t = DEFAULT.proposals_per_user)]
    proposals_per_user: Rate,
    /// Proposals on one board; more of them wait.
    #[arg(long, env = "ROOST_PROPOSALS_PER_BOARD", value_name = "RATE", default_value_t = DEFAULT.proposals_per_board)]
    proposals_per_board: Rate,
    /// Requests and openings of sockets from one address.
    #[arg(long, env = "ROOST_REQUESTS_PER_ADDRESS", value_name = "RATE", default_value_t = DEFAULT.requests_per_address)]
    requests_per_address: Rate,
    /// Accounts made from one address.
    #[arg(long, env = "ROOST_SIGN_UPS_PER_ADDRESS", value_name = "RATE", default_value_t = DEFAULT.sign_ups_per_address)]
    sign_ups_per_address: Rate,
    /// Failed sign-ins from one address.
    #[arg(long, env = "ROOST_FAILED_SIGN_INS_PER_ADDRESS", value_name = "RATE", default_value_t = DEFAULT.failed_sign_ins_per_address)]
    failed_sign_ins_per_address: Rate,
    /// Failed sign-ins to one account.
    #[arg(long, env = "ROOST_FAILED_SIGN_INS_PER_ACCOUNT", value_name = "RATE", default_value_t = DEFAULT.failed_sign_ins_per_account)]
    failed_sign_ins_per_account: Rate,
    /// Passwords hashed or checked at a time, and never on more than half of the cores.
    #[arg(long, env = "ROOST_PASSWORD_HASHES", value_name = "N", default_value_t = DEFAULT.password_hashes)]
    password_hashes: usize,
    /// The body of a request.
    #[arg(long, env = "ROOST_BODY_BYTES", value_name = "BYTES", default_value_t = DEFAULT.body_bytes)]
    body_bytes: usize,
    /// A frame or message from a socket.
    #[arg(long, env = "ROOST_FRAME_BYTES", value_name = "BYTES", default_value_t = DEFAULT.frame_bytes)]
    frame_bytes: usize,
    /// Messages that wait for one socket before it is closed as too slow.
    #[arg(long, env = "ROOST_SOCKET_QUEUE", value_name = "N", default_value_t = DEFAULT.socket_queue)]
    socket_queue: usize,
    /// Bytes that wait for one socket before it is closed as too slow.
    #[arg(long, env = "ROOST_SOCKET_QUEUE_BYTES", value_name = "BYTES", default_value_t = DEFAULT.socket_queue_bytes)]
    socket_queue_bytes: usize,
    /// Bytes that wait for all sockets before those with the most are closed as too slow.
    #[arg(long, env = "ROOST_QUEUED_BYTES", value_name = "BYTES", default_value_t = DEFAULT.queued_bytes)]
    queued_bytes: usize,
    /// How long a socket may say nothing.
    #[arg(long, env = "ROOST_SOCKET_SILENCE", value_name = "SECONDS", default_value_t = Seconds(DEFAULT.socket_silence))]
    socket_silence: Seconds,
    /// How long a poll waits for something to answer with; a session ends after half as long again without one.
    #[arg(long, env = "ROOST_POLL_WINDOW", value_name = "SECONDS", default_value_t = Seconds(DEFAULT.poll_window))]
    poll_window: Seconds,
    /// How long a connection may take to send the head of its next request.
    #[arg(long, env = "ROOST_HEADER_TIME", value_name = "SECONDS", default_value_t = Seconds(DEFAULT.header_time))]
    header_time: Seconds,
    /// How long a request may take.
    #[arg(long, env = "ROOST_REQUEST_TIME", value_name = "SECONDS", default_value_t = Seconds(DEFAULT.request_time))]
    request_time: Seconds,
    /// How long a stop waits for what is under way.
    #[arg(long, env = "ROOST_STOP_TIME", value_name = "SECONDS", default_value_t = Seconds(DEFAULT.stop_time))]
    stop_time: Seconds,
    /// Changes that wait for the disk, on all boards together.
    #[arg(long, env = "ROOST_CHANGES_IN_FLIGHT", value_name = "N", default_value_t = DEFAULT.changes_in_flight)]
    changes_in_flight: usize,
    /// Boards kept in memory.
    #[arg(long, env = "ROOST_OPEN_BOARDS", value_name = "N", default_value_t = DEFAULT.open_boards)]
    open_boards: usize,
    /// Boards that one person may make and own.
    #[arg(long, env = "ROOST_BOARDS_PER_USER", value_name = "N", default_value_t = DEFAULT.boards_per_user)]
    boards_per_user: usize,
}

/// A time in whole seconds.
#[derive(Debug, Clone, Copy)]
struct Seconds(Duration);

/// A year: as good as for ever, and still a time that can be added to the present one.
const SECONDS_MAX: u64 = 60 * 60 * 24 * 365;

impl std::str::FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().ok().filter(|seconds| *seconds <= SECONDS_MAX);
        let seconds = seconds.ok_or_else(|| format!("expected whole seconds, {SECONDS_MAX} at most"))?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.as_secs())
    }
}

impl From<LimitSettings> for Limits {
    fn from(given: LimitSettings) -> Self {
        Self {
            connections: given.connections,
            connections_per_address: given.connections_per_address,
            sockets: given.sockets,
            sockets_per_address: given.sockets_per_address,
            sockets_per_user: given.sockets_per_user,
            channels_per_socket: given.channels_per_socket,
            frames_per_socket: given.frames_per_socket,
            proposals_per_user: given.proposals_per_user,
            proposals_per_board: given.proposals_per_board,
            requests_per_address: given.requests_per_address,
            sign_ups_per_address: given.sign_ups_per_address,
            failed_sign_ins_per_address: given.failed_sign_ins_per_address,
            failed_sign_ins_per_account: given.failed_sign_ins_per_account,
            password_hashes: given.password_hashes,
            body_bytes: given.body_bytes,
            frame_bytes: given.frame_bytes,
            socket_queue: given.socket_queue,
            socket_queue_bytes: given.socket_queue_bytes,
            queued_bytes: given.queued_bytes,
            socket_silence: given.socket_silence.0,
            poll_window: given.poll_window.0,
            header_time: given.header_time.0,
            request_time: given.request_time.0,
            stop_time: given.stop_time.0,
            changes_in_flight: given.changes_in_flight,
            open_boards: given.open_boards,
            boards_per_user: given.boards_per_user,
        }
    }
}
