//! The steps of `cargo xtask test`.

use anyhow::{Context, Result};

use crate::process::{built_program, cargo, check, in_root, root};
use crate::ui::{self, Profile, WASM_TARGET};
use crate::{setup, tidy};

/// One named check.
pub(super) struct Step {
    pub(super) name: &'static str,
    /// What it does, in the words of the list of steps.
    pub(super) what: &'static str,
    pub(super) run: fn() -> Result<()>,
}

/// All of them, in order. Each also works alone: what it needs is made, or found made.
pub(super) const STEPS: &[Step] = &[
    Step { name: "format", what: "the code is formatted as rustfmt does it", run: format },
    Step { name: "tidy", what: "the rules of the house", run: tidy::main },
    Step { name: "setup", what: "everything that the other steps need is here", run: set_up },
    Step { name: "interface", what: "the interface as the window loads it", run: interface },
    Step { name: "wasm", what: "board, protocol and bridge compile to wasm", run: wasm },
    Step { name: "clippy", what: "lints, for this machine", run: clippy },
    Step { name: "clippy-wasm", what: "lints, for wasm", run: clippy_wasm },
    Step { name: "docs", what: "the documentation of the code, without warnings", run: docs },
    Step { name: "build", what: "the app, the server and all tests", run: build },
    Step { name: "tests", what: "unit, property, integration and wire tests", run: tests },
    Step { name: "doctests", what: "the examples in the documentation", run: doctests },
    Step { name: "phoenix", what: "Phoenix clients of others against the server", run: phoenix },
    Step { name: "windows", what: "two people in real windows", run: windows },
];

/// The one selection of packages and features for everything that is compiled for this machine. The tests in real
/// windows are behind a feature of their own package, so that plain `cargo test` does not ask for a display.
const EVERYTHING: &[&str] = &["--workspace", "--features", "roost-e2e/windows"];

/// The crates that are compiled for wasm too.
const FOR_WASM: &[&str] = &["--package", "roost-board", "--package", "roost-protocol", "--package", "roost-bridge"];

fn format() -> Result<()> {
    check(cargo().args(["fmt", "--all", "--check"])).context("`cargo fmt` puts it right")
}

fn set_up() -> Result<()> {
    if cfg!(target_os = "linux") {
        setup::for_windows()?
    } else {
        setup::for_build()?
    }
    setup::node()?;
    setup::python_packages(&root().join("server/tests/phoenix-py")).map(drop)
}

/// The app embeds `ui/dist` when it is compiled, so this comes before everything that compiles the app.
fn interface() -> Result<()> {
    setup::for_build()?;
    ui::build(Profile::Dev)
}

/// In the profile of the interface, which has compiled most of it already.
fn wasm() -> Result<()> {
    setup::for_build()?;
    check(cargo().args(["build", "--target", WASM_TARGET, "--profile", Profile::Dev.name()]).args(FOR_WASM))
}

fn clippy() -> Result<()> {
    interface()?;
    check(cargo().arg("clippy").args(EVERYTHING).args(["--all-targets", "--", "--deny", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    setup::for_build()?;
    check(
        cargo()
            .args(["clippy", "--target", WASM_TARGET, "--package", "roost-ui"])
            .args(FOR_WASM)
            .args(["--", "--deny", "warnings"]),
    )
}

fn docs() -> Result<()> {
    interface()?;
    check(cargo().arg("doc").args(EVERYTHING).arg("--no-deps").env("RUSTDOCFLAGS", "--deny warnings"))
}

fn build() -> Result<()> {
    interface()?;
    check(cargo().arg("build").args(EVERYTHING).arg("--all-targets"))
}

fn tests() -> Result<()> {
    interface()?;
    check(cargo().args(["test", "--workspace", "--tests"]))
}

fn doctests() -> Result<()> {
    interface()?;
    check(cargo().args(["test", "--workspace", "--doc"]))
}

fn phoenix() -> Result<()> {
    build()?;
    let folder = root().join("server/tests/phoenix-js");
    setup::npm_packages(&folder)?;
    let server = built_program("debug", "roost-server");
    check(
        in_root("node").args(["--test", "--test-reporter=spec"]).current_dir(folder).env("ROOST_SERVER_BIN", &server),
    )?;

    let folder = root().join("server/tests/phoenix-py");
    let python = setup::python_packages(&folder)?;
    check(in_root(python).args(["-B", "-m", "unittest", "-v"]).current_dir(folder).env("ROOST_SERVER_BIN", server))
}

#[cfg(not(target_os = "linux"))]
fn windows() -> Result<()> {
    crate::progress::warn("left out: only WebKitGTK, so only Linux, lets a test drive the window of this kind of app");
    Ok(())
}

#[cfg(target_os = "linux")]
fn windows() -> Result<()> {
    use std::process::Stdio;

    use crate::headless::{Desktop, Group};
    use crate::process::target_dir;

    /// Room for two windows of 1280 by 800 side by side.
    const SIZE: (u32, u32) = (2560, 800);

    setup::for_windows()?;
    build()?;
    let shots = target_dir().join("e2e");
    if shots.exists() {
        std::fs::remove_dir_all(&shots).with_context(|| format!("could not empty {}", shots.display()))?;
    }
    std::fs::create_dir_all(&shots).with_context(|| format!("could not create {}", shots.display()))?;
    let keyring = tempfile::tempdir().context("could not make a folder for the keyring")?;
    let desktop = Desktop::start(SIZE, keyring.path())?;
    let mut command = cargo();
    desktop
        .adopt(&mut command)
        .arg("test")
        .args(EVERYTHING)
        .args(["--test", "windows"])
        .env("ROOST_APP_BIN", built_program("debug", "roost"))
        .env("ROOST_SERVER_BIN", built_program("debug", "roost-server"))
        .env("ROOST_E2E_SCREENSHOTS", &shots)
        .stdin(Stdio::null());
    Group::spawn(&mut command)?.succeed().with_context(|| format!("see the pictures in {}", shots.display()))?;
    Ok(())
}
