//! All boards of a person.

mod cover;
mod new_board;
mod tile;

use roost_board::{BoardId, BoardSummary, User, UserId};
use roost_bridge::command::Reconnect;
use roost_bridge::{BoardsPage, ConnectionPhase, Place, Session};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::components::{Button, EmptyState, Header, IconName};
use crate::core;
use crate::dom;
use crate::state::{use_boards, use_connection, use_session, use_toasts};

use new_board::NewBoard;
use tile::{BoardTile, SkeletonTile};

/// How the page is drawn.
#[derive(Properties, PartialEq)]
pub struct BoardsProps {
    /// Whose boards.
    pub me: User,
    /// The board that was open before: the focus is on it again.
    pub came_from: Option<BoardId>,
}

/// All boards of a person.
#[component]
pub fn Boards(props: &BoardsProps) -> Html {
    let boards = use_boards();
    let connection = use_connection();
    let content = use_node_ref();
    use_effect_with((), {
        let (content, came_from) = (content.clone(), props.came_from);
        move |()| {
            let tile = came_from.zip(content.cast::<Element>()).and_then(|(board, content)| {
                dom::all(&content, &format!("[data-board-id=\"{board}\"]")).into_iter().next()
            });
            if let Some(tile) = tile {
                dom::focus(&tile);
            }
        }
    });
    let onkeydown = {
        let content = content.clone();
        move |event: KeyboardEvent| {
            if let Some(content) = content.cast::<Element>()
                && let Some(tile) = neighbour(&content, &event.key())
            {
                event.prevent_default();
                dom::focus(&tile);
            }
        }
    };
    let me = props.me.id;
    let inner = match (&*boards, connection.phase) {
        (BoardsPage { is_loaded: false, .. }, ConnectionPhase::Offline) => html! { <OutOfReach /> },
        (BoardsPage { is_loaded: false, .. }, _) => skeleton(),
        (BoardsPage { owned, invited, .. }, _) => html! {
            <>
                { yours(owned, me, owned.is_empty() && invited.is_empty()) }
                if !invited.is_empty() {
                    { section("boards-shared", html! { <h2 id="boards-shared" class="boards__title">{ "Shared with you" }</h2> }, invited, me, html! {}) }
                }
            </>
        },
    };
    html! {
        <div class="page" data-testid="boards-page">
            <Header><h1 class="header__title">{ "Boards" }</h1></Header>
            <main ref={content} class="page__content boards" {onkeydown}>
                <div class="boards__column">{ inner }</div>
            </main>
        </div>
    }
}

/// The person's own boards, and the way to make one more. What is typed there stays where it is when the first board
/// arrives from elsewhere.
fn yours(boards: &[BoardSummary], me: UserId, is_first: bool) -> Html {
    let head = if is_first {
        html! { <Empty /> }
    } else {
        html! { <h2 id="boards-yours" class="boards__title">{ "Yours" }</h2> }
    };
    section("boards-yours", head, boards, me, html! { <li key="new"><NewBoard /></li> })
}

fn section(id: &'static str, head: Html, boards: &[BoardSummary], me: UserId, last: Html) -> Html {
    html! {
        <section class="boards__section" aria-labelledby={id}>
            { head }
            <ul class="boards__grid" role="list" data-testid={id}>
                { for boards.iter().map(|board| html! {
                    <li key={board.id.to_string()}><BoardTile board={board.clone()} {me} /></li>
                }) }
                { last }
            </ul>
        </section>
    }
}

fn skeleton() -> Html {
    html! {
        <section class="boards__section" aria-busy="true" aria-label="Boards are on their way">
            <h2 class="boards__title">{ "Yours" }</h2>
            <div class="boards__grid">{ for (0..3).map(|_| html! { <SkeletonTile /> }) }</div>
        </section>
    }
}

/// There are no boards yet.
#[component]
fn Empty() -> Html {
    let session = use_session();
    let is_shared = matches!(session.get(), Session::SignedIn { account } if account.place != Place::ThisComputer);
    let text = if is_shared {
        "A board holds lists, and lists hold cards. Others see it when you invite them."
    } else {
        "A board holds lists, and lists hold cards."
    };
    html! {
        <div id="boards-yours" class="boards__first">
            <EmptyState icon={IconName::Board} title="Make your first board" {text} />
        </div>
    }
}

/// No boards are known here, and the server is out of reach.
#[component]
fn OutOfReach() -> Html {
    let toasts = use_toasts();
    let onclick = move |_| {
        let toasts = toasts.clone();
        spawn_local(async move {
            if let Err(error) = core::call(Reconnect {}).await {
                toasts.refused(&error);
            }
        });
    };
    html! {
        <EmptyState
            icon={IconName::CloudOff}
            title="The server is out of reach"
            text="Your boards are shown as soon as it answers. Roost keeps trying."
        >
            <Button {onclick}>{ "Try now" }</Button>
        </EmptyState>
    }
}

/// The tile that an arrow key leads to from the one that has the focus.
fn neighbour(content: &Element, key: &str) -> Option<HtmlElement> {
    let from = dom::focused().filter(|element| element.class_list().contains("tile"))?;
    let middle = |element: &HtmlElement| {
        let rect = element.get_bounding_client_rect();
        (rect.left() + rect.width() / 2.0, rect.top() + rect.height() / 2.0)
    };
    let (x, y) = middle(&from);
    let tiles = dom::all(content, ".tile");
    if matches!(key, "ArrowLeft" | "ArrowRight") {
        let index = tiles.iter().position(|tile| *tile == from)?;
        let index = if key == "ArrowRight" { index + 1 } else { index.checked_sub(1)? };
        return tiles.get(index).cloned();
    }
    // The nearest row in the direction, and in it the tile that is nearest sideways.
    let direction = match key {
        "ArrowDown" => 1.0,
        "ArrowUp" => -1.0,
        _ => return None,
    };
    let distance = |tile: &HtmlElement| {
        let (tile_x, tile_y) = middle(tile);
        (((tile_y - y) * direction).round(), (tile_x - x).abs())
    };
    tiles.into_iter().filter(|tile| distance(tile).0 > 1.0).min_by(|one, other| {
        let (one, other) = (distance(one), distance(other));
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    })
}
