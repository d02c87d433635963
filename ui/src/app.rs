//! Which page is shown.

use roost_bridge::command::Ready;
use roost_bridge::{Account, Session, TokenKeeping};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::attention::AttentionPanel;
use crate::board::BoardPage;
use crate::components::Toaster;
use crate::core;
use crate::pages::{Boards, Connect, SignIn, StartFailed, Starting};
use crate::state::{Loading, Navigation, Route, StateProvider, use_attention, use_session, use_start, use_toasts};

/// The whole interface.
#[component]
pub fn App() -> Html {
    html! {
        <StateProvider>
            <Page />
            <Toaster />
        </StateProvider>
    }
}

/// The page for who is signed in.
#[component]
fn Page() -> Html {
    let start = use_start();
    let session = use_session();
    // What was typed as an address is there again when somebody comes back to the choice of a server.
    let address = use_state_eq(String::new);

    let was_ready = use_mut_ref(|| false);
    use_effect_with(start.loading != Loading::Waiting, move |is_drawn| {
        if *is_drawn && !was_ready.replace(true) {
            spawn_local(async {
                if let Err(error) = core::call(Ready {}).await {
                    core::log(&error.message);
                }
            });
        }
    });

    match (&start.loading, session.get()) {
        (Loading::Waiting, _) => html! { <Starting /> },
        (Loading::Failed(error), _) => html! { <StartFailed error={error.clone()} on_retry={start.retry.clone()} /> },
        (Loading::Loaded, Session::Unconnected) => {
            let oninput = {
                let address = address.setter();
                move |text| address.set(text)
            };
            html! { <Connect address={(*address).clone()} {oninput} /> }
        }
        (Loading::Loaded, Session::SignedOut { server, reason }) => {
            html! { <SignIn key={server.address.clone()} server={server.clone()} reason={*reason} /> }
        }
        (Loading::Loaded, Session::SignedIn { account }) => {
            html! { <SignedIn key={account.user.id.to_string()} account={account.clone()} /> }
        }
    }
}

#[derive(Properties, PartialEq)]
struct SignedInProps {
    account: Account,
}

/// The pages of somebody who is signed in. Another person starts at the beginning again.
#[component]
fn SignedIn(props: &SignedInProps) -> Html {
    let (toasts, start, attention) = (use_toasts(), use_start(), use_attention());
    // The app starts where the person left.
    let route = use_state_eq(|| start.last_board.map_or_else(Route::default, Route::Board));
    let go = use_callback((), {
        let route = route.setter();
        move |to: Route, ()| route.set(to)
    });
    let on_back = use_callback(go.clone(), |(), go| go.emit(Route::Boards));
    let came_from = use_mut_ref(|| None);
    use_effect_with(props.account.token, move |token| match token {
        TokenKeeping::ThisRun => toasts.notice(
            "You are signed in until Roost closes. To stay signed in, this system needs a keyring such as \
             GNOME Keyring or KWallet.",
        ),
        TokenKeeping::Keyring | TokenKeeping::NotNeeded => {}
    });
    html! {
        <ContextProvider<Navigation> context={Navigation::new(*route, go)}>
            { match *route {
                Route::Boards => html! { <Boards me={props.account.user.clone()} came_from={*came_from.borrow()} /> },
                Route::Board(board_id) => {
                    came_from.replace(Some(board_id));
                    html! { <BoardPage key={board_id.to_string()} {board_id} me={props.account.user.clone()} {on_back} /> }
                }
            } }
            if attention.is_open() {
                <AttentionPanel />
            }
        </ContextProvider<Navigation>>
    }
}
