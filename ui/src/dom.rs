//! The few things that are done to elements directly: focus, ids, and what texts have of the web view.

use std::cell::Cell;

use gloo_events::{EventListener, EventListenerOptions, EventListenerPhase};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDocument, HtmlElement, HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

/// What can have the focus by the Tab key.
const FOCUSABLE: &str = "a[href], button:not([disabled]), input:not([disabled]), textarea:not([disabled]), \
                         select:not([disabled]), \
                         [tabindex]:not([tabindex=\"-1\"])";

/// An id that no other element has, the same for the life of the component.
#[hook]
pub fn use_id() -> AttrValue {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(0) });
    (*use_memo((), |()| {
        let number = NEXT.get();
        NEXT.set(number + 1);
        AttrValue::from(format!("id-{number}"))
    }))
    .clone()
}

/// The element that has the focus.
#[must_use]
pub fn focused() -> Option<HtmlElement> {
    web_sys::window()?.document()?.active_element()?.dyn_into().ok()
}

/// Gives an element the focus.
pub fn focus(element: &HtmlElement) {
    if let Err(error) = element.focus() {
        crate::core::log(&format!("{error:?}"));
    }
}

/// Gives the element of a reference the focus, if it is there.
pub fn focus_ref(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        focus(&element);
    }
}

/// The descendants that match a selector, in document order.
#[must_use]
pub fn all(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(nodes) = root.query_selector_all(selector) else { return Vec::new() };
    (0..nodes.length()).filter_map(|index| nodes.item(index)?.dyn_into().ok()).collect()
}

/// The descendants that can have the focus by the Tab key and are drawn.
#[must_use]
pub fn focusable(root: &Element) -> Vec<HtmlElement> {
    all(root, FOCUSABLE).into_iter().filter(|element| element.offset_width() > 0).collect()
}

/// Copies a text that is shown, and leaves it selected. Answers whether the web view has done it: the newer way through
/// its clipboard is one that not all of them let a page go.
pub fn copy(area: &HtmlTextAreaElement) -> bool {
    focus(area);
    area.select();
    let document = area.owner_document().and_then(|document| document.dyn_into::<HtmlDocument>().ok());
    document.is_some_and(|document| document.exec_command("copy").unwrap_or(false))
}

/// Where the menu of the web view is of use: it copies and pastes.
const TEXT: &str = "input, textarea, .comment__body";

/// Keeps away the menu that a web view shows at a press of the right button, with its ways back and to load anew, but
/// where there is text to copy or a place to paste.
pub fn keep_web_view_menu_to_text() {
    let Some(window) = web_sys::window() else { return };
    let keep_away = |event: &Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_none_or(|target| !matches!(target.closest(TEXT), Ok(Some(_)))) {
            event.prevent_default();
        }
    };
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window, "contextmenu", options, keep_away).forget();
}

/// Where a text is typed that can be undone. One of a board with nothing typed in it leaves the keys to the board.
const TYPED: &str = "input, textarea:not([data-untyped]):not([readonly])";

/// Gives texts their undo and redo by the usual keys, also in web views that have them in no menu and on no key.
pub fn give_texts_their_undo() {
    let Some(window) = web_sys::window() else { return };
    let on_key = |event: &Event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let command = match key.key().to_lowercase().as_str() {
            "z" if key.shift_key() => "redo",
            "z" => "undo",
            "y" => "redo",
            _ => return,
        };
        let is_asked = (key.ctrl_key() || key.meta_key()) && !key.alt_key() && !key.is_composing();
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(target) = target.filter(|target| is_asked && target.matches(TYPED).unwrap_or(false)) else { return };
        let document = target.owner_document().and_then(|document| document.dyn_into::<HtmlDocument>().ok());
        if let Some(document) = document {
            event.prevent_default();
            // It answers false when there is nothing to undo.
            drop(document.exec_command(command));
        }
    };
    let options = EventListenerOptions { phase: EventListenerPhase::Capture, passive: false };
    EventListener::new_with_options(&window, "keydown", options, on_key).forget();
}
