//! The desktop core against a real server, without a window.

mod accounts;
mod boards;
mod desk;
mod local;
mod places;
