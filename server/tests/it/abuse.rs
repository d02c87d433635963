//! Attacks, each on one limit, and somebody honest beside them who must not notice.

mod arena;
mod client;
mod connections;
mod honest;
mod paces;
mod requests;
mod sockets;
mod told;

use arena::Arena;
use client::{Client, PATIENCE};
use honest::Honest;
