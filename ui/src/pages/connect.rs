//! Where the boards live: on this computer or on a server.

mod server;
mod this_computer;

use yew::prelude::*;

use super::welcome::Welcome;
use server::Server;
use this_computer::ThisComputer;

/// How the page is drawn.
#[derive(Properties, PartialEq)]
pub struct ConnectProps {
    /// The address, as far as it was typed.
    pub address: String,
    /// The address is typed.
    pub oninput: Callback<String>,
}

/// The choice of a place for the boards.
#[component]
pub fn Connect(props: &ConnectProps) -> Html {
    // One thing at a time: while one place is connected to, the other one waits.
    let is_busy = use_state_eq(|| false);
    let on_busy = {
        let is_busy = is_busy.setter();
        Callback::from(move |is_on| is_busy.set(is_on))
    };
    html! {
        <Welcome>
            <h1 class="welcome__title">{ "Where do your boards live?" }</h1>
            <p class="welcome__text">{ "You can choose again at any time. Boards stay where they are." }</p>
            <ThisComputer can_start={!*is_busy} on_busy={on_busy.clone()} />
            <Server
                address={props.address.clone()}
                oninput={props.oninput.clone()}
                can_start={!*is_busy}
                {on_busy}
            />
        </Welcome>
    }
}
