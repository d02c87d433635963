//! `cargo xtask run`: from a fresh clone to the open window.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::process::{built_program, cargo, check, in_root};
use crate::progress::{say, timed};
use crate::{setup, ui};

/// Build everything and open the window
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run without a display: the same app on a virtual screen, with a keyring of its own
    #[arg(long)]
    headless: bool,

    /// Write a picture of the window as PNG, then end
    #[arg(long, value_name = "FILE", requires = "headless")]
    screenshot: Option<PathBuf>,

    /// Keep the app's data and keyring entries in this folder, apart from all others
    #[arg(long, value_name = "DIR")]
    profile: Option<PathBuf>,

    /// Optimise, as it is shipped: takes minutes to build
    #[arg(long)]
    release: bool,

    /// Given to the app as they are
    #[arg(last = true, value_name = "APP ARGS")]
    app: Vec<OsString>,
}

impl Args {
    /// What the app is called with.
    fn app_args(&self, default_profile: Option<PathBuf>) -> Vec<OsString> {
        let profile = self.profile.clone().or(default_profile);
        let profile = profile.into_iter().flat_map(|folder| [OsString::from("--profile"), folder.into()]);
        profile.chain(self.app.iter().cloned()).collect()
    }
}

/// Runs the command.
///
/// # Errors
///
/// There is no display and none was made, something cannot be set up or built, or the app fails.
pub(crate) fn main(args: &Args) -> Result<()> {
    if args.headless {
        return headless(args);
    }
    #[cfg(target_os = "linux")]
    require_display()?;
    setup::for_build()?;
    let app = build(args.release)?;
    say("Running", "Roost");
    check(in_root(app).args(args.app_args(None)))
}

#[cfg(target_os = "linux")]
fn require_display() -> Result<()> {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if named("DISPLAY") || named("WAYLAND_DISPLAY") {
        return Ok(());
    }
    anyhow::bail!(
        "there is no display here to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); \
         `cargo xtask run --headless` runs the same app on a virtual one, and `--screenshot FILE` with it shows the window"
    )
}

/// Builds the interface, the server and the app, and gives the app's path.
fn build(release: bool) -> Result<PathBuf> {
    ui::build(if release { ui::Profile::Release } else { ui::Profile::Dev })?;
    timed("the server and the app", || {
        let mut command = cargo();
        command.args(["build", "--package", "roost", "--package", "roost-server", "--bins"]);
        check(if release { command.arg("--release") } else { &mut command })
    })?;
    Ok(built_program(if release { "release" } else { "debug" }, "roost"))
}

#[cfg(not(target_os = "linux"))]
fn headless(_args: &Args) -> Result<()> {
    anyhow::bail!("--headless works on Linux only: this system has no virtual display to run on")
}

#[cfg(target_os = "linux")]
fn headless(args: &Args) -> Result<()> {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use anyhow::Context;

    use crate::headless::{Desktop, Group, wait_for_picture};
    use crate::process::target_dir;
    use crate::progress::seconds;

    /// The window as it opens for the first time.
    const SIZE: (u32, u32) = (1280, 800);
    /// A first start on a busy machine is slow; one that takes longer than this hangs.
    const PATIENCE: Duration = Duration::from_secs(60);

    setup::for_headless()?;
    let app = build(args.release)?;
    let home = target_dir().join("headless");
    let desktop = Desktop::start(SIZE, &home)?;
    say("Running", "Roost on a virtual screen");
    let mut command = Command::new(app);
    desktop
        .adopt(&mut command)
        .args(args.app_args(Some(home.join("profile"))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let started = Instant::now();
    let mut app = Group::spawn(&mut command)?;
    let lines = app.lines(|line| println!("{line}"))?;
    app.line_from(&lines, PATIENCE, |line| line == "window ready").context("the window did not open")?;
    say("Ready", &format!("the window is open after {}", seconds(started.elapsed())));
    match &args.screenshot {
        Some(file) => {
            wait_for_picture(&desktop, file)?;
            say("Written", &file.display().to_string());
            Ok(())
        }
        None => app.succeed(),
    }
}
