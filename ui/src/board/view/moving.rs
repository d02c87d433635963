//! Moving cards and lists: what is being moved is drawn where it would land, and flies or slides there.

use gloo_timers::callback::Timeout;
use roost_board::{Board, CardId, Context as ApplyContext};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{BoardView, Msg};
use crate::board::card::Look;
use crate::board::drag::Rect;
use crate::board::elements::{self, SLIDE, card_element, rect_of};
use crate::board::place::{Item, Place, Way};
use crate::board::shared::{Shared, SharedCard};
use crate::clock::now;
use crate::dom;

/// What is being moved and is not put down yet.
pub(super) struct Moving {
    pub(super) item: Item,
    /// Where it would land.
    pub(super) place: Place,
    pub(super) by: By,
}

/// What moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Pointer,
    Keys,
}

/// A card on its way from one place to another, drawn over everything.
pub(super) struct Flight {
    pub(super) number: u32,
    pub(super) card: SharedCard,
    pub(super) from: Rect,
    /// Where it lands; known once it is drawn there.
    pub(super) to: Option<Rect>,
}

impl Moving {
    /// How the thing looks at the place where it would land.
    pub(super) fn look(&self) -> Look {
        match self.by {
            By::Pointer => Look::Place,
            By::Keys => Look::Lifted,
        }
    }
}

impl BoardView {
    /// The board with what is being moved at the place where it would land. What is gone meanwhile is let go.
    pub(super) fn with_what_is_moved(&mut self, mut board: Board) -> Board {
        let Some(moving) = &self.moving else { return board };
        if moving.item.list(&board).is_none() {
            self.moving = None;
            self.hand = None;
            self.say("It is not on the board any more. The move was given up.");
            return board;
        }
        if let Some(change) = moving.item.moved_to(&board, moving.place)
            && let Some(actor) = self.follower.me()
            && let Err(error) = board.apply(&ApplyContext { actor, at: now() }, &change)
        {
            crate::core::log(&error.to_string());
        }
        board
    }

    /// Shows what is being moved at another place; answers whether it is another.
    pub(super) fn move_to(&mut self, place: Place) -> bool {
        match &mut self.moving {
            Some(moving) if moving.place != place => {
                moving.place = place;
                self.redraw();
                true
            }
            Some(_) | None => false,
        }
    }

    /// Puts down what is being moved.
    pub(super) fn put_down(&mut self, ctx: &Context<Self>) {
        let Some(moving) = self.moving.take() else { return };
        self.move_item(ctx, moving.item, moving.place);
        self.redraw();
    }

    /// Puts back what is being moved.
    pub(super) fn put_back(&mut self) {
        self.moving = None;
        self.redraw();
    }

    /// Moves something and says where it is.
    pub(super) fn move_item(&mut self, ctx: &Context<Self>, item: Item, place: Place) {
        let Some(board) = self.follower.board() else { return };
        let Some(change) = item.moved_to(board, place) else { return };
        let is_other_list = match place {
            Place::InList { list, .. } => item.list(board) != Some(list),
            Place::AmongLists { .. } => false,
        };
        // What was carried there is drawn there already.
        let is_drawn_there = self.board().and_then(|board| item.place(board)) == Some(place);
        if is_other_list && !is_drawn_there {
            self.remember_places(card(item));
        }
        if self.propose(ctx, change) {
            self.say_place(item);
        }
    }

    /// Moves what has the focus: at once, or where it would land while it is lifted.
    pub(super) fn carry(&mut self, ctx: &Context<Self>, way: Way) {
        let Some((board, item)) = self.board().zip(self.current) else { return };
        let Some(place) = item.place_towards(board, way) else { return };
        if self.moving.is_some() {
            self.remember_places(card(item));
            self.move_to(place);
            self.say_place(item);
        } else {
            self.move_item(ctx, item, place);
        }
        self.wants_focus = true;
    }

    /// Lifts what has the focus, for the arrow keys to move.
    pub(super) fn lift(&mut self) {
        let Some((board, item)) = self.board().zip(self.current) else { return };
        let Some((place, name)) = item.place(board).zip(self.name_of(item)) else { return };
        self.moving = Some(Moving { item, place, by: By::Keys });
        self.say(format!("Lifted {name}. Arrow keys move it, Space puts it down, Escape puts it back."));
        self.wants_focus = true;
    }

