//! Where the boards live: on this computer or on a server.

use roost_bridge::Session;
use roost_bridge::command::{ChooseServer, ConnectLocal};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::welcome::Welcome;
use crate::components::{Icon, IconName, TextField, TextKind};
use crate::core;
use crate::dom;
use crate::state::{use_session, use_toasts};
use crate::words::sentence;

/// How the page is drawn.
#[derive(Properties, PartialEq)]
pub struct ConnectProps {
    /// The address, as far as it was typed.
    pub address: String,
    /// The address is typed.
    pub oninput: Callback<String>,
}

/// What is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Busy {
    No,
    Local,
    Server,
}

/// The choice of a place for the boards.
#[component]
pub fn Connect(props: &ConnectProps) -> Html {
    let session = use_session();
    let toasts = use_toasts();
    let busy = use_state_eq(|| Busy::No);
    let error = use_state_eq(|| None::<AttrValue>);
    let field = use_node_ref();

    let on_local = {
        let (session, toasts, busy) = (session.clone(), toasts, busy.clone());
        move |_| {
            if *busy != Busy::No {
                return;
            }
            busy.set(Busy::Local);
            let (session, toasts, busy) = (session.clone(), toasts.clone(), busy.clone());
            spawn_local(async move {
                match core::call(ConnectLocal {}).await {
                    Ok(new) => session.set(new),
                    Err(error) => toasts.refused(&error),
                }
                busy.set(Busy::No);
            });
        }
    };
    let onsubmit = {
        let (busy, error, field, address) = (busy.clone(), error.clone(), field.clone(), props.address.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if *busy != Busy::No {
                return;
            }
            dom::focus_ref(&field);
            if address.trim().is_empty() {
                error.set(Some("Type the address of your team’s server.".into()));
                return;
            }
            busy.set(Busy::Server);
            error.set(None);
            let (session, busy, error, address) = (session.clone(), busy.clone(), error.clone(), address.clone());
            spawn_local(async move {
                match core::call(ChooseServer { address }).await {
                    Ok(server) => session.set(Session::SignedOut { server, reason: None }),
                    Err(refusal) => error.set(Some(sentence(&refusal.message).into())),
                }
                busy.set(Busy::No);
            });
        }
    };
    let oninput = {
        let (error, oninput) = (error.clone(), props.oninput.clone());
        move |text| {
            error.set(None);
            oninput.emit(text);
        }
    };
    let on_server = {
        let field = field.clone();
        move |_| dom::focus_ref(&field)
    };
    html! {
        <Welcome>
            <h1 class="welcome__title">{ "Where do your boards live?" }</h1>
            <p class="welcome__text">{ "You can choose again at any time. Boards stay where they are." }</p>
            <button type="button" class="place place--first" data-testid="connect-local" onclick={on_local}
                aria-busy={(*busy == Busy::Local).then_some("true")}>
                <span class="place__icon"><Icon name={IconName::Laptop} size={18} /></span>
                <span class="place__words">
                    <span class="place__name">{ "This computer" }</span>
                    <span class="place__text">{ "Nothing to set up. Needs no network." }</span>
                </span>
                <span class="place__end">{ end(*busy == Busy::Local) }</span>
            </button>
            <form class="place-form" novalidate=true {onsubmit}>
                <button type="button" class="place" tabindex="-1" onclick={on_server}>
                    <span class="place__icon"><Icon name={IconName::Server} size={18} /></span>
                    <span class="place__words">
                        <span class="place__name">{ "A server" }</span>
                        <span class="place__text">{ "Your team’s address, then sign in or sign up." }</span>
                    </span>
                </button>
                <TextField
                    label="Address of the server"
                    hide_label=true
                    kind={TextKind::Address}
                    placeholder="https://roost.example.org"
                    value={props.address.clone()}
                    errors={(*error).clone().into_iter().collect::<Vec<_>>()}
                    testid="server-address"
                    node_ref={field}
                    end={go(*busy == Busy::Server, !props.address.trim().is_empty())}
                    {oninput}
                />
            </form>
        </Welcome>
    }
}

/// The end of a place: an arrow, or a sign that it is on its way.
fn end(is_busy: bool) -> Html {
    if is_busy {
        html! { <span class="spinner" aria-hidden="true"></span> }
    } else {
        html! { <Icon name={IconName::ArrowRight} /> }
    }
}

/// The end of the address field: the key that goes on.
fn go(is_busy: bool, is_ready: bool) -> Html {
    html! {
        <button
            type="submit"
            class={classes!("place-form__go", is_ready.then_some("place-form__go--ready"))}
            aria-label="Connect"
            title="Connect"
            aria-busy={is_busy.then_some("true")}
            data-testid="server-connect"
        >
            { if is_busy { end(true) } else { html! { <Icon name={IconName::Return} size={14} /> } } }
        </button>
    }
}
