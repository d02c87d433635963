//! One board.

use roost_board::{BoardId, User};
use yew::prelude::*;

/// What the page of a board needs to know.
#[derive(Properties, PartialEq)]
pub struct BoardPageProps {
    /// Which board.
    pub board_id: BoardId,
    /// Who looks at it.
    pub me: User,
    /// Back to all boards.
    pub on_back: Callback<()>,
}

/// The page of a board.
#[component]
pub fn BoardPage(props: &BoardPageProps) -> Html {
    html! { <main data-board-id={props.board_id.to_string()}></main> }
}
