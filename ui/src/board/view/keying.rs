//! The keyboard.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::{BoardView, Msg};
use crate::board::act::{Act, Edit, Over};
use crate::board::elements::closest;
use crate::board::keyboard::{Held, Stroke, stroke};
use crate::board::place::{Item, Way};
use crate::board::replica::Back;

/// Listens to the keys of the whole window, since they count wherever the focus is, and to its size.
///
/// # Panics
/// Never: the interface runs in a window.
pub(super) fn listen(ctx: &Context<BoardView>) -> [EventListener; 2] {
    let window = web_sys::window().expect("the interface runs in a window");
    let link = ctx.link().clone();
    let on_key = move |event: &Event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            link.send_message(Msg::Key(event.clone()));
        }
    };
    let keys =
        EventListener::new_with_options(&window, "keydown", EventListenerOptions::enable_prevent_default(), on_key);
    let link = ctx.link().clone();
    let size = EventListener::new(&window, "resize", move |_| link.send_message(Msg::Resized));
    [keys, size]
}

/// Where a text is typed.
const TEXTS: &str = "input, textarea";

/// Where keys are not for the board.
const ELSEWHERE: &str = "input, textarea, select, [role=dialog], [role=menu]";

/// Whether a text has an undo of its own: one of the board's with nothing typed in it has not.
fn has_own_undo(text: &HtmlElement) -> bool {
    !text.has_attribute("data-untyped")
}

/// What a key asks for.
fn stroke_of(event: &KeyboardEvent) -> Option<Stroke> {
    // With Caps Lock or Shift a letter is the same key.
    let key = event.key();
    let key = if key.len() == 1 { key.to_lowercase() } else { key };
    let command = event.ctrl_key() || event.meta_key();
    stroke(&key, Held { command, shift: event.shift_key(), alt: event.alt_key() })
}

impl BoardView {
    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        // What lies over everything has keys of its own.
        let is_elsewhere = closest(event.target(), ".attention-panel").is_some();
        if event.default_prevented() || event.is_composing() || is_elsewhere {
            return false;
        }
        let stroke = stroke_of(event);
        let is_back = matches!(stroke, Some(Stroke::Undo | Stroke::Redo));
        // A text in which something was typed has an undo of its own.
        if is_back && closest(event.target(), TEXTS).is_some_and(|text| has_own_undo(&text)) {
            return false;
        }
        if let Some(over) = self.over {
            return match stroke {
                Some(stroke) if is_back => {
                    event.prevent_default();
                    self.command(ctx, stroke);
                    true
                }
                Some(_) | None => self.key_over(ctx, event, over),
            };
        }
        let elsewhere = if is_back { "[role=dialog], [role=menu]" } else { ELSEWHERE };
        if closest(event.target(), elsewhere).is_some() {
            return false;
        }
        let Some(stroke) = stroke else { return false };
        let is_on_button = closest(event.target(), "button:not(.list-name)").is_some();
        if is_on_button && matches!(stroke, Stroke::Open | Stroke::Lift) {
            return false;
        }
        event.prevent_default();
        self.stroke(ctx, stroke);
        true
    }

    /// A key while something is shown over the board.
    fn key_over(&mut self, ctx: &Context<Self>, event: &KeyboardEvent, over: Over) -> bool {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        match (event.key().as_str(), over) {
            // The focus is nowhere when what had it is gone; Esc closes what is over the board all the same.
            ("Escape", _) => self.show(None),
            ("c", Over::Card(id))
                if is_plain && closest(event.target(), "input, textarea, select, [role=menu]").is_none() =>
            {
                self.act(ctx, Act::Archive(Item::Card(id)));
            }
            _ => return false,
        }
        true
    }

    fn stroke(&mut self, ctx: &Context<Self>, stroke: Stroke) {
        if self.hand.is_some() {
            // While the pointer holds something the keys can only make it let go.
            if stroke == Stroke::Cancel {
                self.pointer_lost(ctx);
            }
            return;
        }
        match stroke {
            Stroke::Go(way) if self.moving.is_some() => self.carry(ctx, way),
            Stroke::Go(way) => self.go(way),
            Stroke::Carry(way) => self.carry(ctx, way),
            Stroke::Lift if self.moving.is_some() => {
                self.put_down(ctx);
                self.wants_focus = true;
            }
            Stroke::Lift => self.lift(),
            Stroke::Cancel => {
                if let Some(moving) = &self.moving {
                    self.remember_places(match moving.item {
                        Item::Card(id) => Some(id),
                        Item::List(_) => None,
                    });
                    self.put_back();
                    self.wants_focus = true;
                    self.say("Put back.");
                }
            }
            // Whatever else is asked for, what is lifted is put down first.
            Stroke::Open
            | Stroke::AddCard
            | Stroke::Rename
            | Stroke::Archive
            | Stroke::Undo
            | Stroke::Redo
            | Stroke::Keys => {
                self.put_down(ctx);
                self.command(ctx, stroke);
            }
        }
    }

    fn command(&mut self, ctx: &Context<Self>, stroke: Stroke) {
        let act = match (stroke, self.current) {
            (Stroke::Keys, _) => Some(Act::Show(Some(Over::Keys))),
            (Stroke::Undo, _) => Some(Act::Step(Back::Undo, None)),
            (Stroke::Redo, _) => Some(Act::Step(Back::Redo, None)),
            (Stroke::Open, Some(Item::Card(id))) => Some(Act::Show(Some(Over::Card(id)))),
            (Stroke::Open | Stroke::Rename, Some(Item::List(id))) => Some(Act::Edit(Edit::ListName(id))),
            (Stroke::Rename, Some(Item::Card(id))) => Some(Act::Edit(Edit::CardTitle(id))),
            (Stroke::Archive, Some(item)) => Some(Act::Archive(item)),
            (Stroke::AddCard, current) => {
                let list =
                    self.board().and_then(|board| current?.list(board).or_else(|| Some(board.lists().first()?.id())));
                Some(Act::Edit(list.map_or(Edit::NewList, Edit::NewCard)))
            }
            (Stroke::Open | Stroke::Rename | Stroke::Archive, None)
            | (Stroke::Go(_) | Stroke::Carry(_) | Stroke::Lift | Stroke::Cancel, _) => None,
        };
        if let Some(act) = act {
            self.act(ctx, act);
        }
    }

    fn go(&mut self, way: Way) {
        let next = self.board().zip(self.current).and_then(|(board, item)| item.neighbour(board, way));
        if next.is_some() {
            self.current = next;
        }
        self.wants_focus = true;
    }
}
