//! What a board asks of the core, one thing after the other.
//!
//! Commands of Tauri run beside each other. A card that is added to a list must not reach the core before the list
//! does, nor a board be opened again before it was closed. What is asked is asked, also when the page is left. Boards do
//! not wait for each other: one that has to come from a slow server takes its time.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;

use roost_board::BoardId;
use wasm_bindgen_futures::spawn_local;

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static QUEUES: RefCell<Queues<Task>> = RefCell::default();
}

/// Runs a task after all that were given before it for the same board.
pub(crate) fn in_order(board: BoardId, task: impl Future<Output = ()> + 'static) {
    if QUEUES.with_borrow_mut(|queues| queues.push(board, Box::pin(task))) {
        spawn_local(async move {
            while let Some(task) = QUEUES.with_borrow_mut(|queues| queues.next(board)) {
                task.await;
            }
        });
    }
}

/// What waits on each board on which something is under way.
struct Queues<T>(HashMap<BoardId, VecDeque<T>>);

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Queues<T> {
    /// Answers whether nothing is under way on the board: then somebody has to begin.
    fn push(&mut self, board: BoardId, task: T) -> bool {
        match self.0.entry(board) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push_back(task);
                false
            }
            Entry::Vacant(place) => {
                place.insert(VecDeque::from([task]));
                true
            }
        }
    }

    /// What is next on a board, on which nothing is under way any more when there is nothing.
    fn next(&mut self, board: BoardId) -> Option<T> {
        let next = self.0.get_mut(&board)?.pop_front();
        if next.is_none() {
            self.0.remove(&board);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_board_does_not_wait_for_another_and_has_its_own_order() {
        let [slow, other] = [1, 2].map(|n| BoardId::from_uuid(Uuid::from_u128(n)));
        let mut queues = Queues::default();
        assert!(queues.push(slow, "open"));
        assert_eq!(queues.next(slow), Some("open"));
        assert!(!queues.push(slow, "close"), "opening is under way");
        assert!(queues.push(other, "open"));
        assert_eq!(queues.next(other), Some("open"));
        assert_eq!(queues.next(other), None);
        assert_eq!(queues.next(slow), Some("close"));
        assert_eq!(queues.next(slow), None);
        assert!(queues.push(slow, "open"), "the next one begins anew");
    }
}
