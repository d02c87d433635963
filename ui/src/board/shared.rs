//! A property that is compared by where it is, not by what is in it.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use roost_board::{Card, List};

/// A pointer that two of are equal when they point to the same thing. The model replaces the pointer of whatever
/// changes, so this is true and costs nothing, where comparing what is in it would cost the whole list.
#[derive(Debug)]
pub(crate) struct Shared<P>(pub(crate) P);

/// A card, as a property.
pub(crate) type SharedCard = Shared<Arc<Card>>;
/// A list, as a property.
pub(crate) type SharedList = Shared<Arc<List>>;

impl<P: Clone> Clone for Shared<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> PartialEq for Shared<Arc<T>> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> PartialEq for Shared<Rc<T>> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<P: Deref> Deref for Shared<P> {
    type Target = P::Target;

    fn deref(&self) -> &P::Target {
        &self.0
    }
}
