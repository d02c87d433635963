//! People, their apps, and a server, as processes that end with the values that stand for them.

mod app;
mod driver;
mod group;
mod keyring;
mod link;
mod person;
mod server;
mod story;
mod undriven;
mod wait;

pub(crate) use keyring::Keyring;
pub(crate) use link::Link;
pub(crate) use person::{Person, hook};
pub(crate) use server::Server;
pub(crate) use story::Story;
pub(crate) use undriven::Undriven;
