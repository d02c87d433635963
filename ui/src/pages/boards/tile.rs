//! A board on the page of boards.

use roost_board::{BoardSummary, UserId};
use yew::prelude::*;

use super::cover::Cover;
use crate::components::{AvatarStack, Person, Skeleton};
use crate::state::{Route, use_navigation};
use crate::words::count;

/// How many faces a tile has room for; with more people than that, one of them gives way to a number.
const FACES_MAX: usize = 3;

/// How a [`BoardTile`] is drawn.
#[derive(Properties, PartialEq)]
pub struct BoardTileProps {
    /// The board.
    pub board: BoardSummary,
    /// Who looks at it: their own face is left out.
    pub me: UserId,
}

/// A board: a press opens it.
#[component]
pub fn BoardTile(props: &BoardTileProps) -> Html {
    let navigation = use_navigation();
    let board = &props.board;
    let id = board.id;
    let cover = use_memo(id, |id| Cover::of(*id));
    let onclick = move |_| navigation.go(Route::Board(id));
    let n_others = board.n_members.saturating_sub(1);
    let n_faces = if n_others > FACES_MAX { FACES_MAX - 1 } else { FACES_MAX };
    let others = board.members.iter().filter(|member| member.id != props.me).take(n_faces);
    let others: Vec<Person> = others.map(Person::from).collect();
    let detail = if board.owner.id == props.me {
        format!("{} · {}", count(board.n_lists, "list"), count(board.n_cards, "card"))
    } else {
        format!("from {}", board.owner.full_name())
    };
    html! {
        <button type="button" class="tile" data-board-id={id.to_string()} data-testid="board" {onclick}>
            { cover.view() }
            <span class="tile__body">
                <span class="tile__words">
                    <span class="tile__name truncate" title={board.name.clone()}>{ &board.name }</span>
                    <span class="tile__detail truncate">{ detail }</span>
                </span>
                if !others.is_empty() {
                    <AvatarStack
                        people={others}
                        max={n_faces}
                        total={n_others}
                        size={20}
                        label="Other members"
                    />
                }
            </span>
        </button>
    }
}

/// A board that is on its way.
#[component]
pub fn SkeletonTile() -> Html {
    html! {
        <div class="tile tile--skeleton">
            <Skeleton height="84px" />
            <span class="tile__body">
                <span class="tile__words">
                    <span class="tile__name"><Skeleton width="120px" /></span>
                    <span class="tile__detail"><Skeleton width="84px" height="10px" /></span>
                </span>
            </span>
        </div>
    }
}
