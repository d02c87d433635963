//! How the board is drawn.

use std::sync::Arc;

use roost_board::{Board, Field, limits};
use roost_bridge::{CommandError, DraftKey};
use yew::prelude::*;

use super::following::UNREACHABLE;
use super::moving::Flight;
use super::{BoardView, Msg};
use crate::board::act::{Act, Edit, Over};
use crate::board::card::face;
use crate::board::dialog::CardDialog;
use crate::board::elements::{closest, item_of};
use crate::board::field::LineField;
use crate::board::head::{BoardActions, BoardName, MembersDialog};
use crate::board::keys::KeysDialog;
use crate::board::list::ListColumn;
use crate::board::place::Item;
use crate::board::shared::Shared;
use crate::components::{Button, ButtonKind, EmptyState, Header, Icon, IconName, Skeleton};
use crate::words::sentence;

impl BoardView {
    pub(super) fn draw(&self, ctx: &Context<Self>) -> Html {
        let Some(board) = self.shown.clone() else {
            return html! {
                <div class="page">
                    <Header><h1 class="header__title">{ &ctx.props().name }</h1></Header>
                    { self.failure.as_ref().map_or_else(draw_skeleton, |error| self.draw_failure(ctx, error)) }
                </div>
            };
        };
        let me = ctx.props().me.id;
        let board = Shared(board);
        let present = self.follower.present().to_vec();
        html! {
            <div class="page">
                <Header
                    actions={html! {
                        <BoardActions board={board.clone()} {me} present={present.clone()} dispatch={&self.dispatch} />
                    }}
                >
                    <BoardName
                        board={board.clone()} {me} is_edited={self.edit == Some(Edit::BoardName)}
                        dispatch={&self.dispatch}
                    />
                </Header>
                if self.follower.has_unknown() {
                    <p class="board-banner" role="status" data-testid="unknown-banner">
                        <Icon name={IconName::Info} />
                        { "Some changes on this board need a newer Roost. Update to see them." }
                    </p>
                }
                { self.draw_lists(ctx, &board) }
                // In an element of their own, all with keys: what comes and goes among siblings without them makes Yew
                // draw the siblings anew.
                <div aria-hidden="true">
                    { self.draw_grab() }
                    { self.draw_hand() }
                    { for self.flights.iter().filter_map(draw_flight) }
                </div>
                <p class="visually-hidden" role="status" aria-live="assertive">{ &self.said }</p>
                <p id="board-card-help" hidden=true>
                    { "Enter opens, Space lifts, Control and the arrow keys move, question mark shows all keys." }
                </p>
                <p id="board-list-help" hidden=true>
                    { "Enter renames, Space lifts, Control and the arrow keys move, N adds a card." }
                </p>
                { self.draw_over(ctx, &board, present) }
            </div>
        }
    }

    fn draw_lists(&self, ctx: &Context<Self>, board: &Board) -> Html {
        let link = ctx.link();
        let onfocusin = link.batch_callback(|event: FocusEvent| {
            let item = closest(event.target(), ".card, .list-name").and_then(|element| item_of(&element))?;
            Some(Msg::Act(Act::Focused(item)))
        });
        html! {
            <main
                ref={&self.root}
                class="board"
                aria-label={format!("Board {}", board.name())}
                data-testid="board-page"
                data-board-id={board.id().to_string()}
                onpointerdown={link.callback(Msg::Pressed)}
                onclick={link.callback(Msg::Clicked)}
                onscroll={link.callback(|_: Event| Msg::Scrolled)}
                onwheel={self.on_wheel()}
                {onfocusin}
            >
                { for board.lists().iter().enumerate().map(|(index, list)| self.draw_list(ctx, board, index, list)) }
                { self.draw_add_list(board) }
            </main>
        }
    }

