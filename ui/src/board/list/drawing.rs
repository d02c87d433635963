//! How a list is drawn: its header, the cards that are in view, and the way to add one.

use std::sync::Arc;

use roost_board::{Field, limits};
use roost_bridge::DraftKey;
use yew::prelude::*;

use super::{ListColumn, ListMsg, ListProps};
use crate::board::act::{Act, Edit};
use crate::board::card::{CardView, Look};
use crate::board::field::LineField;
use crate::board::place::{Item, Place};
use crate::board::shared::Shared;
use crate::board::windowing::MARGIN;
use crate::components::{Icon, IconName, Menu, MenuItem, MenuSeparator};
use crate::words::count;

impl ListColumn {
    pub(super) fn draw(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let id = props.list.id();
        let is_adding = props.edit == Some(Edit::NewCard(id));
        let look = match props.moving {
            Some((Item::List(moving), look)) if moving == id => match look {
                Look::Place => Some("list--place"),
                Look::Lifted => Some("list--lifted"),
                Look::Rest | Look::Landing => None,
            },
            Some(_) | None => None,
        };
        html! {
            <section
                class={classes!("list", look)}
                aria-label={props.list.name().to_owned()}
                data-testid="list"
                data-list-id={id.to_string()}
            >
                { self.view_head(ctx) }
                <div class="list-scroll" ref={&self.scroller} onscroll={ctx.link().callback(|_: Event| ListMsg::Scrolled)}>
                    { self.view_cards(ctx) }
                </div>
                <footer class="list-foot">
                    if is_adding {
                        { view_composer(props) }
                    } else {
                        <button
                            type="button"
                            class="list-add"
                            data-testid="add-card"
                            onclick={props.dispatch.reform(move |_| Act::Edit(Edit::NewCard(id)))}
                        >
                            <Icon name={IconName::Plus} />
                            { "Add a card" }
                            if props.has_draft {
                                <span class="list-add__draft">{ "Draft" }</span>
                            }
                        </button>
                    }
                </footer>
            </section>
        }
    }

    fn view_cards(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let n_cards = props.list.cards().len();
        let shown = self.shown(ctx);
        *self.drawn.borrow_mut() = shown.iter().map(|&index| (index, Arc::clone(&props.list.cards()[index]))).collect();
        let slots = shown.into_iter().map(|index| {
            let card = &props.list.cards()[index];
            let is_it = |item: Item| item == Item::Card(card.id);
            let look = match props.moving {
                Some((item, look)) if is_it(item) => look,
                Some(_) | None if props.landing.contains(&card.id) => Look::Landing,
                Some(_) | None => Look::Rest,
            };
            html! {
                <li
                    key={card.id.to_string()}
                    class="slot"
                    style={format!("transform: translateY({}px)", MARGIN + self.layout.top(index))}
                    aria-setsize={n_cards.to_string()}
                    aria-posinset={(index + 1).to_string()}
                >
                    <CardView
                        card={Shared(Arc::clone(card))}
                        {look}
                        glow={props.glows.get(&card.id).copied()}
                        is_current={props.current.is_some_and(is_it)}
                        is_edited={props.edit == Some(Edit::CardTitle(card.id))}
                        on_resize={&self.on_resize}
                        dispatch={&props.dispatch}
                    />
                </li>
            }
        });
        html! {
            <ol
                ref={&self.cards}
                class="list-cards"
                role="list"
                aria-label={format!("Cards in {}", props.list.name())}
                style={format!("height: {}px", self.layout.total() + 2.0 * MARGIN)}
            >
                { for slots }
            </ol>
        }
    }

    fn view_head(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let id = props.list.id();
        let name = props.list.name().to_owned();
        if props.edit == Some(Edit::ListName(id)) {
            let on_done =
                props.dispatch.reform(move |lines: Vec<String>| Act::Rename(Edit::ListName(id), lines.concat()));
            return html! {
                <header class="list-head list-head--edited">
                    <LineField
                        draft={DraftKey::list_name(id)}
                        value={name}
                        label="Name of the list"
                        field={Field::ListName}
                        max={limits::LIST_NAME_MAX}
                        {on_done}
                        on_close={props.dispatch.reform(Act::Leave)}
                        testid="rename-list"
                    />
                </header>
            };
        }
        let is_current = props.current == Some(Item::List(id));
        html! {
            <header class="list-head">
                <h2 class="list-title">
                    <button
                        type="button"
                        class="list-name"
                        tabindex={if is_current { "0" } else { "-1" }}
                        title={name.clone()}
                        aria-describedby="board-list-help"
                        data-testid="list-name"
                    >
                        { name }
                    </button>
                </h2>
                <span class="list-count tabular" aria-label={count(props.list.cards().len(), "card")}>
                    { props.list.cards().len() }
                </span>
                { view_menu(props) }
            </header>
        }
    }
}

fn view_menu(props: &ListProps) -> Html {
    let (id, index) = (props.list.id(), props.index);
    let act = |act: Act| props.dispatch.reform(move |()| act.clone());
    let to = |index| Act::Move(Item::List(id), Place::AmongLists { index });
    html! {
        <Menu
            label={format!("Actions for {}", props.list.name())}
            trigger={html! { <Icon name={IconName::More} /> }}
            testid="list-menu"
        >
            <MenuItem icon={IconName::Plus} shortcut="N" onselect={act(Act::Edit(Edit::NewCard(id)))}>
                { "Add a card" }
            </MenuItem>
            <MenuItem icon={IconName::Pencil} shortcut="E" onselect={act(Act::Edit(Edit::ListName(id)))}>
                { "Rename" }
            </MenuItem>
            <MenuSeparator />
            <MenuItem icon={IconName::ArrowLeft} disabled={index == 0} onselect={act(to(index.saturating_sub(1)))}>
                { "Move left" }
            </MenuItem>
            <MenuItem icon={IconName::ArrowRight} disabled={index + 1 >= props.n_lists} onselect={act(to(index + 1))}>
                { "Move right" }
            </MenuItem>
            <MenuSeparator />
            <MenuItem icon={IconName::Archive} shortcut="C" onselect={act(Act::Archive(Item::List(id)))}>
                { "Archive list" }
            </MenuItem>
        </Menu>
    }
}

fn view_composer(props: &ListProps) -> Html {
    let id = props.list.id();
    html! {
        <LineField
            n_refused={props.n_refused}
            draft={DraftKey::new_card(id)}
            label="Title of the card"
            placeholder="What is to be done?"
            field={Field::CardTitle}
            max={limits::CARD_TITLE_MAX}
            adds=true
            verb="Add card"
            on_done={props.dispatch.reform(move |titles| Act::AddCards(id, titles))}
            on_close={props.dispatch.reform(Act::Leave)}
            testid="new-card-title"
        />
    }
}
