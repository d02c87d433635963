//! `cargo xtask fuzz`: bytes that nobody would send, for everything that reads bytes from outside.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{check, in_root, root, target_dir};
use crate::progress::say;

/// The targets, as `fuzz/Cargo.toml` has them.
const TARGETS: &[&str] = &["text", "binary", "websocket", "longpoll", "rest", "apply"];

/// The version of cargo-fuzz that is installed where none is found.
const CARGO_FUZZ: &str = "0.13.2";

/// How long one input may take, in seconds: nothing that is read from outside takes a hundredth of that.
const INPUT_TIME: u32 = 5;

/// How much memory one target may take, in MiB.
const MEMORY: u32 = 2_048;

/// Run the fuzz targets, each for a minute; what they learn is kept in `fuzz/corpus`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long each, in seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,

    /// Only these
    #[arg(value_name = "TARGET", value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    only: Vec<String>,
}

/// Runs the command.
///
/// # Errors
///
/// There is no nightly compiler, or a target has found something: the input is in `fuzz/artifacts`.
pub(crate) fn main(args: &Args) -> Result<()> {
    let cargo_fuzz = cargo_fuzz()?;
    let fuzz = |command: &str| {
        let mut fuzz = in_root("cargo");
        // The compiler that runs this command is not the one that has sanitizers.
        fuzz.env_remove("RUSTUP_TOOLCHAIN").env("PATH", path_with(&cargo_fuzz));
        fuzz.args(["+nightly", "fuzz", command, "--target-dir"]).arg(target_dir().join("fuzz"));
        fuzz
    };
    check(&mut fuzz("build"))?;
    for target in TARGETS.iter().filter(|target| args.only.is_empty() || args.only.iter().any(|only| only == *target)) {
        say("Fuzzing", &format!("{target}, {} s", args.seconds));
        let corpus = root().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
        // New inputs go into the first folder; the second is read only.
        let mut run = fuzz("run");
        run.arg(target).arg(&corpus).arg(root().join("fuzz/seeds").join(target)).arg("--");
        run.arg(format!("-max_total_time={}", args.seconds));
        run.args([format!("-timeout={INPUT_TIME}"), format!("-rss_limit_mb={MEMORY}")]);
        check(run.args(["-print_final_stats=1", "-verbosity=0"]))
            .with_context(|| format!("{target} has found something: the input is in fuzz/artifacts/{target}"))?;
    }
    Ok(())
}

/// Where cargo-fuzz is; it is installed into the target folder unless it is on the path.
fn cargo_fuzz() -> Result<Option<PathBuf>> {
    let answers = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !answers(in_root("cargo").env_remove("RUSTUP_TOOLCHAIN").args(["+nightly", "--version"])) {
        bail!("there is no nightly compiler: `rustup toolchain install nightly` gets one");
    }
    if answers(in_root("cargo").args(["fuzz", "--version"])) {
        return Ok(None);
    }
    let tools = target_dir().join("tools");
    if !tools.join("bin/cargo-fuzz").is_file() {
        say("Installing", "cargo-fuzz");
        let mut install = in_root("cargo");
        check(install.args(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ, "--root"]).arg(&tools))?;
    }
    Ok(Some(tools.join("bin")))
}

fn path_with(folder: &Option<PathBuf>) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folder.iter().cloned().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
