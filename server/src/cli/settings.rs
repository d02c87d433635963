//! The settings of `serve`: each is a flag and an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use roost_server::{Config, Limits};

/// The settings of `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeSettings {
    /// Where to listen, as ADDRESS:PORT; port 0 picks a free one.
    #[arg(long, env = "ROOST_LISTEN", default_value = "127.0.0.1:4000", value_name = "ADDRESS:PORT", value_parser = address)]
    listen: SocketAddr,
    /// Where the data is; made if it is not there.
    #[arg(long, env = "ROOST_DATA_DIR", value_name = "DIR")]
    data_dir: PathBuf,
    /// Whether people may sign up by themselves.
    #[arg(long, env = "ROOST_REGISTRATIONS", default_value = "open")]
    registrations: Registrations,
    /// A reverse proxy stands before the server: the last address in X-Forwarded-For is who asks.
    #[arg(long, env = "ROOST_BEHIND_PROXY")]
    behind_proxy: bool,
    /// A page that may open sockets besides those of the server's own host and the app, as scheme://host[:port]; may be
    /// given several times, or with commas.
    #[arg(long, env = "ROOST_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origins: Vec<String>,
    #[command(flatten)]
    limits: LimitSettings,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Registrations {
    Open,
    Closed,
}

/// The limits; what is not given is as [`Limits::default`] has it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitSettings {
    /// The body of a request, in bytes.
    #[arg(long, env = "ROOST_MAX_BODY_BYTES", value_name = "N")]
    max_body_bytes: Option<usize>,
    /// A frame or message from a socket, in bytes.
    #[arg(long, env = "ROOST_MAX_FRAME_BYTES", value_name = "N")]
    max_frame_bytes: Option<usize>,
    /// Channels that one socket may have joined.
    #[arg(long, env = "ROOST_MAX_CHANNELS", value_name = "N")]
    max_channels: Option<usize>,
    /// Messages that wait for one socket before it is closed as too slow.
    #[arg(long, env = "ROOST_SOCKET_QUEUE", value_name = "N")]
    socket_queue: Option<usize>,
    /// How long a socket may say nothing, in seconds.
    #[arg(long, env = "ROOST_SOCKET_SILENCE", value_name = "SECONDS")]
    socket_silence: Option<u64>,
    /// How long a connection may take to send the head of its next request, in seconds.
    #[arg(long, env = "ROOST_HEADER_TIME", value_name = "SECONDS")]
    header_time: Option<u64>,
    /// How long a request may take, in seconds.
    #[arg(long, env = "ROOST_REQUEST_TIME", value_name = "SECONDS")]
    request_time: Option<u64>,
    /// How long a stop waits for what is under way, in seconds.
    #[arg(long, env = "ROOST_STOP_TIME", value_name = "SECONDS")]
    stop_time: Option<u64>,
    /// Changes that wait for the disk, on all boards together.
    #[arg(long, env = "ROOST_MAX_CHANGES_IN_FLIGHT", value_name = "N")]
    max_changes_in_flight: Option<usize>,
    /// Boards kept in memory.
    #[arg(long, env = "ROOST_MAX_OPEN_BOARDS", value_name = "N")]
    max_open_boards: Option<usize>,
    /// Boards that one person may make and own.
    #[arg(long, env = "ROOST_MAX_BOARDS_PER_USER", value_name = "N")]
    max_boards_per_user: Option<usize>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected ADDRESS:PORT, such as 127.0.0.1:4000 or [::1]:4000".to_owned())
}

impl ServeSettings {
    /// What the server is told.
    pub(super) fn config(self) -> Config {
        let mut config = Config::new(self.data_dir);
        config.listen = self.listen;
        config.secret = std::env::var("ROOST_SECRET").ok();
        config.registrations = matches!(self.registrations, Registrations::Open);
        config.behind_proxy = self.behind_proxy;
        config.allowed_origins.extend(self.allowed_origins);
        config.limits = self.limits.limits();
        config
    }
}

impl LimitSettings {
    fn limits(self) -> Limits {
        let default = Limits::default();
        let seconds = |given: Option<u64>, default| given.map_or(default, Duration::from_secs);
        Limits {
            body_bytes: self.max_body_bytes.unwrap_or(default.body_bytes),
            frame_bytes: self.max_frame_bytes.unwrap_or(default.frame_bytes),
            channels_per_socket: self.max_channels.unwrap_or(default.channels_per_socket),
            socket_queue: self.socket_queue.unwrap_or(default.socket_queue),
            socket_silence: seconds(self.socket_silence, default.socket_silence),
            header_time: seconds(self.header_time, default.header_time),
            request_time: seconds(self.request_time, default.request_time),
            stop_time: seconds(self.stop_time, default.stop_time),
            changes_in_flight: self.max_changes_in_flight.unwrap_or(default.changes_in_flight),
            open_boards: self.max_open_boards.unwrap_or(default.open_boards),
            boards_per_user: self.max_boards_per_user.unwrap_or(default.boards_per_user),
        }
    }
}
