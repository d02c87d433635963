//! The person's boards, as the core announces them.

use std::rc::Rc;

use roost_bridge::BoardsPage;
use yew::prelude::*;

/// The boards; [`BoardsPage::is_loaded`] is false before they are known.
#[hook]
pub fn use_boards() -> Rc<BoardsPage> {
    use_context::<Rc<BoardsPage>>().expect("inside of StateProvider")
}
