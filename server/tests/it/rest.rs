//! The REST calls.

mod accounts;
mod boards;
mod requests;
mod rights;
mod system;
