//! The clients: many sockets, what they send and when, and what they are told.

pub(crate) mod frame;
pub(crate) mod message;
pub(crate) mod order;
pub(crate) mod pace;
mod presence;
mod socket;
pub(crate) mod swarm;
pub(crate) mod tally;
