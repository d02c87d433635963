//! Whoever types goes on typing, whatever others do to the board meanwhile.
//!
//! A list or a card that comes to stand elsewhere is put elsewhere in the document, or is made anew there, and what is
//! typed in it loses the focus with that. It has it again before the next key arrives, with the caret where it was.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use super::elements::focus_quietly;
use crate::dom;

/// The attribute of a text area that says what it is a draft of.
const DRAFT: &str = "data-draft";

thread_local!(static IS_DRAWING: Cell<bool> = const { Cell::new(false) });

/// Says that the board is being drawn, or no more.
pub(crate) fn set_drawing(is_on: bool) {
    IS_DRAWING.set(is_on);
}

/// Whether the board is being drawn: then a field loses the focus by no doing of the person.
pub(crate) fn is_drawing() -> bool {
    IS_DRAWING.get()
}

/// Where somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caret {
    draft: String,
    area: HtmlTextAreaElement,
    /// What is selected; at one place when nothing is.
    selected: (u32, u32),
}

impl Caret {
    /// Where somebody types now.
    pub(crate) fn here() -> Option<Self> {
        let area = dom::focused()?.dyn_into::<HtmlTextAreaElement>().ok()?;
        let draft = area.get_attribute(DRAFT)?;
        let selected = (area.selection_start().ok()??, area.selection_end().ok()??);
        Some(Self { draft, area, selected })
    }

    /// Goes on there if the field has lost the focus or was made anew, and is there at all.
    pub(crate) fn put_back(&self) {
        let area = if self.area.is_connected() { Some(self.area.clone()) } else { self.made_anew() };
        let Some(area) = area else { return };
        let has_focus = dom::focused().is_some_and(|focused| focused == *area);
        if has_focus && area == self.area {
            return;
        }
        focus_quietly(&area);
        if let Err(error) = area.set_selection_range(self.selected.0, self.selected.1) {
            crate::core::log(&format!("{error:?}"));
        }
    }

    fn made_anew(&self) -> Option<HtmlTextAreaElement> {
        let body = web_sys::window()?.document()?.body()?;
        let mut areas = dom::all(&body, "textarea[data-draft]").into_iter();
        let area = areas.find(|area| area.get_attribute(DRAFT).as_deref() == Some(&self.draft))?;
        area.dyn_into().ok()
    }
}