    fn draw_list(&self, ctx: &Context<Self>, board: &Board, index: usize, list: &Arc<roost_board::List>) -> Html {
        let id = list.id();
        let is_here = |item: &Item| item.list(board) == Some(id);
        let moving = self.moving.as_ref().map(|moving| (moving.item, moving.look()));
        let edit = self.edit.filter(|edit| match edit {
            Edit::ListName(list) | Edit::NewCard(list) => *list == id,
            Edit::CardTitle(card) => is_here(&Item::Card(*card)),
            Edit::BoardName | Edit::NewList => false,
        });
        let edited = match edit {
            Some(Edit::CardTitle(card)) => Some(Item::Card(card)),
            Some(Edit::BoardName | Edit::ListName(_) | Edit::NewCard(_) | Edit::NewList) | None => None,
        };
        let index_here = |item: Item| match item {
            Item::Card(card) => board.card_index(card).filter(|(list, _)| *list == id).map(|(_, index)| index),
            Item::List(_) => None,
        };
        let mut kept: Vec<usize> =
            [self.current, moving.map(|(item, _)| item), edited].into_iter().flatten().filter_map(index_here).collect();
        kept.sort_unstable();
        kept.dedup();
        let landing = self.flights.iter().map(|flight| flight.card.id);
        html! {
            <ListColumn
                key={id.to_string()}
                list={Shared(Arc::clone(list))}
                {index}
                n_lists={board.lists().len()}
                measures={self.measures.clone()}
                current={self.current.filter(is_here)}
                {kept}
                {edit}
                moving={moving.filter(|(item, _)| is_here(item))}
                landing={landing.filter(|card| is_here(&Item::Card(*card))).collect::<Vec<_>>()}
                glows={self.glows.clone()}
                is_near={self.near.contains(&index)}
                has_draft={!ctx.props().drafts.text(&DraftKey::new_card(id)).is_empty()}
                n_refused={self.n_refused}
                n_resized={self.n_resized}
                n_floods={self.n_floods}
                dispatch={&self.dispatch}
            />
        }
    }

    fn draw_add_list(&self, board: &Board) -> Html {
        let is_first = board.lists().is_empty();
        if self.edit == Some(Edit::NewList) {
            let on_done = self.dispatch.reform(|names: Vec<String>| Act::AddLists(names));
            return html! {
                <div key="new" class="list list--new">
                    <LineField
                        n_refused={self.n_refused}
                        draft={DraftKey::new_list(board.id())}
                        label="Name of the list"
                        placeholder={if is_first { "To do" } else { "Name of the list" }}
                        field={Field::ListName}
                        max={limits::LIST_NAME_MAX}
                        adds=true
                        verb="Add list"
                        {on_done}
                        on_close={self.dispatch.reform(Act::Leave)}
                        testid="new-list-name"
                    />
                </div>
            };
        }
        let onclick = self.dispatch.reform(|_: MouseEvent| Act::Edit(Edit::NewList));
        if is_first {
            return html! {
                <div key="empty" class="board-empty">
                    <EmptyState
                        icon={IconName::Plus}
                        title="Start with a list"
                        text="A list is a step that cards go through, such as To do, Doing and Done."
                    >
                        <Button kind={ButtonKind::Primary} testid="add-list" {onclick}>{ "Add a list" }</Button>
                    </EmptyState>
                </div>
            };
        }
        html! {
            <button key="add" type="button" class="add-list" data-testid="add-list" {onclick}>
                <Icon name={IconName::Plus} />
                { "Add a list" }
            </button>
        }
    }

    /// What turns the wheel: the board, and what lies over it while something is carried.
    fn on_wheel(&self) -> Callback<WheelEvent> {
        let root = self.root.clone();
        Callback::from(move |event: WheelEvent| Self::wheel(&root, &event))
    }

    /// What lies over everything while something is carried, and says so by its cursor.
    fn draw_grab(&self) -> Html {
        let is_carried = self.hand.as_ref().is_some_and(|hand| hand.drag.is_lifted());
        html! { <div key="grab" ref={&self.grab} class="grab" hidden={!is_carried} onwheel={self.on_wheel()}></div> }
    }

