//! How the board is drawn.

use std::sync::Arc;

use roost_board::{Board, Field, limits};
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::carried::draw_flight;
use super::missing::draw_skeleton;
use super::{BoardView, Msg};
use crate::board::act::{Act, Edit, Over};
use crate::board::dialog::CardDialog;
use crate::board::elements::{closest, item_of};
use crate::board::field::LineField;
use crate::board::head::{BoardActions, BoardName, MembersDialog};
use crate::board::keys::KeysDialog;
use crate::board::list::ListColumn;
use crate::board::place::Item;
use crate::board::shared::Shared;
use crate::components::{Button, ButtonKind, EmptyState, Header, Icon, IconName};

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
    pub(super) fn on_wheel(&self) -> Callback<WheelEvent> {
        let root = self.root.clone();
        Callback::from(move |event: WheelEvent| Self::wheel(&root, &event))
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
}
