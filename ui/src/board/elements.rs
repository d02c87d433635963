//! What is done to elements directly: finding, measuring and sliding them.

use roost_board::{CardId, ListId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

use super::drag::{Column, Point, Rect};
use super::place::Item;
use super::windowing::MARGIN;

/// How long something slides, in milliseconds; the style sheet has the same.
pub(crate) const SLIDE: u32 = 180;

/// Between two lists, in pixels; the style sheet has the same.
pub(crate) const LIST_GAP: i32 = 12;

/// From one list to the next, in pixels; the style sheet has the same.
pub(crate) const LIST_WIDTH: f64 = 292.0;

/// Where an element is in the window.
pub(crate) fn rect_of(element: &Element) -> Rect {
    let rect = element.get_bounding_client_rect();
    Rect { left: rect.left(), top: rect.top(), width: rect.width(), height: rect.height() }
}

/// Where a pointer is.
pub(crate) fn point_of(event: &web_sys::MouseEvent) -> Point {
    Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) }
}

/// The element of a card.
pub(crate) fn card_element(root: &Element, card: CardId) -> Option<HtmlElement> {
    find(root, &format!("[data-card-id='{card}']"))
}

/// The element of a list, the whole column.
pub(crate) fn list_element(root: &Element, list: ListId) -> Option<HtmlElement> {
    find(root, &format!(".list[data-list-id='{list}']"))
}

/// What has the focus when an item has it.
pub(crate) fn focus_element(root: &Element, item: Item) -> Option<HtmlElement> {
    match item {
        Item::Card(card) => card_element(root, card),
        Item::List(list) => find(list_element(root, list)?.as_ref(), ".list-name"),
    }
}

/// What scrolls in a list.
pub(crate) fn scroller(root: &Element, list: ListId) -> Option<HtmlElement> {
    find(list_element(root, list)?.as_ref(), ".list-scroll")
}

fn find(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// The nearest element outwards that matches, itself included.
pub(crate) fn closest(target: Option<web_sys::EventTarget>, selector: &str) -> Option<HtmlElement> {
    target?.dyn_into::<Element>().ok()?.closest(selector).ok()??.dyn_into().ok()
}

/// The topmost element at a point, or around it, that matches.
pub(crate) fn at(point: Point, selector: &str) -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    let elements = document.elements_from_point(point.x as f32, point.y as f32);
    elements.iter().find_map(|element| closest(element.dyn_into().ok(), selector))
}

/// The item that an element is, by what it says of itself.
pub(crate) fn item_of(element: &Element) -> Option<Item> {
    if let Some(card) = element.get_attribute("data-card-id") {
        return card.parse().ok().map(Item::Card);
    }
    let list = element.closest("[data-list-id]").ok()??.get_attribute("data-list-id")?;
    list.parse().ok().map(Item::List)
}

/// Where the lists are drawn, in their order. Taken from the layout, which what slides is not part of.
pub(crate) fn columns(root: &HtmlElement) -> Vec<Column> {
    let origin = rect_of(root);
    let scrolled = f64::from(root.scroll_left());
    // The lists are looked at once, not looked for one by one among all the cards.
    let children = root.children();
    (0..children.length())
        .filter_map(|index| {
            let element = children.item(index)?.dyn_into::<HtmlElement>().ok()?;
            let list = element.get_attribute("data-list-id")?.parse().ok()?;
            let cards = find(&element, ".list-cards")?;
            let rect = Rect {
                left: origin.left + f64::from(element.offset_left()) - scrolled,
                top: origin.top + f64::from(element.offset_top()),
                width: f64::from(element.offset_width()),
                height: f64::from(element.offset_height()),
            };
            Some(Column { list, rect, cards_top: rect_of(&cards).top + MARGIN })
        })
        .collect()
}

/// Whether the person asks for less motion.
pub(crate) fn is_motion_reduced() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(prefers-reduced-motion: reduce)").ok()?);
    query.is_some_and(|query| query.matches())
}

/// Lets an element that has just come to its place slide there from where it was, so far to the right and below.
pub(crate) fn slide_from(element: &HtmlElement, x: f64, y: f64) {
    if is_motion_reduced() || x.hypot(y) < 1.0 {
        return;
    }
    set_style(element, "transition", "none");
    set_style(element, "transform", &format!("translate({x}px, {y}px)"));
    // Asking for the layout makes the browser take this as the beginning.
    let _ = element.offset_width();
    set_style(element, "transition", &format!("transform {SLIDE}ms var(--ease)"));
    set_style(element, "transform", "");
}

/// Sets a property of an element's own style.
pub(crate) fn set_style(element: &HtmlElement, property: &str, value: &str) {
    if let Err(error) = element.style().set_property(property, value) {
        crate::core::log(&format!("{error:?}"));
    }
}

/// Scrolls as little as is needed to have an element in view.
pub(crate) fn reveal(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Gives an element the focus and leaves everything where it is scrolled to.
pub(crate) fn focus_quietly(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    if let Err(error) = element.focus_with_options(&options) {
        crate::core::log(&format!("{error:?}"));
    }
}

/// Lets what is in an element come to its new place at once, for once: the view moves along with it.
pub(crate) fn hold_still(element: &HtmlElement) {
    set_attribute(element, "data-still", true);
    let element = element.clone();
    gloo_timers::callback::Timeout::new(SLIDE, move || set_attribute(&element, "data-still", false)).forget();
}

/// Sets or takes away an attribute that has no value.
pub(crate) fn set_attribute(element: &Element, name: &str, is_set: bool) {
    if let Err(error) = element.toggle_attribute_with_force(name, is_set) {
        crate::core::log(&format!("{error:?}"));
    }
}

/// Calls once the fonts have arrived, if they have not yet.
pub(crate) fn when_fonts_are_ready(call: impl FnOnce() + 'static) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let fonts = document.fonts();
    if fonts.status() == web_sys::FontFaceSetLoadStatus::Loaded {
        return;
    }
    let Ok(ready) = fonts.ready() else { return };
    wasm_bindgen_futures::spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(ready).await.is_ok() {
            call();
        }
    });
}
