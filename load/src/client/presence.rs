//! Whom one socket knows to be there.

use memchr::memmem;

use super::message::hex;

/// What was heard of who is there.
#[derive(Debug, Default)]
pub(super) struct Seen {
    n_frames: u32,
    n_bytes: u64,
    n_sockets: usize,
    /// A bit for each user that may be seen.
    users: Vec<u64>,
}

/// What one socket knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// How many frames it was told that in.
    pub(crate) n_frames: u32,
    /// How many bytes those had.
    pub(crate) n_bytes: u64,
    /// How many people it was told of.
    pub(crate) n_users: usize,
    /// How many sockets of theirs.
    pub(crate) n_sockets: usize,
}

impl Seen {
    /// Looks out for so many users.
    pub(super) fn of_users(n_users: usize) -> Self {
        Self { users: vec![0; n_users.div_ceil(64)], ..Self::default() }
    }

    /// Takes note of everyone who is there.
    pub(super) fn state(&mut self, payload: &[u8]) {
        self.heard(payload);
        self.users.fill(0);
        self.n_sockets = 0;
        self.add(payload);
    }

    /// Takes note of who has come. Nobody leaves while a swarm is there.
    pub(super) fn diff(&mut self, payload: &[u8]) {
        self.heard(payload);
        let leaves = memmem::find(payload, b"\"leaves\":").unwrap_or(payload.len());
        let joins = memmem::find(payload, b"\"joins\":").unwrap_or_default();
        self.add(if joins < leaves { &payload[joins..leaves] } else { &payload[joins..] });
    }

    fn heard(&mut self, payload: &[u8]) {
        self.n_frames += 1;
        self.n_bytes += payload.len() as u64;
    }

    fn add(&mut self, people: &[u8]) {
        if self.users.is_empty() {
            return;
        }
        self.n_sockets += memmem::find_iter(people, b"\"phx_ref\":").count();
        for at in memmem::find_iter(people, b"\":{\"metas\":") {
            // The number of a user is the last group of their id.
            let Some(number) = at.checked_sub(12).and_then(|start| hex(&people[start..at])) else { continue };
            let Ok(number) = usize::try_from(number) else { continue };
            if let Some(bits) = self.users.get_mut(number / 64) {
                *bits |= 1 << (number % 64);
            }
        }
    }

    pub(super) fn known(&self) -> Known {
        let n_users = self.users.iter().map(|bits| bits.count_ones() as usize).sum();
        Known { n_frames: self.n_frames, n_bytes: self.n_bytes, n_users, n_sockets: self.n_sockets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;

    #[test]
    fn people_and_their_sockets_are_counted() {
        let person = |number, refs: &[&str]| {
            let metas: Vec<_> = refs.iter().map(|phx_ref| format!(r#"{{"phx_ref":"{phx_ref}","name":"x"}}"#)).collect();
            format!(r#""{}":{{"metas":[{}]}}"#, ids::user(number), metas.join(","))
        };
        let mut seen = Seen::of_users(70);
        seen.state(format!("{{{},{}}}]", person(0, &["a"]), person(69, &["b", "c"])).as_bytes());
        let joins = person(3, &["d"]);
        seen.diff(format!(r#"{{"joins":{{{joins}}},"leaves":{{{}}}}}]"#, person(9, &["x"])).as_bytes());
        seen.diff(br#"{"joins":{},"leaves":{}}]"#);
        let known = seen.known();
        assert_eq!((known.n_frames, known.n_users, known.n_sockets), (3, 3, 4));
        seen.state(b"{}]");
        assert_eq!(seen.known().n_users, 0);
    }
}
