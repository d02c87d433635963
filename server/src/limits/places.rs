//! So many at a time.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use crate::pubsub::lock;

/// So many at a time of each key; cheap to clone.
pub(crate) struct Places<K: Hash + Eq>(Arc<Shared<K>>);

struct Shared<K> {
    max: usize,
    /// How many each has; whoever has none is not here.
    taken: Mutex<HashMap<K, usize>>,
}

/// One of the places, until it is dropped.
pub(crate) struct Place<K: Hash + Eq> {
    places: Arc<Shared<K>>,
    key: K,
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// `max` places for each.
    pub(crate) fn new(max: usize) -> Self {
        Self(Arc::new(Shared { max, taken: Mutex::default() }))
    }

    /// Takes a place, if there is one left.
    pub(crate) fn take(&self, key: K) -> Option<Place<K>> {
        let mut taken = lock(&self.0.taken);
        let n_taken = taken.get(&key).copied().unwrap_or(0);
        if n_taken >= self.0.max {
            return None;
        }
        taken.insert(key.clone(), n_taken + 1);
        drop(taken);
        Some(Place { places: Arc::clone(&self.0), key })
    }
}

impl<K: Hash + Eq> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.places.taken);
        if let Some(n_taken) = taken.get_mut(&self.key) {
            *n_taken -= 1;
            if *n_taken == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

impl<K: Hash + Eq> fmt::Debug for Places<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("max", &self.0.max).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + fmt::Debug> fmt::Debug for Place<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.key).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_places_and_gives_them_back() {
        let places = Places::new(2);
        let (first, second) = (places.take("ada"), places.take("ada"));
        assert!(first.is_some() && second.is_some());
        assert!(places.take("ada").is_none());
        assert!(places.take("bob").is_some());
        drop(first);
        let again = places.take("ada");
        assert!(again.is_some() && places.take("ada").is_none());
        drop((second, again));
        assert!(lock(&places.0.taken).is_empty(), "whoever has none is forgotten");
    }
}
