//! The secret that signs the tokens: given, or made on the first start and kept in the data directory.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::config::SECRET_MIN;

/// The file in the data directory, readable by the server's user alone.
pub(crate) const SECRET_FILE: &str = "secret";

/// Random bytes in a secret that is made here; it is written as hexadecimal digits.
const RANDOM_BYTES: usize = 32;

/// Why there is no secret to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The given one can be guessed.
    #[error("ROOST_SECRET has {0} bytes and needs {SECRET_MIN} at least, such as `openssl rand -hex 32` prints")]
    TooShort(usize),
    /// The stored one is damaged.
    #[error(
        "the secret in {} is not whole; put it back from a backup, or remove it, and everybody has to sign in again",
        .0.display()
    )]
    Damaged(PathBuf),
    /// The file cannot be read or written.
    #[error("cannot use the secret in {}: {source}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// The given secret, or that of the data directory, which is made if it is not there.
pub(crate) fn secret(data_dir: &Path, given: Option<&str>) -> Result<String, SecretError> {
    if let Some(given) = given {
        return if given.len() < SECRET_MIN { Err(SecretError::TooShort(given.len())) } else { Ok(given.to_owned()) };
    }
    let file = data_dir.join(SECRET_FILE);
    match fs::read_to_string(&file) {
        Ok(secret) if secret.trim().len() >= SECRET_MIN => Ok(secret.trim().to_owned()),
        Ok(_) => Err(SecretError::Damaged(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&file),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(SecretError::Damaged(file)),
        Err(source) => Err(SecretError::File { file, source }),
    }
}

fn make(file: &Path) -> Result<String, SecretError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(SecretError::Random)?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Written whole before it has its name: a power cut leaves no half of one.
    let partial = file.with_extension("partial");
    write_private(&partial, &secret)
        .and_then(|()| fs::rename(&partial, file))
        .map_err(|source| SecretError::File { file: file.to_owned(), source })?;
    Ok(secret)
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let made = secret(dir.path(), None).unwrap();
        assert_eq!(made.len(), 2 * RANDOM_BYTES);
        assert_eq!(secret(dir.path(), None).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(dir.path().join(SECRET_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_given_secret_goes_first_and_has_to_be_long() {
        let dir = tempfile::tempdir().unwrap();
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(secret(dir.path(), Some(long)).unwrap(), long);
        assert!(!dir.path().join(SECRET_FILE).exists());
        assert!(matches!(secret(dir.path(), Some("short")), Err(SecretError::TooShort(5))));
    }

    #[test]
    fn a_damaged_secret_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for damaged in [&b""[..], b"abc", &[0xFF; 64]] {
            fs::write(dir.path().join(SECRET_FILE), damaged).unwrap();
            assert!(matches!(secret(dir.path(), None), Err(SecretError::Damaged(_))));
        }
    }
}
