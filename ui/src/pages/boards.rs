//! All boards of a person.

use yew::prelude::*;

use crate::components::Header;

/// The page of boards.
#[component]
pub fn Boards() -> Html {
    html! { <Header><h1 class="header__title">{ "Boards" }</h1></Header> }
}
