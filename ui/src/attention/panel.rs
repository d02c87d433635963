//! The list of what needs attention.

use gloo_timers::callback::Timeout;
use roost_bridge::command::DiscardAttention;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::item::AttentionEntry;
use crate::clock::use_now;
use crate::components::{Button, ButtonKind, Dialog, IconButton, IconName};
use crate::core;
use crate::dom;
use crate::state::{use_attention, use_toasts};
use crate::words::count;

/// How many items are shown at first, and how many more each time.
const PAGE: usize = 30;

/// The list of what needs attention. It closes itself when nothing does any more.
#[component]
pub fn AttentionPanel() -> Html {
    let (attention, now, id, list) = (use_attention(), use_now(), dom::use_id(), use_node_ref());
    let items = attention.items().clone();
    use_effect_with(items.is_empty(), {
        let attention = attention.clone();
        move |is_empty| {
            if *is_empty {
                attention.close();
            }
        }
    });
    let toasts = use_toasts();
    use_effect_with(items.len(), move |_| toasts.dismiss_calls());
    use_focus_kept(&list, items.len());
    use_focus_given_back();
    let n_shown = use_state_eq(|| PAGE);
    let n_hidden = items.len().saturating_sub(*n_shown);
    let on_more = {
        let n_shown = n_shown.clone();
        move |_: MouseEvent| n_shown.set(*n_shown + PAGE)
    };
    let on_close = {
        let attention = attention.clone();
        Callback::from(move |()| attention.close())
    };
    html! {
        <Dialog labelled_by={id.clone()} on_close={&on_close} class="attention-panel" testid="attention-panel">
            <header class="board-dialog__head">
                <h2 {id} class="board-dialog__title">{ "Needs your attention" }</h2>
                <IconButton icon={IconName::Close} label="Close" onclick={on_close.reform(|_| ())} testid="attention-close" />
            </header>
            <p class="attention-panel__words">
                { "These could not be done, and nothing of them is lost." }
            </p>
            <ul ref={list} class="attention-list" role="list">
                { for items.iter().take(*n_shown).map(|item| html! {
                    <AttentionEntry key={item.id.to_string()} item={item.clone()} {now} />
                }) }
            </ul>
            if items.len() > 1 {
                <footer class="attention-panel__foot">
                    if n_hidden > 0 {
                        <Button kind={ButtonKind::Quiet} onclick={on_more} testid="attention-more">
                            { format!("Show more of {n_hidden}") }
                        </Button>
                    }
                    <DiscardAll />
                </footer>
            }
        </Dialog>
    }
}

/// When what had the focus has gone with its item, the item that took its place has it.
#[hook]
fn use_focus_kept(list: &NodeRef, n_items: usize) {
    let was_at = use_mut_ref(|| None::<usize>);
    // Where the focus is before this is drawn.
    let here = list.cast::<Element>().and_then(|list| {
        let focused = dom::focused()?;
        dom::all(&list, ".attention-item").iter().position(|item| item.contains(Some(&focused)))
    });
    was_at.replace(here);
    use_effect_with(n_items, {
        let list = list.clone();
        move |_| {
            let Some((index, list)) = was_at.borrow().zip(list.cast::<Element>()) else { return };
            if dom::focused().is_some_and(|focused| list.contains(Some(&focused))) {
                return;
            }
            let items = dom::all(&list, ".attention-item");
            let item = items.get(index).or(items.last());
            if let Some(button) = item.and_then(|item| dom::focusable(item).into_iter().next_back()) {
                dom::focus(&button);
            } else if let Some(panel) = list.closest(".dialog").ok().flatten() {
                focus_element(panel);
            }
        }
    });
}

/// When the button that has opened the list has gone with what it counted, the focus is in the header all the same.
#[hook]
fn use_focus_given_back() {
    use_effect_with((), |()| {
        || {
            // After the dialog has tried to give it back.
            Timeout::new(0, || {
                let document = web_sys::window().and_then(|window| window.document());
                let is_lost = dom::focused().is_none_or(|focused| focused.tag_name() == "BODY");
                if is_lost
                    && let Some(me) = document.and_then(|document| document.query_selector(".header__me").ok()?)
                {
                    focus_element(me);
                }
            })
            .forget();
        }
    });
}

fn focus_element(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        dom::focus(&element);
    }
}

/// Lets go of everything, after it was asked twice: the texts would be gone.
#[component]
fn DiscardAll() -> Html {
    let (attention, toasts) = (use_attention(), use_toasts());
    let (is_asked, is_busy) = (use_state_eq(|| false), use_state_eq(|| false));
    let n_items = attention.items().len();
    let onclick = {
        let (is_asked, is_busy) = (is_asked.clone(), is_busy.clone());
        move |_: MouseEvent| {
            if !*is_asked {
                is_asked.set(true);
                return;
            }
            is_busy.set(true);
            let ids: Vec<_> = attention.items().iter().map(|item| item.id).collect();
            let (toasts, is_busy) = (toasts.clone(), is_busy.clone());
            spawn_local(async move {
                for id in ids {
                    if let Err(error) = core::call(DiscardAttention { id }).await {
                        toasts.refused(&error);
                        break;
                    }
                }
                is_busy.set(false);
            });
        }
    };
    let onblur = {
        let is_asked = is_asked.clone();
        move |_: FocusEvent| is_asked.set(false)
    };
    let (kind, words) = if *is_asked {
        (ButtonKind::Danger, format!("Discard {} for good", count(n_items, "change")))
    } else {
        (ButtonKind::Quiet, "Discard all".to_owned())
    };
    html! {
        <span {onblur}>
            <Button {kind} busy={*is_busy} testid="attention-discard-all" {onclick}>{ words }</Button>
        </span>
    }
}
