//! What the fuzz targets share.
//!
//! `cargo xtask fuzz` runs each target for a minute. A target hands bytes to one thing that reads bytes from outside,
//! and says what has to hold whatever they are.

pub mod changes;
