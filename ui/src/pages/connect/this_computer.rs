//! The place that needs nothing: the bundled server.

use roost_bridge::command::ConnectLocal;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{Icon, IconName};
use crate::core;
use crate::state::{use_session, use_toasts};

/// How [`ThisComputer`] is drawn.
#[derive(Properties, PartialEq)]
pub struct ThisComputerProps {
    /// Whether nothing else is under way.
    pub can_start: bool,
    /// It is under way, or no longer.
    pub on_busy: Callback<bool>,
}

/// A press opens the boards of this computer.
#[component]
pub fn ThisComputer(props: &ThisComputerProps) -> Html {
    let session = use_session();
    let toasts = use_toasts();
    let is_busy = use_state_eq(|| false);
    let onclick = {
        let (can_start, on_busy, is_busy) = (props.can_start, props.on_busy.clone(), is_busy.clone());
        move |_| {
            if !can_start {
                return;
            }
            is_busy.set(true);
            on_busy.emit(true);
            let (session, toasts) = (session.clone(), toasts.clone());
            let (is_busy, on_busy) = (is_busy.clone(), on_busy.clone());
            spawn_local(async move {
                match core::call(ConnectLocal {}).await {
                    Ok(new) => session.set(new),
                    Err(error) => toasts.refused(&error),
                }
                is_busy.set(false);
                on_busy.emit(false);
            });
        }
    };
    html! {
        <button
            type="button"
            class="place place--first"
            aria-busy={is_busy.then_some("true")}
            data-testid="connect-local"
            {onclick}
        >
            <span class="place__icon"><Icon name={IconName::Laptop} size={18} /></span>
            <span class="place__words">
                <span class="place__name">{ "This computer" }</span>
                <span class="place__text">{ "Nothing to set up. Needs no network." }</span>
            </span>
            <span class="place__end">
                if *is_busy {
                    <span class="spinner" aria-hidden="true"></span>
                } else {
                    <Icon name={IconName::ArrowRight} />
                }
            </span>
        </button>
    }
}
