//! Pictures of what a virtual screen shows.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Desktop, Group};

/// Between two looks at the screen.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the picture may take to stand still.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until something is drawn and two looks in a row see the same, then writes it as a PNG.
///
/// A picture that never stands still is written as it is when the time is over: it may well be an animation.
///
/// # Errors
///
/// Nothing is drawn, or ImageMagick fails.
pub(crate) fn wait_for_picture(desktop: &Desktop, file: &Path) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut before = capture(desktop)?;
    loop {
        std::thread::sleep(PAUSE);
        let now = capture(desktop)?;
        let settled = now == before && !is_blank(&now);
        if settled || Instant::now() > deadline {
            if is_blank(&now) {
                bail!("the screen is still blank after {} s: nothing to take a picture of", PATIENCE.as_secs());
            }
            return write_png(&now, file);
        }
        before = now;
    }
}

/// What the whole screen shows, as a portable pixmap: those of equal pixels are equal bytes.
fn capture(desktop: &Desktop) -> Result<Vec<u8>> {
    let mut command = Command::new("import");
    let output = desktop
        .adopt(&mut command)
        .args(["-window", "root", "-depth", "8", "ppm:-"])
        .stdin(Stdio::null())
        .output()
        .context("could not start ImageMagick's `import`")?;
    if !output.status.success() || output.stdout.is_empty() {
        bail!("`import` could not read the screen: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}

/// Whether all pixels are the same. The head of the pixmap is text of three lines.
fn is_blank(pixmap: &[u8]) -> bool {
    let head = pixmap.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).map_or(0, |(at, _)| at + 1);
    let mut pixels = pixmap[head..].chunks_exact(3);
    let first = pixels.next();
    pixels.all(|pixel| Some(pixel) == first)
}

fn write_png(pixmap: &[u8], file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    }
    let mut target = std::ffi::OsString::from("png:");
    target.push(file);
    let mut command = Command::new("convert");
    command.arg("ppm:-").arg(target).stdin(Stdio::piped());
    let mut convert = Group::spawn(&mut command)?;
    convert.write_and_close(pixmap)?;
    convert.succeed().with_context(|| format!("could not write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_of_one_colour_is_blank() {
        assert!(is_blank(b"P6\n2 1\n255\nabcabc"));
        assert!(!is_blank(b"P6\n2 1\n255\nabcabd"));
    }
}
