//! The wheel of the mouse.

use web_sys::{HtmlElement, WheelEvent};
use yew::prelude::*;

use super::BoardView;
use crate::board::elements::{self, closest, point_of};

impl BoardView {
    /// The wheel moves the board sideways with Shift, and wherever nothing else can be scrolled.
    pub(super) fn wheel(root: &NodeRef, event: &WheelEvent) {
        let is_carrying = closest(event.target(), ".grab").is_some();
        let list = if is_carrying {
            elements::at(point_of(event), ".list-scroll")
        } else {
            closest(event.target(), ".list-scroll")
        };
        let list = list.filter(|list| list.scroll_height() > list.client_height() && !event.shift_key());
        let Some(root) = root.cast::<HtmlElement>() else { return };
        if event.ctrl_key() || event.delta_x() != 0.0 || (list.is_some() && !is_carrying) {
            return;
        }
        // Lines and pages of a wheel are about so many pixels.
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => 40.0,
            WheelEvent::DOM_DELTA_PAGE => f64::from(root.client_width()),
            _ => 1.0,
        };
        let pixels = (event.delta_y() * unit).round() as i32;
        event.prevent_default();
        match list {
            Some(list) => list.set_scroll_top(list.scroll_top() + pixels),
            None => root.set_scroll_left(root.scroll_left() + pixels),
        }
    }
}
