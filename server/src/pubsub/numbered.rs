//! Values by number, quick to walk.

/// Values in the order of their numbers, which only grow: they lie side by side, for those who walk them far more often
/// than they change.
#[derive(Debug)]
pub(super) struct Numbered<T>(Vec<(u64, T)>);

impl<T> Numbered<T> {
    /// Adds a value, whose number is higher than all before it.
    pub(super) fn add(&mut self, number: u64, value: T) {
        debug_assert!(self.0.last().is_none_or(|(last, _)| *last < number), "numbers only grow");
        if self.0.is_empty() {
            // Most topics have few who listen.
            self.0.reserve_exact(1);
        }
        self.0.push((number, value));
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        let index = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        let (_, value) = self.0.remove(index);
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to_fit();
        }
        Some(value)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order_and_are_found_by_their_numbers() {
        let mut letters = Numbered::default();
        for (number, letter) in [(1, 'a'), (4, 'b'), (7, 'c'), (8, 'd')] {
            letters.add(number, letter);
        }
        assert_eq!([letters.remove(4), letters.remove(5), letters.remove(8)], [Some('b'), None, Some('d')]);
        letters.add(9, 'e');
        assert_eq!(letters.iter().collect::<String>(), "ace");
        assert!([1, 7, 9].into_iter().all(|number| letters.remove(number).is_some()));
        assert!(letters.is_empty());
    }
}
