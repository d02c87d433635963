//! What must be on the machine before anything can be built or tested, and getting what is not there.
//!
//! On Debian and its kin (everything with `dpkg` and `apt-get`) missing packages are installed; elsewhere they
//! are named, for the names differ. Looking costs a few milliseconds, so every task looks each time.

#[cfg(target_os = "linux")]
mod apt;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{check, in_root, is_installed, root, stdout_of, target_dir};
use crate::progress::{say, warn};
use crate::ui::WASM_TARGET;

/// Debian packages that the build needs.
const BUILD: &[&str] = &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "libdbus-1-dev"];

/// Debian packages that running the app without a display needs besides.
const HEADLESS: &[&str] = &["xvfb", "dbus", "at-spi2-core", "gnome-keyring", "imagemagick"];

/// Debian packages that the tests in real windows need besides.
const WINDOWS: &[&str] = &["webkit2gtk-driver", "libsecret-tools", "xdotool"];

/// Gets what every build needs.
///
/// # Errors
///
/// Something is missing and cannot be installed; the error says how to get it by hand.
pub(crate) fn for_build() -> Result<()> {
    packages(BUILD)?;
    wasm_target()
}

/// Gets what a run without a display needs besides.
///
/// # Errors
///
/// As [`for_build`].
#[cfg(target_os = "linux")]
pub(crate) fn for_headless() -> Result<()> {
    packages(&[BUILD, HEADLESS].concat())?;
    wasm_target()
}

/// Gets what the tests in real windows need besides.
///
/// # Errors
///
/// As [`for_build`].
pub(crate) fn for_windows() -> Result<()> {
    packages(&[BUILD, HEADLESS, WINDOWS].concat())?;
    wasm_target()
}

/// Gets node and npm, if neither a distribution's nor another one is on the path.
///
/// # Errors
///
/// As [`for_build`].
pub(crate) fn node() -> Result<()> {
    if is_installed("node") && is_installed(NPM) {
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    if apt::is_here() {
        return apt::install(&["nodejs", "npm"]);
    }
    bail!("node and npm are missing: install Node.js 18 or later, with npm, and run this again")
}

/// Installs the packages that a folder's `package-lock.json` names, unless they are there.
///
/// # Errors
///
/// npm fails, or node cannot be had.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    node()?;
    let modified = |file: &str| folder.join(file).metadata().and_then(|metadata| metadata.modified()).ok();
    let (wanted, installed) = (modified("package-lock.json"), modified("node_modules/.package-lock.json"));
    if wanted.is_some() && installed >= wanted {
        return Ok(());
    }
    let shown = folder.strip_prefix(root()).unwrap_or(folder);
    say("Setup", &format!("npm packages of {}", shown.display()));
    check(in_root(NPM).args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
        .with_context(|| format!("could not install the npm packages of {}", shown.display()))
}

/// Installs the Python packages that a folder's `requirements.txt` names into an environment below the target directory,
/// unless they are there. The environment's interpreter.
///
/// # Errors
///
/// pip fails, or Python cannot be had.
pub(crate) fn python_packages(folder: &Path) -> Result<PathBuf> {
    let requirements = folder.join("requirements.txt");
    let wanted = std::fs::read(&requirements).with_context(|| format!("could not read {}", requirements.display()))?;
    let environment = target_dir().join("python");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = environment.join("requirements.txt");
    if python.is_file() && std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let shown = folder.strip_prefix(root()).unwrap_or(folder);
    say("Setup", &format!("Python packages of {}", shown.display()));
    check(in_root(base_python()?).args(["-m", "venv", "--clear"]).arg(&environment))?;
    check(
        in_root(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )
    .with_context(|| format!("could not install the Python packages of {}", shown.display()))?;
    std::fs::write(&installed, wanted).with_context(|| format!("could not write {}", installed.display()))?;
    Ok(python)
}

/// A Python that can make environments, which Debian has in a package of its own.
fn base_python() -> Result<&'static str> {
    const ASKS: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
    let is_good = |python: &str| stdout_of(in_root(python).args(["-c", ASKS])).is_ok();
    if let Some(python) = PYTHONS.into_iter().find(|python| is_good(python)) {
        return Ok(python);
    }
    #[cfg(target_os = "linux")]
    if apt::is_here() {
        apt::install(&["python3", "python3-venv"])?;
        if is_good("python3") {
            return Ok("python3");
        }
    }
    bail!("Python is missing: install Python 3.11 or later, with venv, and run this again")
}

/// What Python is called, on most systems and on Windows.
const PYTHONS: [&str; 2] = ["python3", "python"];

/// The folder of the tools that come from npm and make the release bundle.
pub(crate) fn tools() -> PathBuf {
    root().join("xtask").join("npm")
}

/// On Windows npm is a script, which must be called by its full name.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

#[cfg(target_os = "linux")]
fn packages(names: &[&str]) -> Result<()> {
    if !apt::is_here() {
        warn(&format!(
            "this is no Debian: see that you have what Debian calls {} (your distribution's names differ)",
            names.join(", ")
        ));
        return Ok(());
    }
    let missing = apt::missing(names)?;
    if missing.is_empty() { Ok(()) } else { apt::install(&missing) }
}

#[cfg(target_os = "macos")]
fn packages(_debian_names: &[&str]) -> Result<()> {
    stdout_of(in_root("xcode-select").arg("-p"))
        .map(drop)
        .context("Xcode's command line tools are missing: install them with `xcode-select --install`")
}

#[cfg(windows)]
fn packages(_debian_names: &[&str]) -> Result<()> {
    warn("needed on Windows: the Visual Studio Build Tools with C++, and the WebView2 runtime (part of Windows 11)");
    Ok(())
}

/// Gets the standard library for the target that the interface is compiled to.
fn wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = stdout_of(in_root(&rustc).args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    if !is_installed("rustup") {
        bail!("rustc has no {WASM_TARGET} target and there is no rustup to add it: install that target's `rust-std`");
    }
    say("Setup", &format!("rustup target add {WASM_TARGET}"));
    check(in_root("rustup").args(["target", "add", WASM_TARGET]))
}
