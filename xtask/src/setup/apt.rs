//! Debian packages.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{check, is_installed};
use crate::progress::say;

/// Whether packages can be installed here.
pub(crate) fn is_here() -> bool {
    is_installed("dpkg-query") && is_installed("apt-get")
}

/// Those of the packages that are not installed.
///
/// # Errors
///
/// `dpkg-query` cannot be run.
pub(crate) fn missing<'a>(names: &[&'a str]) -> Result<Vec<&'a str>> {
    // It fails when it knows nothing of one of them, and lists the others all the same.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .output()
        .context("could not run dpkg-query")?;
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(not_installed(&listed, names))
}

fn not_installed<'a>(listed: &str, names: &[&'a str]) -> Vec<&'a str> {
    let installed: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    names.iter().copied().filter(|name| !installed.contains(name)).collect()
}

/// Installs packages, after saying which.
///
/// # Errors
///
/// There is no way to root's rights, or `apt-get` fails; the error has the command to type by hand.
pub(crate) fn install(names: &[&str]) -> Result<()> {
    let list = names.join(" ");
    let by_hand = || format!("install them by hand, as root: apt-get install {list}");
    if is_root() {
        say("Setup", &format!("Debian packages: {list}"));
    } else if is_installed("sudo") {
        say("Setup", &format!("Debian packages, through sudo: {list}"));
    } else {
        bail!("packages are missing, and this is not root and has no sudo: {}", by_hand());
    }
    check(as_root("apt-get").arg("update")).with_context(by_hand)?;
    // `env` rather than the environment, which sudo would not pass on.
    check(
        as_root("env")
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"])
            .args(names),
    )
    .with_context(by_hand)
}

/// A program run with the rights of root: directly, or through sudo.
fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_was_removed_or_never_heard_of_is_missing() {
        let listed = "xvfb installed\ndbus config-files\n";
        assert_eq!(not_installed(listed, &["xvfb", "dbus", "imagemagick"]), ["dbus", "imagemagick"]);
    }
}
