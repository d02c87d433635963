//! "Needs your attention": what could not be done and is not lost.

mod button;
mod item;
mod panel;
pub mod words;

pub use button::AttentionButton;
pub use panel::AttentionPanel;
