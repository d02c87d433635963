//! One server for each data directory.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::error::OpenError;

/// The file that is locked while a server uses the directory.
const LOCK: &str = "lock";

/// The right to use a data directory; given back when it is dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub(super) struct DirLock {
    _file: File,
}

impl DirLock {
    /// Makes the directory if it is not there, readable by this user alone, and takes it.
    pub(super) fn take(dir: &Path) -> Result<Self, OpenError> {
        make_private_dir(dir).map_err(|source| OpenError::dir(dir, source))?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(LOCK))
            .map_err(|source| OpenError::dir(dir, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(OpenError::dir(dir, source)),
        }
    }
}

/// Makes a directory, and those above it, that only this user can look into.
pub(super) fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::take(dir.path()).unwrap();
        let second = DirLock::take(dir.path()).unwrap_err();
        assert!(second.to_string().contains("another roost-server is using"), "{second}");
        drop(first);
        DirLock::take(dir.path()).unwrap();
    }

    #[test]
    fn a_file_is_no_directory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = DirLock::take(&file).unwrap_err();
        assert!(error.to_string().contains("--data-dir"), "{error}");
    }
}
