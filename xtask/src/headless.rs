//! A desktop without a display: a virtual screen, a session bus and an unlocked keyring, all of them our own.
//!
//! Everything here ends with the value that stands for it, also when the task fails or is interrupted.

mod group;
mod picture;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

pub(crate) use group::Group;
pub(crate) use picture::wait_for_picture;

/// How long each of the desktop's parts may take to be there.
const START: Duration = Duration::from_secs(20);

/// The password of the keyring. It protects nothing: it opens a keyring that only test accounts are in.
const KEYRING_PASSWORD: &[u8] = b"roost";

/// A running desktop without a display.
#[derive(Debug)]
pub(crate) struct Desktop {
    environment: Vec<(&'static str, OsString)>,
    // Fields are dropped in this order: who is connected goes before what it is connected to.
    _keyring: Group,
    _bus: Group,
    _screen: Group,
    runtime: TempDir,
}

impl Desktop {
    /// Starts everything.
    ///
    /// `size` is that of the screen in pixels, `keyring` the folder in which the keyring is kept.
    ///
    /// # Errors
    ///
    /// A part cannot be started or is not there in time.
    pub(crate) fn start(size: (u32, u32), keyring: &Path) -> Result<Self> {
        group::end_all_when_interrupted()?;
        let runtime = tempfile::Builder::new().prefix("roost-").tempdir().context("could not make a folder")?;
        let (screen, display) = start_screen(size, runtime.path())?;
        let mut environment = vec![
            ("DISPLAY", OsString::from_vec([b":", display.trim().as_bytes()].concat())),
            ("XDG_RUNTIME_DIR", runtime.path().into()),
            ("GDK_BACKEND", "x11".into()),
            // Settings of the person's own desktop are neither read nor written.
            ("GSETTINGS_BACKEND", "memory".into()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
        ];
        let (bus, address) = start_bus(&environment)?;
        environment.push(("DBUS_SESSION_BUS_ADDRESS", address.trim().into()));
        let keyring = start_keyring(&environment, keyring)?;
        Ok(Self { environment, _keyring: keyring, _bus: bus, _screen: screen, runtime })
    }

    /// The file with the pixels of the screen, as an X window dump.
    pub(crate) fn screen(&self) -> PathBuf {
        self.runtime.path().join("Xvfb_screen0")
    }

    /// Makes a command run on this desktop.
    pub(crate) fn adopt<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        in_environment(command, &self.environment)
    }
}

fn in_environment<'a>(command: &'a mut Command, environment: &[(&'static str, OsString)]) -> &'a mut Command {
    command.envs(environment.iter().map(|(name, value)| (name, value))).env_remove("WAYLAND_DISPLAY")
}

/// Starts Xvfb, which keeps its pixels in a file in a folder, and gives the number of its display, which it picks itself.
fn start_screen((width, height): (u32, u32), folder: &Path) -> Result<(Group, String)> {
    let mut command = Command::new("Xvfb");
    command
        .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"])
        .arg("-fbdir")
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut screen = Group::spawn(&mut command)?;
    let display = screen.first_line(START).context("Xvfb did not say which display it has")?;
    Ok((screen, display))
}

/// Starts a session bus and gives its address.
fn start_bus(environment: &[(&'static str, OsString)]) -> Result<(Group, String)> {
    let mut command = Command::new("dbus-daemon");
    in_environment(&mut command, environment)
        .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut bus = Group::spawn(&mut command)?;
    let address = bus.first_line(START).context("dbus-daemon did not say where it listens")?;
    Ok((bus, address))
}

/// Starts gnome-keyring, unlocked, and waits until it is on the bus.
fn start_keyring(environment: &[(&'static str, OsString)], folder: &Path) -> Result<Group> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    let mut command = Command::new("gnome-keyring-daemon");
    in_environment(&mut command, environment)
        .args(["--foreground", "--unlock", "--components=secrets"])
        .env("XDG_DATA_HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut keyring = Group::spawn(&mut command)?;
    keyring.write_and_close(KEYRING_PASSWORD)?;
    let deadline = Instant::now() + START;
    while !is_on_bus(environment, "org.freedesktop.secrets")? {
        if Instant::now() > deadline {
            bail!("gnome-keyring-daemon did not come up within {} s", START.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(keyring)
}

/// Asks the bus whether somebody owns a name.
fn is_on_bus(environment: &[(&'static str, OsString)], name: &str) -> Result<bool> {
    let mut command = Command::new("dbus-send");
    in_environment(&mut command, environment)
        .args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"])
        .args(["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")]);
    Ok(crate::process::stdout_of(&mut command)?.contains("true"))
}
