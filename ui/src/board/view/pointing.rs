//! The pointer: pressing, dragging cards and lists, moving the board by its empty ground.

use gloo_events::EventListener;
use roost_board::ListId;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, MouseEvent, PointerEvent};
use yew::prelude::*;

use super::moving::{By, Moving};
use super::{BoardView, Msg};
use crate::board::act::{Edit, Over};
use crate::board::drag::{Drag, Moved, Point, edge_speed};
use crate::board::elements::{self, closest, item_of, point_of, rect_of, set_style};
use crate::board::frame::Frame;
use crate::board::place::{Item, Place};

/// The longest time between two pictures that counts for scrolling, in milliseconds: after a pause nothing jumps.
const FRAME_MAX: f64 = 50.0;

/// A pointer that is down on something that can be dragged.
pub(super) struct Hand {
    pub(super) drag: Drag,
    /// The picture that is due, while the item is in the hand.
    frame: Option<Frame>,
    /// When the last picture was due, in milliseconds.
    last_frame: Option<f64>,
    _listeners: [EventListener; 3],
}

/// A pointer that is down on the empty ground and moves the board.
pub(super) struct Pan {
    pointer: i32,
    from: Point,
    scrolled: i32,
    _listeners: [EventListener; 3],
}

/// Listens to a pointer wherever it goes, also beside the board.
fn listen(ctx: &Context<BoardView>) -> Option<[EventListener; 3]> {
    let window = web_sys::window()?;
    let on = |name: &'static str, message: fn(PointerEvent) -> Msg| {
        let link = ctx.link().clone();
        EventListener::new(&window, name, move |event: &Event| {
            if let Some(event) = event.dyn_ref::<PointerEvent>() {
                link.send_message(message(event.clone()));
            }
        })
    };
    Some([on("pointermove", Msg::Moved), on("pointerup", Msg::Released), on("pointercancel", |_| Msg::PointerLost)])
}

impl BoardView {
    pub(super) fn pressed(&mut self, ctx: &Context<Self>, event: &PointerEvent) -> bool {
        self.swallows_click = false;
        // A finger scrolls; what it presses is a click.
        if event.button() != 0 || event.pointer_type() == "touch" || self.hand.is_some() {
            return false;
        }
        let Some(item) =
            closest(event.target(), ".card, .list-head").and_then(|element| self.pressed_item(event, &element))
        else {
            return self.press_ground(ctx, event);
        };
        let Some(root) = self.root() else { return false };
        let element = match item {
            Item::Card(id) => elements::card_element(&root, id),
            Item::List(id) => elements::list_element(&root, id),
        };
        let Some((element, listeners)) = element.zip(listen(ctx)) else { return false };
        let drag = Drag::press(item, event.pointer_id(), point_of(event), rect_of(&element));
        self.hand = Some(Hand { drag, frame: None, last_frame: None, _listeners: listeners });
        false
    }

    /// What is pressed, unless it is a text or a button on it.
    fn pressed_item(&self, event: &PointerEvent, element: &HtmlElement) -> Option<Item> {
        let control = closest(event.target(), "button, input, textarea, a");
        if control.is_some_and(|control| !control.class_list().contains("list-name")) {
            return None;
        }
        item_of(element)
    }

    fn press_ground(&mut self, ctx: &Context<Self>, event: &PointerEvent) -> bool {
        let is_ground = closest(event.target(), ".list, button, textarea").is_none();
        if is_ground
            && let Some(root) = self.root()
            && let Some(listeners) = listen(ctx)
        {
            let (pointer, from, scrolled) = (event.pointer_id(), point_of(event), root.scroll_left());
            self.pan = Some(Pan { pointer, from, scrolled, _listeners: listeners });
        }
        false
    }

    pub(super) fn pointer_moved(&mut self, ctx: &Context<Self>, event: &PointerEvent) -> bool {
        let at = point_of(event);
        if let Some(pan) = &self.pan
            && pan.pointer == event.pointer_id()
            && let Some(root) = self.root()
        {
            root.set_scroll_left(pan.scrolled - (at.x - pan.from.x).round() as i32);
            self.show_grab(true);
            return false;
        }
        let Some(hand) = &mut self.hand else { return false };
        if hand.drag.pointer != event.pointer_id() {
            return false;
        }
        match hand.drag.moved(at) {
            Moved::Pressed => false,
            Moved::Lifted => self.lift_by_pointer(ctx),
            Moved::Carried => {
                self.place_hand();
                false
            }
        }
    }

    fn lift_by_pointer(&mut self, ctx: &Context<Self>) -> bool {
        let Some((hand, root)) = self.hand.as_ref().zip(self.root()) else { return false };
        let (item, pointer) = (hand.drag.item, hand.drag.pointer);
        let Some(place) = self.board().and_then(|board| item.place(board)) else {
            self.hand = None;
            return false;
        };
        // Moves arrive from beyond the window too. A pointer that a test made up cannot be captured, nor need it be.
        if root.set_pointer_capture(pointer).is_err() {
            crate::core::log("the pointer cannot be captured");
        }
        self.moving = Some(Moving { item, place, by: By::Pointer });
        self.current = Some(item);
        self.edit = None;
        self.swallows_click = true;
        self.redraw();
        self.request_frame(ctx);
        true
    }

    fn request_frame(&mut self, ctx: &Context<Self>) {
        if let Some(hand) = &mut self.hand {
            let link = ctx.link().clone();
            hand.frame = Frame::request(move |at| link.send_message(Msg::Frame(at)));
        }
    }

