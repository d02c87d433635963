//! A list: which of its cards are in view, how tall they are, and how far it is scrolled.

mod drawing;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use gloo_timers::callback::Timeout;
use roost_board::{Card, CardId, List};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::act::{Dispatch, Edit};
use super::card::{Glow, Look};
use super::elements::{self, SLIDE, slide_from};
use super::place::Item;
use super::shared::{Shared, SharedList};
use super::windowing::{Layout, Measures, find_near};

/// How far beyond the view cards are drawn, in pixels: a flick of the wheel finds them there.
const OVERSCAN: f64 = 400.0;

/// How a [`ListColumn`] is drawn.
#[derive(Properties, PartialEq)]
pub(crate) struct ListProps {
    /// The list.
    pub list: SharedList,
    /// How many lists are before it.
    pub index: usize,
    /// How many lists there are.
    pub n_lists: usize,
    /// How tall the cards are.
    pub measures: Shared<Rc<RefCell<Measures>>>,
    /// What the Tab key stops at, if it is this list or in it.
    pub current: Option<Item>,
    /// The places of the cards that must not lose their element though they are out of view, each once.
    pub kept: Vec<usize>,
    /// What is edited in place, if it is here.
    pub edit: Option<Edit>,
    /// What is being moved and how it looks meanwhile, if it is this list or in it.
    pub moving: Option<(Item, Look)>,
    /// The cards that are on their way here.
    pub landing: Vec<CardId>,
    /// The cards that somebody has just changed.
    pub glows: Shared<Rc<HashMap<CardId, Glow>>>,
    /// Whether the list is near what is in view of the board.
    pub is_near: bool,
    /// Whether a new card was begun here and is not added yet.
    pub has_draft: bool,
    /// Grows when a refused text has gone back to its draft.
    pub n_refused: u32,
    /// Grows when the window has another size.
    pub n_resized: u32,
    /// Grows when so much is new that it is not shown one by one.
    pub n_floods: u32,
    /// The way to act.
    pub dispatch: Dispatch,
}

/// A list of a board.
pub(crate) struct ListColumn {
    scroller: NodeRef,
    cards: NodeRef,
    /// How far it is scrolled, in pixels.
    scrolled: f64,
    /// How much of the cards is in view, in pixels.
    view_height: f64,
    /// What was drawn, to be measured: each card and its place.
    drawn: RefCell<Vec<(usize, Arc<Card>)>>,
    /// The layout that was drawn.
    layout: Rc<Layout>,
    /// Where it is to be scrolled once the new layout is drawn.
    scroll_to: Option<f64>,
    /// Ends the slides of its cards that are under way.
    settling: Option<Timeout>,
    /// From how far it is to slide, since it stands elsewhere among the lists.
    slide: Option<f64>,
    on_resize: Callback<()>,
}

/// What happens to a [`ListColumn`].
#[derive(Debug)]
pub(crate) enum ListMsg {
    /// It was scrolled.
    Scrolled,
    /// Heights have changed.
    Measured,
    /// A card that is being edited may have another height.
    Resized,
}

impl Component for ListColumn {
    type Message = ListMsg;
    type Properties = ListProps;

