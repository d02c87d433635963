//! Where an open menu is drawn.

use web_sys::Element;

/// Where an open menu is drawn: under its button, or over it where there is more room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    right: f64,
    top: Option<f64>,
    bottom: Option<f64>,
    left: Option<f64>,
}

/// The least room under a button in which a menu opens downwards, in pixels.
const ROOM_BELOW: f64 = 220.0;
/// The distance of a menu from its button, in pixels.
const GAP: f64 = 4.0;

impl Place {
    /// The place for the menu of a button, if there is a window.
    pub fn of(button: &Element) -> Option<Self> {
        let window = web_sys::window()?;
        let width = window.inner_width().ok()?.as_f64()?;
        let height = window.inner_height().ok()?.as_f64()?;
        let rect = button.get_bounding_client_rect();
        let opens_up = height - rect.bottom() < ROOM_BELOW && rect.top() > height - rect.bottom();
        // A menu grows from the edge of its button that is nearer to the middle of the window.
        let grows_right = rect.left() + rect.right() < width;
        Some(Self {
            right: width - rect.right(),
            left: grows_right.then(|| rect.left()),
            top: (!opens_up).then(|| rect.bottom() + GAP),
            bottom: opens_up.then(|| height - rect.top() + GAP),
        })
    }

    /// The place as declarations for a `style` attribute.
    pub fn style(self) -> String {
        let vertical = match (self.top, self.bottom) {
            (Some(top), _) => format!("top: {top}px; --menu-room: calc(100vh - {top}px)"),
            (None, bottom) => format!("bottom: {0}px; --menu-room: calc(100vh - {0}px)", bottom.unwrap_or_default()),
        };
        match self.left {
            Some(left) => format!("left: {left}px; {vertical}"),
            None => format!("right: {}px; {vertical}", self.right),
        }
    }
}