    /// Draws what is in the hand where the hand is. No part of the page is drawn anew for that.
    fn place_hand(&self) {
        if let Some(hand) = &self.hand
            && let Some(element) = self.hand_element.cast::<HtmlElement>()
        {
            let rect = hand.drag.rect();
            set_style(&element, "transform", &format!("translate({}px, {}px)", rect.left, rect.top));
        }
    }

    pub(super) fn frame(&mut self, ctx: &Context<Self>, at: f64) -> bool {
        let Some(hand) = &mut self.hand else { return false };
        let elapsed = hand.last_frame.replace(at).map_or(0.0, |last| (at - last).clamp(0.0, FRAME_MAX));
        self.scroll_at_edges(elapsed / 1_000.0);
        self.request_frame(ctx);
        self.nearest_place().is_some_and(|place| self.move_to(place))
    }

    /// Scrolls what the pointer is at the edge of, for so many seconds.
    fn scroll_at_edges(&self, seconds: f64) {
        let Some((hand, root)) = self.hand.as_ref().zip(self.root()) else { return };
        let (at, board) = (hand.drag.at(), rect_of(&root));
        let pixels = |speed: f64| (speed * seconds).round() as i32;
        let x = pixels(edge_speed(at.x, board.left, board.left + board.width));
        if x != 0 {
            root.set_scroll_left(root.scroll_left() + x);
        }
        let Some(Moving { place: Place::InList { list, .. }, .. }) = &self.moving else { return };
        let Some(scroller) = elements::scroller(&root, *list) else { return };
        let view = rect_of(&scroller);
        let y = pixels(edge_speed(at.y, view.top, view.top + view.height));
        if y != 0 {
            scroller.set_scroll_top(scroller.scroll_top() + y);
        }
    }

    /// The place that what is in the hand is nearest to.
    fn nearest_place(&self) -> Option<Place> {
        let (hand, board, root) = (self.hand.as_ref()?, self.board()?, self.root()?);
        let columns = elements::columns(&root);
        let held = match hand.drag.item {
            Item::Card(id) => board.card_index(id),
            Item::List(_) => None,
        };
        hand.drag.place(&columns, |list: ListId, y| {
            let without = held.filter(|(from, _)| *from == list).map(|(_, index)| index);
            Some(self.measures.borrow_mut().layout(board.list(list)?).nearest(y, without))
        })
    }

    pub(super) fn released(&mut self, ctx: &Context<Self>, event: &PointerEvent) -> bool {
        if self.pan.as_ref().is_some_and(|pan| pan.pointer == event.pointer_id()) {
            return self.pointer_lost(ctx);
        }
        if self.hand.as_ref().is_none_or(|hand| hand.drag.pointer != event.pointer_id()) {
            return false;
        }
        if let Some(hand) = &mut self.hand {
            // The last move and the release may be at different places.
            hand.drag.moved(point_of(event));
        }
        if self.moving.is_some()
            && let Some(place) = self.nearest_place()
        {
            self.move_to(place);
        }
        let Some(hand) = self.hand.take() else { return false };
        if self.moving.is_none() {
            return false;
        }
        self.let_go(&hand);
        self.put_down(ctx);
        true
    }

    /// What was in the hand goes on to its place by itself.
    fn let_go(&mut self, hand: &Hand) {
        match hand.drag.item {
            Item::Card(id) => self.fly_from(id, hand.drag.rect()),
            Item::List(id) => {
                if let Some(list) = self.root().and_then(|root| elements::list_element(&root, id)) {
                    let (from, to) = (hand.drag.rect(), rect_of(&list));
                    elements::slide_from(&list, from.left - to.left, from.top - to.top);
                }
            }
        }
        self.wants_focus = true;
    }

    /// Puts back what is in the hand: Esc, or the system has taken the pointer.
    pub(super) fn pointer_lost(&mut self, _ctx: &Context<Self>) -> bool {
        if self.pan.take().is_some() {
            self.show_grab(false);
        }
        let Some(hand) = self.hand.take() else { return false };
        if self.moving.is_none() {
            return false;
        }
        self.let_go(&hand);
        self.put_back();
        self.say("Put back.");
        true
    }

    pub(super) fn clicked(&mut self, event: &MouseEvent) -> bool {
        if std::mem::take(&mut self.swallows_click) {
            event.prevent_default();
            return false;
        }
        let Some(item) = closest(event.target(), ".card:not(.card--edited), .list-name").and_then(|it| item_of(&it))
        else {
            return false;
        };
        self.current = Some(item);
        match item {
            Item::Card(id) => self.show(Some(Over::Card(id))),
            Item::List(id) => self.edit = Some(Edit::ListName(id)),
        }
        true
    }

    pub(super) fn scrolled(&mut self) -> bool {
        let Some(root) = self.root() else { return false };
        let n_lists = self.board().map_or(0, |board| board.lists().len());
        let width = root.scroll_width().max(1) / i32::try_from(n_lists + 1).unwrap_or(i32::MAX).max(1);
        let in_lists = |pixels: i32| usize::try_from(pixels / width.max(1)).unwrap_or(0);
        // A window's width on both sides is drawn ahead.
        let from = in_lists(root.scroll_left() - root.client_width());
        let to = in_lists(root.scroll_left() + 2 * root.client_width()) + 1;
        std::mem::replace(&mut self.near, from..to) != (from..to)
    }

    /// Shows by the cursor that the board is moved, or not any more.
    fn show_grab(&self, is_on: bool) {
        if let Some(grab) = self.grab.cast::<HtmlElement>() {
            elements::set_attribute(&grab, "hidden", !is_on);
        }
    }
}
