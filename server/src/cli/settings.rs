//! The settings of `serve`: each is a flag and an environment variable.

mod limits;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use roost_server::Config;

use limits::LimitSettings;

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
    /// A reverse proxy before the server, by its address or network (10.0.0.0/8): what it writes into X-Forwarded-For is
    /// believed; may be given several times, or with commas.
    #[arg(long, env = "ROOST_TRUSTED_PROXIES", value_name = "ADDRESS", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
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

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected ADDRESS:PORT, such as 127.0.0.1:4000 or [::1]:4000".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "expected an address or a network, such as 10.0.0.0/8".to_owned())
}

impl ServeSettings {
    /// What the server is told.
    pub(super) fn config(self) -> Config {
        let mut config = Config::new(self.data_dir);
        config.listen = self.listen;
        config.secret = std::env::var("ROOST_SECRET").ok();
        config.registrations = matches!(self.registrations, Registrations::Open);
        config.trusted_proxies = self.trusted_proxies;
        config.allowed_origins.extend(self.allowed_origins);
        config.limits = self.limits.into();
        config
    }
}
