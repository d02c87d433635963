//! What the disk takes to keep something, with no database around it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::client::tally::Latencies;
use crate::target::on_disk;

const PAGE: usize = 4 * 1024;

/// After so many pages it begins anew at the front of the file, as SQLite does with its log.
const PAGES: u64 = 1_000;

/// What came out: how long a page takes to be kept, in ms.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disk {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) per_second: f64,
}

impl std::fmt::Display for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { p50, p99, per_second } = self;
        write!(
            f,
            "a page of 4 KiB written and fdatasync'ed: p50 {p50:.3} ms, p99 {p99:.3} ms, {per_second:.0} a second"
        )
    }
}

/// Writes a page and waits until it is on disk, again and again.
pub(crate) fn run(folder: &Path, time: Duration) -> Result<Disk> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    on_disk(folder)?;
    let file: File = tempfile::tempfile_in(folder).context("cannot make a file")?;
    let mut latencies = Latencies::new();
    let start = Instant::now();
    let mut n_written = 0;
    while start.elapsed() < time {
        let before = Instant::now();
        let page = [u8::try_from(n_written % 251).unwrap_or_default(); PAGE];
        file.write_all_at(&page, n_written % PAGES * PAGE as u64)?;
        file.sync_data()?;
        latencies.record(u64::try_from(before.elapsed().as_nanos())?);
        n_written += 1;
    }
    let per_second = n_written as f64 / start.elapsed().as_secs_f64();
    Ok(Disk { p50: latencies.milliseconds(0.5), p99: latencies.milliseconds(0.99), per_second })
}
