//! What needs attention, as the core announces it, and whether the person looks at it.

use roost_bridge::{Attention, AttentionItem};
use std::rc::Rc;
use yew::prelude::*;

/// What needs attention, and the way to look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionHandle {
    attention: Rc<Attention>,
    is_open: bool,
    set_open: Callback<bool>,
}

impl AttentionHandle {
    /// A handle on `attention`, which the person looks at or not; `set_open` hears that this is to change.
    #[must_use]
    pub fn new(attention: Rc<Attention>, is_open: bool, set_open: Callback<bool>) -> Self {
        Self { attention, is_open, set_open }
    }

    /// What needs attention, oldest first.
    #[must_use]
    pub fn items(&self) -> &Vec<AttentionItem> {
        &self.attention.items
    }

    /// Whether the person looks at it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Shows it.
    pub fn open(&self) {
        self.set_open.emit(true);
    }

    /// Shows it no more.
    pub fn close(&self) {
        self.set_open.emit(false);
    }
}

/// What needs attention.
#[hook]
pub fn use_attention() -> AttentionHandle {
    use_context::<AttentionHandle>().expect("inside of StateProvider")
}
