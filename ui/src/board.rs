//! The page of a board.
//!
//! `replica`, `windowing`, `place`, `drag` and `keyboard` are pure and tested natively; `view` is the one that keeps
//! the state of the page and acts; `list`, `card`, `dialog` and `head` draw, and ask it for things through
//! [`act::Act`].

mod act;
mod card;
mod dialog;
mod drag;
mod elements;
mod field;
mod frame;
mod head;
mod history_words;
mod in_order;
mod keyboard;
mod keys;
mod list;
mod page;
mod place;
mod replica;
mod shared;
mod since;
mod text;
mod typing;
mod view;
mod windowing;

pub use page::BoardPage;