    /// The name of a list, or the title of a card.
    pub(super) fn name_of(&self, item: Item) -> Option<String> {
        let board = self.board()?;
        match item {
            Item::Card(id) => board.card(id).map(|card| card.title.clone()),
            Item::List(id) => board.list(id).map(|list| list.name().to_owned()),
        }
    }

    /// Says where something is now.
    fn say_place(&mut self, item: Item) {
        let Some((board, name)) = self.board().zip(self.name_of(item)) else { return };
        let said = match item.place(board) {
            Some(Place::InList { list, index }) => {
                board.list(list).map(|list| format!("{name}: {}, {} of {}", list.name(), index + 1, list.cards().len()))
            }
            Some(Place::AmongLists { index }) => Some(format!("{name}: list {} of {}", index + 1, board.lists().len())),
            None => None,
        };
        self.say(said.unwrap_or_default());
    }

    /// Remembers where cards are that are about to be drawn in another list, so that they fly there.
    pub(super) fn remember_places(&mut self, cards: impl IntoIterator<Item = CardId>) {
        let Some(root) = self.root() else { return };
        for id in cards {
            let is_in_hand = self.moving.as_ref().is_some_and(|moving| moving.item == Item::Card(id));
            if let Some(element) = card_element(&root, id)
                && !(is_in_hand && self.hand.is_some())
            {
                self.fly_from(id, rect_of(&element));
            }
        }
    }

    /// Has a card fly from somewhere to where it is drawn next.
    pub(super) fn fly_from(&mut self, id: CardId, from: Rect) {
        if elements::is_motion_reduced() {
            return;
        }
        let Some(card) = self.board().and_then(|board| board.card(id)).cloned() else { return };
        self.flights.retain(|flight| flight.card.id != id);
        self.n_flights += 1;
        self.flights.push(Flight { number: self.n_flights, card: Shared(card), from, to: None });
    }

    /// Lets those cards fly whose place is drawn by now.
    pub(super) fn launch_flights(&mut self, ctx: &Context<Self>) {
        if self.flights.iter().all(|flight| flight.to.is_some()) {
            return;
        }
        let Some(root) = self.root() else { return };
        let mut landed = Vec::new();
        for flight in self.flights.iter_mut().filter(|flight| flight.to.is_none()) {
            let target = card_element(&root, flight.card.id).filter(is_in_sight).map(|element| rect_of(&element));
            let is_far = |to: &Rect| (to.left - flight.from.left).hypot(to.top - flight.from.top) >= 1.0;
            match target.filter(is_far) {
                Some(to) => {
                    flight.to = Some(to);
                    let (link, number) = (ctx.link().clone(), flight.number);
                    Timeout::new(SLIDE, move || link.send_message(Msg::Landed(number))).forget();
                }
                None => landed.push(flight.number),
            }
        }
        self.flights.retain(|flight| !landed.contains(&flight.number));
        // Where they land is known only now, and drawn in the same picture.
        ctx.link().send_message(Msg::Landed(0));
    }

    /// Notes that what has the focus may lose its element, and is to have the focus again in its new one.
    pub(super) fn keep_focus(&mut self) {
        let Some((root, item)) = self.root().zip(self.current) else { return };
        let element = elements::focus_element(&root, item);
        if element.is_some() && element == dom::focused() {
            self.wants_focus = true;
        }
    }

    /// Gives the focus to what is to have it.
    pub(super) fn settle_focus(&mut self) {
        if !self.wants_focus || self.over.is_some() || self.edit.is_some() {
            return;
        }
        let Some((root, item)) = self.root().zip(self.current) else { return };
        let Some(element) = elements::focus_element(&root, item) else { return };
        self.wants_focus = false;
        if dom::focused().as_ref() != Some(&element) {
            elements::focus_quietly(&element);
        }
        // What the pointer carries scrolls by the edges.
        if self.hand.is_none() {
            elements::reveal(&element);
        }
    }
}

fn card(item: Item) -> Option<CardId> {
    match item {
        Item::Card(id) => Some(id),
        Item::List(_) => None,
    }
}

/// Whether a card is not scrolled out of its list.
fn is_in_sight(card: &HtmlElement) -> bool {
    let Some(scroller) = elements::closest(Some(card.clone().into()), ".list-scroll") else { return false };
    let (card, view) = (rect_of(card), rect_of(&scroller));
    card.top + card.height > view.top && card.top < view.top + view.height
}
