//! What was measured on.

use std::fs;

/// One line about this machine.
pub(crate) fn line() -> String {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cpu = cpu.trim_start_matches(['\t', ' ', ':']);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = memory.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or_default();
    // What else the machine did before the first measurement began.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let set: Vec<String> = std::env::vars()
        .filter(|(name, _)| name.starts_with("WEBKIT_") || name.starts_with("LIBGL_"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{n_cores} cores ({cpu}), {:.0} GiB, Linux {}, load {load} over the five minutes before; WebKitGTK on a virtual \
         screen, drawn by the processor ({}); the server runs on the same machine. Memory is the proportional set size \
         (PSS) of the app and of all processes of the web view.",
        kibibytes / 1_024.0 / 1_024.0,
        kernel.trim(),
        set.join(", ")
    )
}
