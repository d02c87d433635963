//! A window in the window: it has the focus until it is closed, and gives it back then.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::dom;

/// How a [`Dialog`] is drawn.
#[derive(Properties, PartialEq)]
pub struct DialogProps {
    /// The id of the heading inside, which names the dialog.
    pub labelled_by: AttrValue,
    /// Esc, or a press beside the dialog.
    pub on_close: Callback<()>,
    /// What is inside. The element with the attribute `data-autofocus` gets the focus first, else the dialog.
    pub children: Html,
    /// More classes for the panel, for its size and inner shape.
    #[prop_or_default]
    pub class: Classes,
    /// A name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// A window in the window.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let panel = use_node_ref();
    use_effect_with((), {
        let panel = panel.clone();
        move |()| {
            let before = dom::focused();
            if let Some(panel) = panel.cast::<HtmlElement>() {
                let first = dom::all(&panel, "[data-autofocus]").into_iter().next();
                dom::focus(&first.unwrap_or(panel));
            }
            move || {
                if let Some(before) = before {
                    dom::focus(&before);
                }
            }
        }
    });

    let onkeydown = {
        let (panel, on_close) = (panel.clone(), props.on_close.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            // Esc in an input method ends the composition, not the dialog.
            "Escape" if !event.is_composing() && !event.default_prevented() => {
                event.prevent_default();
                event.stop_propagation();
                on_close.emit(());
            }
            "Tab" => {
                if let Some(panel) = panel.cast::<Element>() {
                    keep_focus_inside(&panel, &event);
                }
            }
            _ => {}
        }
    };
    // A press that begins inside and ends outside, as when text is selected, is no press beside the dialog.
    let onpointerdown = {
        let (panel, on_close) = (panel.clone(), props.on_close.clone());
        move |event: PointerEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_inside = panel.get().zip(target).is_none_or(|(panel, target)| panel.contains(Some(&target)));
            let is_on_ground =
                event.target_dyn_into::<Element>().is_some_and(|it| it.has_attribute("data-dialog-ground"));
            if is_on_ground && !is_inside {
                event.prevent_default();
                on_close.emit(());
            }
        }
    };

    let Some(body) = web_sys::window().and_then(|window| window.document()?.body()) else { return html! {} };
    create_portal(
        html! {
            <div class="dialog-ground" data-dialog-ground="" {onpointerdown}>
                <div
                    ref={panel}
                    class={classes!("dialog", props.class.clone())}
                    role="dialog"
                    aria-modal="true"
                    aria-labelledby={&props.labelled_by}
                    tabindex="-1"
                    data-testid={props.testid.clone()}
                    {onkeydown}
                >
                    { props.children.clone() }
                </div>
            </div>
        },
        body.into(),
    )
}

/// Lets the Tab key go round inside of `panel`.
fn keep_focus_inside(panel: &Element, event: &KeyboardEvent) {
    let elements = dom::focusable(panel);
    let (Some(first), Some(last)) = (elements.first(), elements.last()) else {
        event.prevent_default();
        return;
    };
    let current = dom::focused();
    let is_at = |element: &HtmlElement| current.as_ref() == Some(element);
    let is_outside = current.as_ref().is_none_or(|current| !panel.contains(Some(current)));
    let target = if event.shift_key() {
        (is_at(first) || is_outside || current.as_deref() == Some(panel)).then_some(last)
    } else {
        (is_at(last) || is_outside).then_some(first)
    };
    if let Some(target) = target {
        event.prevent_default();
        dom::focus(target);
    }
}
