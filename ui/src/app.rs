//! Which page is shown.

use roost_bridge::Session;
use yew::prelude::*;

use crate::board::BoardPage;
use crate::components::Toaster;
use crate::pages::Boards;
use crate::state::{Loading, Navigation, Route, StateProvider, use_session, use_start};

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

/// The page for who is signed in and where they are.
#[component]
fn Page() -> Html {
    let start = use_start();
    let session = use_session();
    let route = use_state_eq(Route::default);
    let go = use_callback((), {
        let route = route.setter();
        move |to: Route, ()| route.set(to)
    });
    if start.loading != Loading::Loaded {
        return html! {};
    }
    match session.get() {
        Session::Unconnected | Session::SignedOut { .. } => html! {},
        Session::SignedIn { account } => html! {
            <ContextProvider<Navigation> context={Navigation::new(*route, go.clone())}>
                { match *route {
                    Route::Boards => html! { <Boards /> },
                    Route::Board(board_id) => {
                        let on_back = Callback::from(move |()| go.emit(Route::Boards));
                        html! { <BoardPage key={board_id.to_string()} {board_id} me={account.user.clone()} {on_back} /> }
                    }
                } }
            </ContextProvider<Navigation>>
        },
    }
}
