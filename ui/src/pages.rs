//! What is shown before a board is.

mod boards;

pub use boards::Boards;
