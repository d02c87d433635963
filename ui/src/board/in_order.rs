//! What the board asks of the core, one thing after the other.
//!
//! Commands of Tauri run beside each other. A card that is added to a list must not reach the core before the list
//! does, nor a board be opened again before it was closed. What is asked is asked, also when the page is left.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;

use wasm_bindgen_futures::spawn_local;

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static WAITING: RefCell<VecDeque<Task>> = const { RefCell::new(VecDeque::new()) };
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a task after all that were given before it.
pub(crate) fn in_order(task: impl Future<Output = ()> + 'static) {
    WAITING.with_borrow_mut(|waiting| waiting.push_back(Box::pin(task)));
    if !IS_RUNNING.replace(true) {
        spawn_local(async {
            while let Some(task) = WAITING.with_borrow_mut(VecDeque::pop_front) {
                task.await;
            }
            IS_RUNNING.set(false);
        });
    }
}
