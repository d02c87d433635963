//! The socket by long poll, as a client sees it: plain requests, raw frames.

mod channels;
mod client;
mod crowds;
mod cuts;
mod endings;
mod requests;
