//! The people who were here lately, so that nobody is read from the disk for each of their requests and sockets.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use roost_board::{User, UserId};

/// How many people are kept at least, once there are so many; twice as many at most.
const KEPT: usize = 10_000;

/// The people who were here lately.
///
/// Accounts do not change; what will change them has to say so here.
#[derive(Debug)]
pub(super) struct Known {
    generations: Mutex<Generations>,
    kept: usize,
}

/// Whoever is asked for moves to the young; once these are many, the old are forgotten and the young are the old.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<UserId, User>,
    old: HashMap<UserId, User>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self { generations: Mutex::default(), kept: KEPT }
    }

    pub(super) fn get(&self, id: UserId) -> Option<User> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = generations.young.get(&id) {
            return Some(user.clone());
        }
        let user = generations.old.remove(&id)?;
        self.put(&mut generations, user.clone());
        Some(user)
    }

    pub(super) fn insert(&self, user: User) {
        self.put(&mut self.generations.lock().unwrap_or_else(PoisonError::into_inner), user);
    }

    fn put(&self, generations: &mut Generations, user: User) {
        if generations.young.len() >= self.kept {
            generations.old = std::mem::take(&mut generations.young);
        }
        drop(generations.young.insert(user.id, user));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn who_was_here_lately_is_known_and_the_rest_is_forgotten() {
        let id = |n| UserId::from_uuid(Uuid::from_u128(n));
        let user =
            |n| User { id: id(n), first_name: "Ada".into(), last_name: "Berg".into(), email: "a@b.example".into() };
        let known = Known { generations: Mutex::default(), kept: 10 };
        assert_eq!(known.get(id(0)), None);
        for n in 0..100 {
            known.insert(user(n));
            assert_eq!(known.get(id(n)), Some(user(n)));
            assert_eq!(known.get(id(0)), Some(user(0)), "the one who is asked for again and again, after {n}");
        }
        let n_kept = (0..100).filter(|&n| known.get(id(n)).is_some()).count();
        assert!((10..=20).contains(&n_kept), "{n_kept} are kept");
    }
}
