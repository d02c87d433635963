//! A profile: the folder where one person's Roost keeps everything, and the name that keeps it apart from others.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use sha2::{Digest, Sha256};

/// The identifier of the app, as in `tauri.conf.json`.
const IDENTIFIER: &str = "app.roost.desktop";

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The system does not say where the home folder is.
    #[error("there is no home folder to keep a profile in; name a folder with --profile")]
    NoHome,
    /// The folder cannot be made or read.
    #[error("the profile folder {} cannot be used: {error}", dir.display())]
    Io {
        /// Which folder.
        dir: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// Another process holds it.
    #[error("Roost is already running with the profile {}", .0.display())]
    InUse(PathBuf),
}

/// The folder where one person's Roost keeps everything, and the name that keeps it apart from others.
#[derive(Debug, Clone)]
pub struct Profile {
    dir: PathBuf,
    identifier: String,
}

/// Holds a profile for this process; dropped, others may have it.
#[derive(Debug)]
pub struct ProfileLock {
    _file: File,
}

impl Profile {
    /// The profile in a folder, or the system's usual place for this person; the folder is made, for them alone, if it
    /// is not there.
    ///
    /// # Errors
    /// When there is no such place, or it cannot be made.
    pub fn open(dir: Option<&Path>) -> Result<Self, ProfileError> {
        let usual = ProjectDirs::from("app", "roost", "Roost").map(|dirs| dirs.data_local_dir().to_owned());
        let dir = match (dir, &usual) {
            (Some(dir), _) => dir,
            (None, Some(usual)) => usual,
            (None, None) => return Err(ProfileError::NoHome),
        };
        let io_error = |error| ProfileError::Io { dir: dir.to_owned(), error };
        private_folders().create(dir).map_err(io_error)?;
        let dir = dir.canonicalize().map_err(io_error)?;
        let is_usual = usual.and_then(|usual| usual.canonicalize().ok()).is_some_and(|usual| usual == dir);
        let identifier = if is_usual { IDENTIFIER.to_owned() } else { identifier_of(&dir) };
        Ok(Self { dir, identifier })
    }

    /// Takes the profile for this process.
    ///
    /// A second start normally finds the first one and raises it; this is for systems where it cannot.
    ///
    /// # Errors
    /// When another process has it.
    pub fn lock(&self) -> Result<ProfileLock, ProfileError> {
        let io_error = |error| ProfileError::Io { dir: self.dir.clone(), error };
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.dir.join("lock"))
            .map_err(io_error)?;
        match file.try_lock() {
            Ok(()) => Ok(ProfileLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ProfileError::InUse(self.dir.clone())),
            Err(TryLockError::Error(error)) => Err(io_error(error)),
        }
    }

    /// Names this profile among all of this person's: the app's identifier, with a suffix for a profile that is not in
    /// the usual place. Entries in the keyring and the name on the session bus are made of it.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The database of settings and drafts.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.dir.join("roost.db")
    }

    /// Where each account has a database of its own; the folder is made, for this person alone, if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn accounts(&self) -> Result<PathBuf, ProfileError> {
        let dir = self.dir.join("accounts");
        match private_folders().create(&dir) {
            Ok(()) => Ok(dir),
            Err(error) => Err(ProfileError::Io { dir, error }),
        }
    }

    /// Where the bundled server keeps its boards.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.dir.join("server")
    }

    /// Where the webview keeps its caches.
    #[must_use]
    pub fn webview(&self) -> PathBuf {
        self.dir.join("webview")
    }

    /// The size and the place of the window.
    #[must_use]
    pub fn window_state(&self) -> PathBuf {
        self.dir.join("window.json")
    }
}

fn private_folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// A part of a bus name begins with a letter, hence the `p`.
fn identifier_of(dir: &Path) -> String {
    let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    let mut identifier = format!("{IDENTIFIER}.p");
    for byte in hash.iter().take(8) {
        identifier.push_str(&format!("{byte:02x}"));
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_are_two_profiles() {
        let temp = tempfile::tempdir().unwrap();
        let one = Profile::open(Some(&temp.path().join("one"))).unwrap();
        let other = Profile::open(Some(&temp.path().join("other"))).unwrap();
        assert_ne!(one.identifier(), other.identifier());
        let again = Profile::open(Some(&temp.path().join("other/../one"))).unwrap();
        assert_eq!(again.identifier(), one.identifier());
        assert!(one.identifier().strip_prefix("app.roost.desktop.p").is_some_and(|hash| hash.len() == 16));
    }

    #[test]
    fn a_profile_has_one_owner() {
        let temp = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(temp.path())).unwrap();
        let lock = profile.lock().unwrap();
        assert!(matches!(profile.lock(), Err(ProfileError::InUse(_))));
        drop(lock);
        assert!(profile.lock().is_ok());
    }

    #[test]
    fn the_identifier_is_that_of_the_configuration() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], IDENTIFIER);
    }
}
