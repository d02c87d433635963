//! What was measured on.

use std::fs;

/// One line about this machine.
pub(super) fn line() -> String {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let cpu = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let kibibytes = memory.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or_default();
    format!(
        "{n_cores} cores ({}), {:.0} GiB, Linux {}",
        cpu.trim_start_matches(['\t', ' ', ':']),
        kibibytes / 1_024.0 / 1_024.0,
        read("/proc/sys/kernel/osrelease").trim(),
    )
}

/// How many wanted a processor over the last minute, and over the last five.
pub(super) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(2).collect::<Vec<_>>().join(" and ")
}
