//! How many files the system lets the process keep open, connections among them.

use roost_server::Limits;

/// How many files are open apart from connections and sockets: the database's, the log, and some to spare.
const OTHERS: usize = 256;

/// Asks the system for as many open files as the limits come to; says so where it gives fewer. Most systems start a
/// service with 1,024, which one address alone can use up, and let it raise that by itself.
#[cfg(unix)]
pub(super) fn make_room(limits: &Limits) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let n_needed = limits.connections.saturating_add(limits.sockets).saturating_add(OTHERS) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(n_now) = current.filter(|&n_now| n_now < n_needed) else { return };
    let n_raised = maximum.map_or(n_needed, |maximum| n_needed.min(maximum));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(n_raised), maximum });
    let n_open_max = if raised.is_ok() { n_raised } else { n_now };
    if n_open_max < n_needed {
        tracing::warn!(
            n_open_max,
            n_needed,
            "the system allows fewer open files than --connections and --sockets together; lower those, or raise that \
             (LimitNOFILE in systemd, ulimit -n)",
        );
    }
}

/// Nothing is to be asked for.
#[cfg(windows)]
pub(super) fn make_room(_: &Limits) {}
