//! What can be done with a card besides writing.

use std::rc::Rc;

use roost_board::{Board, ListId};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::super::act::{Act, Dispatch};
use super::super::place::{Item, Place};
use super::super::shared::{Shared, SharedCard};
use crate::components::{Icon, IconName};
use crate::dom;

/// How the [`Side`] is drawn.
#[derive(Properties, PartialEq)]
pub(super) struct SideProps {
    pub(super) board: Shared<Rc<Board>>,
    pub(super) card: SharedCard,
    pub(super) dispatch: Dispatch,
}

/// Where the card is, to be chosen anew, and Archive.
#[component]
pub(super) fn Side(props: &SideProps) -> Html {
    let (list_id, place_id) = (dom::use_id(), dom::use_id());
    let item = Item::Card(props.card.id);
    let here = props.card.list_id;
    let (index, n_cards) = match item.place(&props.board) {
        Some(Place::InList { list, index }) => (index, props.board.list(list).map_or(0, |list| list.cards().len())),
        Some(Place::AmongLists { .. }) | None => (0, 0),
    };
    let move_to = |place: fn(ListId, &str) -> Option<Place>| {
        let dispatch = props.dispatch.clone();
        move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some(place) = place(here, &chosen) {
                dispatch.emit(Act::Move(item, place));
            }
        }
    };
    // In another list it comes to the top, where it is seen.
    let to_list = move_to(|_, id| Some(Place::InList { list: id.parse().ok()?, index: 0 }));
    let to_index = move_to(|list, index| Some(Place::InList { list, index: index.parse().ok()? }));
    html! {
        <aside class="side">
            <div class="side__line">
                <label class="side__label" for={list_id.clone()}>{ "List" }</label>
                <div class="side__select">
                    <select id={list_id} onchange={to_list} data-testid="card-list">
                        { for props.board.lists().iter().map(|list| html! {
                            <option key={list.id().to_string()} value={list.id().to_string()} selected={list.id() == here}>
                                { list.name() }
                            </option>
                        }) }
                    </select>
                    <Icon name={IconName::ChevronDown} size={12} />
                </div>
            </div>
            <div class="side__line">
                <label class="side__label" for={place_id.clone()}>{ "Position" }</label>
                <div class="side__select">
                    <select id={place_id} onchange={to_index} data-testid="card-position">
                        { for choices(index, n_cards).map(|choice| html! {
                            <option key={choice} value={choice.to_string()} selected={choice == index}>
                                { format!("{} of {n_cards}", choice + 1) }
                            </option>
                        }) }
                    </select>
                    <Icon name={IconName::ChevronDown} size={12} />
                </div>
            </div>
            <hr class="side__rule" />
            <button
                type="button"
                class="side__action"
                data-testid="archive-card"
                onclick={props.dispatch.reform(move |_| Act::Archive(item))}
            >
                { "Archive" }
                <kbd class="kbd">{ "C" }</kbd>
            </button>
        </aside>
    }
}

/// The places worth choosing from: all of a list of ordinary length, else the ends and those around this one.
fn choices(index: usize, n_cards: usize) -> impl Iterator<Item = usize> {
    const AROUND: usize = 50;
    let near = index.saturating_sub(AROUND)..(index + AROUND).min(n_cards);
    let (first, last) = (0..near.start.min(1), near.end.max(n_cards.saturating_sub(1))..n_cards);
    first.chain(near).chain(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_choose() {
        let check = |index, n_cards| choices(index, n_cards).collect::<Vec<_>>();
        assert_eq!(check(1, 3), [0, 1, 2]);
        assert_eq!(check(0, 0), [0_usize; 0]);
        assert_eq!(check(50, 100), (0..100).collect::<Vec<_>>());
        let far = check(500, 1_000);
        assert_eq!((far[0], far[1], far[101]), (0, 450, 999));
        assert_eq!(far.len(), 102);
    }
}
