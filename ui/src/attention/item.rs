//! One thing that needs attention.

use gloo_timers::callback::Timeout;
use roost_board::Timestamp;
use roost_bridge::command::{DiscardAttention, RetryAttention};
use roost_bridge::{AttentionItem, Command, CommandError};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::words::{can_retry, text, what, why};
use crate::clock::ago;
use crate::components::{Button, ButtonKind};
use crate::core;
use crate::dom;
use crate::words::sentence;

/// How long a button says that the text was copied, in milliseconds.
const COPIED: u32 = 2_000;

/// How an [`AttentionEntry`] is drawn.
#[derive(Properties, PartialEq)]
pub struct AttentionEntryProps {
    /// What it is.
    pub item: AttentionItem,
    /// The time, to tell how long ago it was.
    pub now: Timestamp,
}

/// One thing that needs attention, and what can be done about it.
#[component]
pub fn AttentionEntry(props: &AttentionEntryProps) -> Html {
    let item = &props.item;
    let id = item.id;
    let (is_busy, error) = (use_state_eq(|| false), use_state_eq(|| None::<AttrValue>));
    let (retry, discard) =
        (use_ask(RetryAttention { id }, &is_busy, &error), use_ask(DiscardAttention { id }, &is_busy, &error));
    let heading = dom::use_id();
    html! {
        <li class="attention-item" aria-labelledby={heading.clone()} data-testid="attention-item" data-op-id={id.to_string()}>
            <h3 id={heading} class="attention-item__what">{ what(item) }</h3>
            <p class="attention-item__where">
                <span class="truncate">{ &item.board_name }</span>
                { " · " }
                <time datetime={item.at.to_string()}>{ ago(item.at, props.now) }</time>
            </p>
            <p class="attention-item__why" role="status">
                { (*error).clone().unwrap_or_else(|| why(item).into()) }
            </p>
            if let Some(text) = text(item) {
                <TextToCopy text={text.to_owned()} />
            }
            <div class="attention-item__actions">
                if can_retry(item) {
                    <Button busy={*is_busy} onclick={retry} testid="attention-retry">{ "Try again" }</Button>
                }
                <Button kind={ButtonKind::Quiet} onclick={discard} testid="attention-discard">{ "Discard" }</Button>
            </div>
        </li>
    }
}

/// Asks the core for something about an item; what it refuses is said beside the item.
#[hook]
fn use_ask<C: Command<Reply = ()> + Clone + 'static>(
    command: C,
    is_busy: &UseStateHandle<bool>,
    error: &UseStateHandle<Option<AttrValue>>,
) -> Callback<MouseEvent> {
    let (is_busy, error) = (is_busy.clone(), error.clone());
    Callback::from(move |_| {
        if *is_busy {
            return;
        }
        is_busy.set(true);
        let (command, is_busy, error) = (command.clone(), is_busy.clone(), error.clone());
        spawn_local(async move {
            let answer: Result<(), CommandError> = core::call(command).await;
            error.set(answer.err().map(|refusal| format!("Not possible now. {}", sentence(&refusal.message)).into()));
            is_busy.set(false);
        });
    })
}

#[derive(Properties, PartialEq)]
struct TextToCopyProps {
    text: AttrValue,
}

/// A text that was typed. It can be selected, and copied by a button.
#[component]
fn TextToCopy(props: &TextToCopyProps) -> Html {
    let area = use_node_ref();
    let said = use_state_eq(|| None::<&'static str>);
    let timer = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let (area, said) = (area.clone(), said.clone());
        move |_: MouseEvent| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            said.set(Some(if dom::copy(&area) { "Copied" } else { "Press Ctrl+C" }));
            let said = said.clone();
            timer.replace(Some(Timeout::new(COPIED, move || said.set(None))));
        }
    };
    // Enough to recognise it; the rest can be scrolled to.
    let rows = props.text.lines().map(|line| line.chars().count().div_ceil(60).max(1)).sum::<usize>().clamp(1, 6);
    html! {
        <div class="attention-text">
            <textarea
                ref={area} class="attention-text__area" readonly=true rows={rows.to_string()} aria-label="The text"
                data-testid="attention-text" value={&props.text}
            />
            <Button kind={ButtonKind::Quiet} {onclick} testid="attention-copy">{ said.unwrap_or("Copy") }</Button>
        </div>
    }
}
