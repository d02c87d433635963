//! The page of a board.

use roost_board::{BoardId, User};
use yew::prelude::*;

use super::view::BoardView;
use crate::state::{use_boards, use_connection, use_drafts, use_toasts};

/// How a [`BoardPage`] is drawn.
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
    let (toasts, drafts, boards) = (use_toasts(), use_drafts(), use_boards());
    let phase = use_connection().phase;
    let summary = boards.owned.iter().chain(&boards.invited).find(|board| board.id == props.board_id);
    let name = summary.map(|board| AttrValue::from(board.name.clone())).unwrap_or_default();
    html! {
        <BoardView
            key={props.board_id.to_string()}
            board_id={props.board_id}
            me={props.me.clone()}
            {name}
            {phase}
            on_back={&props.on_back}
            {toasts}
            {drafts}
        />
    }
}
