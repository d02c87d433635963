//! What the app keeps on this machine. One SQLite file for each profile, for settings and the texts that are being
//! typed, and one for each account, with everything that is needed to work without the server.
//!
//! - An answer means that it survives a power cut.
//! - What fails is not there in part.
//! - A file of a later version is left as it is, to the byte.
//! - A file that is damaged is put aside, never removed, and what can be read of it goes over to a new one.

mod account;
mod database;
mod error;
mod file;
#[cfg(test)]
pub(crate) mod held;
mod migrations;
mod profile;
mod rescue;
#[cfg(test)]
mod tests;

pub(crate) use account::{AccountState, AccountStore, AccountWrite};
pub use error::StoreError;
pub use profile::DRAFT_MAX;
pub(crate) use profile::Store;
