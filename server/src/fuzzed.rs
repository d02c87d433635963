//! What the fuzz targets reach of the server. Only they and the tests have it.

/// Bytes that a WebSocket brings, cut somewhere.
pub fn websocket(bytes: &[u8], cut: usize) {
    crate::socket::fuzzed::websocket(bytes, cut);
}

/// The body of a POST by long poll, cut somewhere: a list of frames, or one.
pub fn longpoll(body: &[u8], cut: usize, is_list: bool) {
    crate::socket::fuzzed::longpoll(body, cut, is_list);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// The fuzz targets are not compiled with everything else: these are what they call, and what they begin with.
    fn for_each_seed(target: &str, check: impl Fn(&[u8])) {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
        let mut n_seeds = 0;
        for seed in fs::read_dir(seeds).unwrap() {
            check(&fs::read(seed.unwrap().path()).unwrap());
            n_seeds += 1;
        }
        assert!(n_seeds > 0);
    }

    #[test]
    fn the_seeds_hold_however_they_are_cut() {
        for_each_seed("websocket", |bytes| (0..=bytes.len()).for_each(|cut| super::websocket(bytes, cut)));
        for is_list in [true, false] {
            for_each_seed("longpoll", |body| (0..=body.len()).for_each(|cut| super::longpoll(body, cut, is_list)));
        }
    }
}
