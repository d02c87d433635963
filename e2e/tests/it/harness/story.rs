//! What the people of one test share: the screen, which only one test may have at a time, and the album of pictures.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tokio::sync::{Mutex, MutexGuard};

/// Two tests at once would share the processor, and what they measure would be worth nothing.
static SCREEN: Mutex<()> = Mutex::const_new(());

/// A test under way.
#[derive(Debug)]
pub(crate) struct Story {
    album: Album,
    _screen: MutexGuard<'static, ()>,
}

impl Story {
    /// Begins when no other one is under way; its pictures are numbered from `first` on.
    pub(crate) async fn begin(first: u32) -> Result<Self> {
        let screen = SCREEN.lock().await;
        // An error means that it is there already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = env::var_os("ROOST_E2E_SCREENSHOTS")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/e2e"), PathBuf::from);
        fs::create_dir_all(&folder)?;
        Ok(Self { album: Album { folder, next: Arc::new(AtomicU32::new(first)) }, _screen: screen })
    }

    /// Where its pictures go.
    pub(crate) fn album(&self) -> Album {
        self.album.clone()
    }
}

/// The pictures of a test, in the order in which they were taken.
#[derive(Debug, Clone)]
pub(crate) struct Album {
    folder: PathBuf,
    next: Arc<AtomicU32>,
}

impl Album {
    /// Keeps a picture (a PNG file's bytes) as `NN-who-what.png`.
    pub(crate) fn keep(&self, who: &str, what: &str, picture: &[u8]) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{number:02}-{}-{what}.png", who.to_lowercase()));
        fs::write(&path, picture).with_context(|| format!("could not write {}", path.display()))
    }
}

/// The path of one of the programs under test.
pub(crate) fn program(variable: &str) -> Result<OsString> {
    env::var_os(variable).with_context(|| {
        format!("{variable} does not name a program; `cargo xtask test` builds the programs and runs these tests")
    })
}
