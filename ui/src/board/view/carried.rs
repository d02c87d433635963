//! How what is carried, or on its way, is drawn.

use yew::prelude::*;

use super::BoardView;
use super::moving::Flight;
use crate::board::card::face;
use crate::board::place::Item;
use crate::components::{Icon, IconName};

impl BoardView {
    /// What lies over everything while something is carried, and says so by its cursor.
    pub(super) fn draw_grab(&self) -> Html {
        let is_carried = self.hand.as_ref().is_some_and(|hand| hand.drag.is_lifted());
        html! { <div key="grab" ref={&self.grab} class="grab" hidden={!is_carried} onwheel={self.on_wheel()}></div> }
    }

    /// What is in the hand, over everything.
    pub(super) fn draw_hand(&self) -> Html {
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
        html! { <div key="hand" ref={&self.hand_element} class="in-hand" data-testid="in-hand" {style} inert=true>{ content }</div> }
    }
}

/// A card on its way.
pub(super) fn draw_flight(flight: &Flight) -> Option<Html> {
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
