//! The text in a text area and its draft.

use roost_bridge::DraftKey;
use web_sys::{Element, FocusEvent, HtmlTextAreaElement};
use yew::prelude::*;

use super::super::elements::{closest, set_attribute, set_style};
use crate::dom;
use crate::state::{DraftHandle, use_draft};

/// The text in a text area and its draft. What is typed belongs to the element alone: nothing that arrives meanwhile
/// changes it or moves the caret.
#[derive(Clone, PartialEq)]
pub(crate) struct Typed {
    /// The element.
    pub(crate) area: NodeRef,
    draft: DraftHandle,
    /// What the text was before it was edited.
    value: AttrValue,
    was_kept: bool,
}

/// The attribute of a text in which nothing was typed since it was shown.
const UNTYPED: &str = "data-untyped";

/// What a text area has the focus for as soon as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    /// It has not.
    None,
    /// To go on typing.
    Caret,
    /// To type something else, unless there is a draft to go on with.
    All,
}

/// The text in a text area, which is its draft if there is one, else `value`. A growing `n_refused` says that a refused
/// text may have gone back to the draft, which is then shown.
#[hook]
pub(crate) fn use_typed(key: DraftKey, value: AttrValue, focus: Focus, n_refused: u32) -> Typed {
    let draft = use_draft(key);
    let area = use_node_ref();
    let was_kept = *use_memo((), |()| !draft.text().is_empty());
    let typed = Typed { area, draft, value, was_kept };
    use_effect_with((), {
        let typed = typed.clone();
        move |()| typed.begin(focus)
    });
    use_effect_with(n_refused, {
        let typed = typed.clone();
        move |_| {
            let kept = typed.draft.text();
            if !kept.is_empty() && kept != typed.text() {
                typed.show(&kept);
            }
        }
    });
    typed
}

impl Typed {
    fn begin(&self, focus: Focus) {
        let kept = self.draft.text();
        self.show(if kept.is_empty() { &self.value } else { &kept });
        let Some(area) = self.element() else { return };
        match focus {
            Focus::None => {}
            Focus::Caret => dom::focus(&area),
            Focus::All => {
                dom::focus(&area);
                if kept.is_empty() {
                    area.select();
                }
            }
        }
    }

    fn element(&self) -> Option<HtmlTextAreaElement> {
        self.area.cast()
    }

    /// What is typed.
    pub(crate) fn text(&self) -> String {
        self.element().map(|area| area.value()).unwrap_or_default()
    }

    fn show(&self, text: &str) {
        if let Some(area) = self.element() {
            area.set_value(text);
            set_attribute(&area, UNTYPED, true);
            self.fit();
        }
    }

    /// Makes the text area as tall as its text.
    fn fit(&self) {
        if let Some(area) = self.element() {
            set_style(&area, "height", "auto");
            // Without its border it would be too low by that, and show a scrollbar for a moment.
            let border = area.offset_height() - area.client_height();
            set_style(&area, "height", &format!("{}px", area.scroll_height() + border));
        }
    }

    /// Keeps what is typed.
    pub(crate) fn keep(&self) {
        if let Some(area) = self.element() {
            set_attribute(&area, UNTYPED, false);
        }
        let text = self.text();
        self.draft.set(if text == *self.value { "" } else { &text });
        self.fit();
    }

    /// What was typed has become a change. Called before that change is made: a refusal puts the text back.
    pub(crate) fn done(&self) {
        self.draft.done();
    }

    /// Begins anew, with nothing.
    pub(crate) fn begin_anew(&self) {
        self.show("");
        if let Some(area) = self.element() {
            dom::focus(&area);
        }
    }

    /// Forgets what was typed.
    pub(crate) fn discard(&self) {
        self.draft.clear();
        self.show(&self.value);
    }

    /// Whether something is typed that is not a change yet.
    pub(crate) fn is_changed(&self) -> bool {
        !self.draft.text().is_empty()
    }

    /// Whether nothing was typed since the text was shown: the element has nothing to undo.
    pub(crate) fn is_untyped(&self) -> bool {
        self.element().is_some_and(|area| area.has_attribute(UNTYPED))
    }

    /// Whether what is typed is from before.
    pub(crate) fn is_from_before(&self) -> bool {
        self.was_kept && self.is_changed()
    }

    /// Whether a blur leaves the field: not when its own buttons get the focus, nor when another window comes in front.
    pub(crate) fn is_left_by(&self, event: &FocusEvent, field: &str) -> bool {
        let is_in_front = web_sys::window().and_then(|window| window.document()?.has_focus().ok());
        let own = self.area.cast::<Element>().and_then(|area| area.closest(field).ok()?);
        let stays = own.zip(closest(event.related_target(), field)).is_some_and(|(own, other)| own == other.into());
        is_in_front != Some(false) && !stays
    }
}