    /// What is in the hand, over everything.
    fn draw_hand(&self) -> Html {
        let Some((hand, board)) = self.hand.as_ref().filter(|hand| hand.drag.is_lifted()).zip(self.board()) else {
            return html! { <div key="hand" hidden=true></div> };
        };
        let rect = hand.drag.rect();
        let style = format!(
            "width: {}px; height: {}px; transform: translate({}px, {}px)",
            rect.width, rect.height, rect.left, rect.top
        );
        let content = match hand.drag.item {
            Item::Card(id) => board.card(id).map(|card| html! { <div class="card card--in-hand">{ face(card) }</div> }),
            Item::List(id) => board.list(id).map(|list| html! {
                <div class="list list--in-hand">
                    <header class="list-head">
                        <span class="list-name">{ list.name().to_owned() }</span>
                        <span class="list-count tabular">{ list.cards().len() }</span>
                        <span class="icon-button"><Icon name={IconName::More} /></span>
                    </header>
                    <div class="list-scroll">
                        { for list.cards().iter().take(12).map(|card| html! { <div class="card">{ face(card) }</div> }) }
                    </div>
                    <footer class="list-foot">
                        <span class="list-add"><Icon name={IconName::Plus} />{ "Add a card" }</span>
                    </footer>
                </div>
            }),
        };
        html! { <div key="hand" ref={&self.hand_element} class="in-hand" {style} inert=true>{ content }</div> }
    }

    fn draw_over(
        &self,
        ctx: &Context<Self>,
        board: &Shared<std::rc::Rc<Board>>,
        present: Vec<roost_bridge::Presence>,
    ) -> Html {
        let on_close = self.dispatch.reform(|()| Act::Show(None));
        let me = &ctx.props().me;
        match (self.over, &self.opened) {
            (Some(Over::Card(id)), Some(opened)) => html! {
                <CardDialog
                    key={id.to_string()}
                    board={board.clone()}
                    card={opened.card.clone()}
                    is_gone={opened.is_gone}
                    me={me.clone()}
                    n_refused={self.n_refused}
                    dispatch={&self.dispatch}
                    {on_close}
                />
            },
            (Some(Over::Members), _) => html! {
                <MembersDialog board={board.clone()} me={me.id} {present} dispatch={&self.dispatch} {on_close} />
            },
            (Some(Over::Keys), _) => html! { <KeysDialog {on_close} /> },
            (Some(Over::Card(_)), None) | (None, _) => html! {},
        }
    }

    fn draw_failure(&self, ctx: &Context<Self>, error: &CommandError) -> Html {
        let on_back = ctx.props().on_back.reform(|_: MouseEvent| ());
        if error.code == UNREACHABLE {
            return html! {
                <main class="board-state" data-testid="board-not-here">
                    <EmptyState
                        icon={IconName::CloudOff}
                        title="This board is not on this computer yet"
                        text="It opens as soon as there is a connection."
                    >
                        <Button onclick={on_back}>{ "All boards" }</Button>
                    </EmptyState>
                </main>
            };
        }
        html! {
            <main class="board-state">
                <EmptyState icon={IconName::Warning} title="This board cannot be opened now" text={sentence(&error.message)}>
                    <Button kind={ButtonKind::Primary} onclick={self.dispatch.reform(|_| Act::Retry)} testid="retry">
                        { "Try again" }
                    </Button>
                    <Button onclick={on_back}>{ "All boards" }</Button>
                </EmptyState>
            </main>
        }
    }
}

fn draw_flight(flight: &Flight) -> Option<Html> {
    let to = flight.to?;
    let style = format!(
        "left: {}px; top: {}px; width: {}px; height: {}px; --from-x: {}px; --from-y: {}px",
        to.left,
        to.top,
        to.width,
        to.height,
        flight.from.left - to.left,
        flight.from.top - to.top
    );
    Some(html! {
        <div key={flight.number} class="flight" {style}>
            <div class="card card--in-hand">{ face(&flight.card) }</div>
        </div>
    })
}

/// Where lists will be.
fn draw_skeleton() -> Html {
    let list = |n_cards: usize| {
        html! {
            <div class="list list--skeleton">
                <Skeleton width="96px" height="14px" />
                { for (0..n_cards).map(|_| html! { <div class="card"><Skeleton width="80%" /></div> }) }
            </div>
        }
    };
    html! {
        <main class="board" aria-busy="true" aria-label="The board is being opened" data-testid="board-loading">
            { for [4, 3, 5].map(list) }
        </main>
    }
}
