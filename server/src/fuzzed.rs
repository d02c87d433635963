//! What the fuzz targets reach of the server; there is no such module in any other build.

/// Bytes that a WebSocket brings, cut somewhere.
pub fn websocket(bytes: &[u8], cut: usize) {
    crate::socket::fuzzed::websocket(bytes, cut);
}

/// The body of a POST by long poll, cut somewhere: a list of frames, or one.
pub fn longpoll(body: &[u8], cut: usize, is_list: bool) {
    crate::socket::fuzzed::longpoll(body, cut, is_list);
}
