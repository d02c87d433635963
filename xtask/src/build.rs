//! `cargo xtask build`: what is given to people, and how large it is.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::process::{built_program, cargo, check, in_root, root, target_dir};
use crate::progress::{say, timed};
use crate::{setup, ui};

/// The kind of bundle that this system's people install.
const BUNDLE: &str = if cfg!(target_os = "linux") {
    "deb"
} else if cfg!(target_os = "macos") {
    "dmg"
} else {
    "nsis"
};

/// Runs the command.
///
/// # Errors
///
/// Something cannot be set up, built or bundled.
pub(crate) fn main() -> Result<()> {
    setup::for_build()?;
    setup::npm_packages(&setup::tools())?;
    ui::build(ui::Profile::Release)?;
    timed("the app and the server, optimised", || {
        check(cargo().args(["build", "--release", "--bins", "--package", "roost", "--package", "roost-server"]))
    })?;
    timed("the bundle", bundle)?;
    report()
}

/// Wraps what cargo has built with Tauri's own tool. The bundle holds the server too, for those who host one.
fn bundle() -> Result<()> {
    let files = serde_json::json!({
        "/usr/bin/roost-server": built_program("release", "roost-server"),
        "/usr/share/doc/roost/LICENSE-APACHE": root().join("LICENSE-APACHE"),
        "/usr/share/doc/roost/LICENSE-MIT": root().join("LICENSE-MIT"),
    });
    let config = serde_json::json!({ "bundle": { "linux": { "deb": { "files": files } } } });
    check(in_root("node").arg(setup::tools().join("node_modules/@tauri-apps/cli/tauri.js")).args([
        "bundle",
        "--ci",
        "--bundles",
        BUNDLE,
        "--config",
        &config.to_string(),
    ]))
}

/// Prints the sizes that matter to whoever downloads and starts this.
fn report() -> Result<()> {
    let wasm = root().join("ui/dist").join(ui::WASM_FILE);
    print_size("app", &built_program("release", "roost"))?;
    print_size("server", &built_program("release", "roost-server"))?;
    print_size("interface", &wasm)?;
    let zipped = gzipped(&wasm)?;
    say("Size", &format!("{:>10}  interface, gzipped", megabytes(zipped)));
    let bundle = newest_bundle()?;
    print_size("bundle", &bundle)?;
    say("Written", &bundle.display().to_string());
    Ok(())
}

fn print_size(what: &str, file: &Path) -> Result<()> {
    let size = fs::metadata(file).with_context(|| format!("could not look at {}", file.display()))?.len();
    say("Size", &format!("{:>10}  {what}", megabytes(size)));
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    // In hundredths, for whole numbers round the same everywhere.
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

fn gzipped(file: &Path) -> Result<u64> {
    let bytes = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes).context("could not compress")?;
    Ok(encoder.finish().context("could not compress")?.len() as u64)
}

/// The bundle that was just made: older ones, of other versions, may lie beside it.
fn newest_bundle() -> Result<PathBuf> {
    let folder = target_dir().join("release").join("bundle").join(BUNDLE);
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
        let metadata = entry.metadata().with_context(|| format!("could not look at {}", entry.path().display()))?;
        if metadata.is_file() {
            let modified = metadata.modified().context("this system keeps no times of files")?;
            found.push((modified, entry.path()));
        }
    }
    match found.into_iter().max() {
        Some((_, path)) => Ok(path),
        None => bail!("Tauri's tool left no bundle in {}", folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_hundredths() {
        assert_eq!(megabytes(0), "0.00 MB");
        assert_eq!(megabytes(1_195_465), "1.20 MB");
        assert_eq!(megabytes(14_004_999), "14.00 MB");
    }
}
