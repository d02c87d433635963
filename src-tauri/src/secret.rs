//! Where tokens are kept between two runs: the keyring of the system, and never a file.

/// Why a secret could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no keyring in reach: {0}")]
pub struct SecretError(String);

impl SecretError {
    /// With what the keyring said.
    pub fn new(reason: impl ToString) -> Self {
        Self(reason.to_string())
    }
}

/// Keeps secrets by name. Calls may wait for the person, who is asked to unlock their keyring.
pub trait SecretStore: Send + 'static {
    /// The secret of that name, if there is one.
    ///
    /// # Errors
    /// When the keyring cannot be asked.
    fn get(&mut self, name: &str) -> Result<Option<String>, SecretError>;

    /// Keeps a secret, in place of the one of that name.
    ///
    /// # Errors
    /// When the keyring does not take it.
    fn set(&mut self, name: &str, secret: &str) -> Result<(), SecretError>;

    /// Forgets the secret of that name; one that is not there is forgotten already.
    ///
    /// # Errors
    /// When the keyring cannot be asked.
    fn remove(&mut self, name: &str) -> Result<(), SecretError>;
}

/// The keyring of the system: Secret Service, Keychain or Credential Manager.
#[derive(Debug)]
pub struct Keyring {
    service: String,
}

impl Keyring {
    /// The entries of one profile, whose identifier they carry as their service.
    #[must_use]
    pub fn new(identifier: &str) -> Self {
        Self { service: identifier.to_owned() }
    }

    fn entry(&self, name: &str) -> Result<keyring::Entry, SecretError> {
        // The status says what is wrong with the keyring as a whole, where `Entry::new` says that there is none.
        if let Err(error) = keyring::Entry::store_status() {
            return Err(SecretError::new(error));
        }
        keyring::Entry::new(&self.service, name).map_err(SecretError::new)
    }
}

impl SecretStore for Keyring {
    fn get(&mut self, name: &str) -> Result<Option<String>, SecretError> {
        match self.entry(name)?.get_password() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(SecretError::new(error)),
        }
    }

    fn set(&mut self, name: &str, secret: &str) -> Result<(), SecretError> {
        self.entry(name)?.set_password(secret).map_err(SecretError::new)
    }

    fn remove(&mut self, name: &str) -> Result<(), SecretError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(SecretError::new(error)),
        }
    }
}
