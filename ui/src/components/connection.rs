//! How the connection stands, in the header.

use gloo_timers::callback::Timeout;
use roost_bridge::command::Reconnect;
use roost_bridge::{ConnectionPhase, ConnectionState};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{Icon, IconName};
use crate::core;
use crate::state::{use_connection, use_toasts};

/// How long changes may wait on a live connection before that is said, in milliseconds.
const LONG: u32 = 3_000;

/// How the connection stands: quiet when all is well, with a way to try again when it is not.
#[component]
pub fn ConnectionStatus() -> Html {
    let connection = use_connection();
    let toasts = use_toasts();
    let reconnect = Callback::from(move |_: MouseEvent| {
        let toasts = toasts.clone();
        spawn_local(async move {
            if let Err(error) = core::call(Reconnect {}).await {
                toasts.refused(&error);
            }
        });
    });
    let takes_long = use_takes_long(connection);
    let text = html! { <span class="connection__text" data-testid="status">{ words(connection, takes_long) }</span> };
    let content = match connection.phase {
        ConnectionPhase::Closed => html! {},
        ConnectionPhase::Connecting => html! {
            <span class="connection"><span class="connection__dot connection__dot--connecting"></span>{ text }</span>
        },
        ConnectionPhase::Live => html! {
            <span class="connection"><span class="connection__dot"></span>{ text }</span>
        },
        ConnectionPhase::Offline => html! {
            <span class="connection connection--offline">
                <Icon name={IconName::CloudOff} />
                { text }
                <button type="button" class="connection__retry" data-testid="reconnect" onclick={reconnect}>
                    { "Try now" }
                </button>
            </span>
        },
    };
    html! { <div class="connection-slot" role="status" data-testid="connection">{ content }</div> }
}

/// Whether changes wait for long though the connection is live: the server may have trouble of its own.
#[hook]
fn use_takes_long(connection: ConnectionState) -> bool {
    let takes_long = use_state_eq(|| false);
    let waits = connection.phase == ConnectionPhase::Live && connection.n_waiting > 0;
    use_effect_with(waits, {
        let takes_long = takes_long.setter();
        move |waits| {
            takes_long.set(false);
            let timer = waits.then(|| Timeout::new(LONG, move || takes_long.set(true)));
            move || drop(timer)
        }
    });
    waits && *takes_long
}

/// The state in words, with what waits to be sent.
fn words(connection: ConnectionState, takes_long: bool) -> String {
    let phase = match connection.phase {
        ConnectionPhase::Closed => "",
        ConnectionPhase::Connecting => "Connecting",
        ConnectionPhase::Live => "Live",
        ConnectionPhase::Offline => "Offline",
    };
    // On a live connection a change waits for milliseconds as a rule: not worth a word.
    let is_quiet = connection.phase == ConnectionPhase::Live && !takes_long;
    let n_waiting = if is_quiet { 0 } else { connection.n_waiting };
    match n_waiting {
        0 => phase.to_owned(),
        1 => format!("{phase} · 1 change waiting"),
        n => format!("{phase} · {n} changes waiting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_when_it_has_to_wait() {
        for (phase, n_waiting, takes_long, expected) in [
            (ConnectionPhase::Live, 2, false, "Live"),
            (ConnectionPhase::Live, 2, true, "Live · 2 changes waiting"),
            (ConnectionPhase::Connecting, 0, false, "Connecting"),
            (ConnectionPhase::Connecting, 3, false, "Connecting · 3 changes waiting"),
            (ConnectionPhase::Offline, 0, false, "Offline"),
            (ConnectionPhase::Offline, 1, false, "Offline · 1 change waiting"),
            (ConnectionPhase::Offline, 3, false, "Offline · 3 changes waiting"),
        ] {
            assert_eq!(words(ConnectionState { phase, n_waiting }, takes_long), expected);
        }
    }
}
