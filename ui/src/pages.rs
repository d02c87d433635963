//! What is shown before a board is.

mod boards;
mod connect;
mod credentials;
mod sign_in;
mod start;
mod welcome;

pub use boards::Boards;
pub use connect::Connect;
pub use sign_in::SignIn;
pub use start::{StartFailed, Starting};
