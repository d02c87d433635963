//! The place that others share: a server, by its address.

use roost_bridge::Session;
use roost_bridge::command::ChooseServer;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{Icon, IconName, TextField, TextKind};
use crate::core;
use crate::dom;
use crate::state::use_session;
use crate::words::sentence;

/// How [`Server`] is drawn.
#[derive(Properties, PartialEq)]
pub struct ServerProps {
    /// The address, as far as it was typed.
    pub address: String,
    /// The address is typed.
    pub oninput: Callback<String>,
    /// Whether nothing else is under way.
    pub can_start: bool,
    /// It is under way, or no longer.
    pub on_busy: Callback<bool>,
}

/// The address of a server, and what is wrong with it.
#[component]
pub fn Server(props: &ServerProps) -> Html {
    let error = use_state_eq(|| None::<AttrValue>);
    let is_busy = use_state_eq(|| false);
    let field = use_node_ref();
    let onsubmit = use_choose(props, &error, &is_busy, &field);
    let oninput = {
        let (error, oninput) = (error.clone(), props.oninput.clone());
        move |text| {
            error.set(None);
            oninput.emit(text);
        }
    };
    let onclick = {
        let field = field.clone();
        move |_| dom::focus_ref(&field)
    };
    html! {
        <form class="place-form" novalidate=true {onsubmit}>
            <button type="button" class="place" tabindex="-1" {onclick}>
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
                end={go(*is_busy, !props.address.trim().is_empty())}
                {oninput}
            />
        </form>
    }
}

/// What sending the form does: the core looks whether a Roost server answers there.
#[hook]
fn use_choose(
    props: &ServerProps,
    error: &UseStateHandle<Option<AttrValue>>,
    is_busy: &UseStateHandle<bool>,
    field: &NodeRef,
) -> Callback<SubmitEvent> {
    let session = use_session();
    let (can_start, on_busy, address) = (props.can_start, props.on_busy.clone(), props.address.clone());
    let (error, is_busy, field) = (error.clone(), is_busy.clone(), field.clone());
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        if !can_start {
            return;
        }
        dom::focus_ref(&field);
        if address.trim().is_empty() {
            error.set(Some("Type the address of your team’s server.".into()));
            return;
        }
        error.set(None);
        is_busy.set(true);
        on_busy.emit(true);
        let (session, address) = (session.clone(), address.clone());
        let (error, is_busy, on_busy) = (error.clone(), is_busy.clone(), on_busy.clone());
        spawn_local(async move {
            match core::call(ChooseServer { address }).await {
                Ok(server) => session.set(Session::SignedOut { server, reason: None }),
                Err(refusal) => error.set(Some(sentence(&refusal.message).into())),
            }
            is_busy.set(false);
            on_busy.emit(false);
        });
    })
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
            if is_busy {
                <span class="spinner" aria-hidden="true"></span>
            } else {
                <Icon name={IconName::Return} size={14} />
            }
        </button>
    }
}