    fn create(ctx: &Context<Self>) -> Self {
        let props = ctx.props();
        let window_height = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64());
        Self {
            scroller: NodeRef::default(),
            cards: NodeRef::default(),
            scrolled: 0.0,
            view_height: window_height.unwrap_or_default(),
            drawn: RefCell::default(),
            layout: props.measures.borrow_mut().layout(&props.list.0),
            scroll_to: None,
            settling: None,
            slide: None,
            on_resize: ctx.link().callback(|()| ListMsg::Resized),
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ListProps) -> bool {
        let props = ctx.props();
        let layout = props.measures.borrow_mut().layout(&props.list.0);
        // What the person moves is followed by their eyes; what others do must not move what is being read.
        if props.list != old.list && props.moving.is_none() && old.moving.is_none() {
            self.keep_in_place(&old.list.0, &props.list.0, &layout);
        }
        self.layout = layout;
        // Hundreds of cards that slide at once are more than can be seen, and more than can be drawn.
        if props.list != old.list && props.n_floods == old.n_floods {
            self.slide_for_a_while();
        }
        if props.index != old.index {
            self.slide = Some(old.index as f64 - props.index as f64);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: ListMsg) -> bool {
        match msg {
            ListMsg::Scrolled => {
                let before = self.shown(ctx);
                if let Some(scroller) = self.scroller.cast::<Element>() {
                    self.scrolled = f64::from(scroller.scroll_top());
                }
                self.shown(ctx) != before
            }
            ListMsg::Measured => true,
            ListMsg::Resized => {
                self.measure(ctx);
                true
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        self.draw(ctx)
    }

    fn rendered(&mut self, ctx: &Context<Self>, is_first: bool) {
        if let Some(scrolled) = self.scroll_to.take()
            && let Some(scroller) = self.scroller.cast::<Element>()
        {
            scroller.set_scroll_top(scrolled.round() as i32);
        }
        if let Some(columns) = self.slide.take() {
            self.slide(ctx, columns);
        }
        let old = Rc::clone(&self.layout);
        if self.measure(ctx) {
            self.keep_top(&old);
            ctx.link().send_message(ListMsg::Measured);
        }
        if is_first {
            // In the dialog of a card nothing of this is in view, so nothing is lost when it is not there.
            self.watch_fonts(ctx);
        }
    }
}

impl ListColumn {
    /// Lets the cards slide to their new places for a while; what is measured anew at other times does not slide.
    fn slide_for_a_while(&mut self) {
        let Some(cards) = self.cards.cast::<HtmlElement>() else { return };
        elements::set_attribute(&cards, "data-sliding", true);
        // The one before is dropped, and so does not end this one.
        self.settling = Some(Timeout::new(SLIDE + 40, move || elements::set_attribute(&cards, "data-sliding", false)));
    }

    /// Measures what was drawn; answers whether something is not as tall as thought.
    fn measure(&mut self, ctx: &Context<Self>) -> bool {
        let props = ctx.props();
        if let Some(scroller) = self.scroller.cast::<Element>() {
            self.view_height = f64::from(scroller.client_height());
        }
        let Some(slots) = self.cards.cast::<Element>().map(|cards| cards.children()) else { return false };
        let mut measures = props.measures.borrow_mut();
        let mut is_news = false;
        for (slot, (index, card)) in (0..).zip(self.drawn.borrow().iter()) {
            let slot = slots.item(slot).and_then(|slot| slot.dyn_into::<HtmlElement>().ok());
            match slot.map(|slot| slot.offset_height()) {
                // Not laid out, as in a window that is not shown.
                Some(0) | None => {}
                Some(height) => is_news |= measures.measure(props.list.id(), card, *index, f64::from(height)),
            }
        }
        if is_news {
            self.layout = measures.layout(&props.list.0);
        }
        is_news
    }

    /// Keeps the first card in view where it is, now that heights turned out to be others.
    fn keep_top(&mut self, old: &Layout) {
        if self.scrolled <= 0.0 {
            return;
        }
        let first = old.between(self.scrolled, self.scrolled + 1.0).start;
        self.scroll_by(self.layout.top(first) - old.top(first));
    }

    /// Keeps the first card in view where it is, now that there are others above it.
    fn keep_in_place(&mut self, old: &List, new: &List, layout: &Layout) {
        if self.scrolled <= 0.0 {
            return;
        }
        let mut visible = self.layout.between(self.scrolled, self.scrolled + self.view_height);
        let anchor = visible.find_map(|old_index| {
            let new_index = find_near(new.cards(), old.cards().get(old_index)?.id, old_index)?;
            Some(layout.top(new_index) - self.layout.top(old_index))
        });
        if let Some(moved) = anchor {
            self.scroll_by(moved);
            if moved.abs() >= 1.0
                && let Some(cards) = self.cards.cast::<HtmlElement>()
            {
                elements::hold_still(&cards);
            }
        }
    }

    fn scroll_by(&mut self, moved: f64) {
        if moved.abs() >= 1.0 {
            self.scrolled = (self.scrolled + moved).max(0.0);
            self.scroll_to = Some(self.scrolled);
        }
    }

    /// Slides to the new place among the lists. A list that was put elsewhere in the document has lost how far it was
    /// scrolled.
    fn slide(&self, ctx: &Context<Self>, columns: f64) {
        let Some(scroller) = self.scroller.cast::<Element>() else { return };
        scroller.set_scroll_top(self.scrolled.round() as i32);
        let is_in_hand =
            matches!(ctx.props().moving, Some((Item::List(id), Look::Place)) if id == ctx.props().list.id());
        if !is_in_hand && let Some(list) = elements::closest(Some(scroller.into()), ".list") {
            let width = list.offset_width() + elements::LIST_GAP;
            slide_from(&list, columns * f64::from(width), 0.0);
        }
    }

    /// Measures again once the font has arrived, since cards are drawn before.
    fn watch_fonts(&self, ctx: &Context<Self>) {
        let on_resize = ctx.link().callback(|()| ListMsg::Resized);
        elements::when_fonts_are_ready(move || on_resize.emit(()));
    }

    /// Which cards are drawn, by their places: those in view, and those that must not lose their element.
    fn shown(&self, ctx: &Context<Self>) -> Vec<usize> {
        let props = ctx.props();
        let in_view = if props.is_near {
            self.layout.between(self.scrolled - OVERSCAN, self.scrolled + self.view_height + OVERSCAN)
        } else {
            0..0
        };
        let mut shown: Vec<usize> = in_view.clone().collect();
        shown.extend(props.kept.iter().filter(|index| !in_view.contains(index)));
        shown.sort_unstable();
        shown
    }
}
