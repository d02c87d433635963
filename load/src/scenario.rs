//! What is done to a server, and what comes out.

pub(crate) mod catch_up;
pub(crate) mod idle;
pub(crate) mod presence;
pub(crate) mod traffic;

/// How many sockets may be on their way in at a time.
pub(crate) const AT_A_TIME: usize = 200;

/// About as many bytes as Roost's answer to a join of a small board has.
pub(crate) const JOIN_BYTES: usize = 2_000;
