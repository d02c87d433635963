//! The header of every page of a signed-in person.

use yew::prelude::*;

use super::Mark;
use super::account_menu::AccountMenu;
use super::connection::ConnectionStatus;
use crate::attention::AttentionButton;
use crate::state::{Route, use_navigation};

/// How the [`Header`] is drawn.
#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    /// Where the person is, after the mark: the end of the breadcrumb.
    pub children: Html,
    /// What can be done on this page, left of the connection's state.
    #[prop_or_default]
    pub actions: Html,
}

/// Where am I, who is here, how is the connection, and me.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let navigation = use_navigation();
    let is_home = navigation.route() == Route::Boards;
    let onclick = {
        let navigation = navigation.clone();
        move |_| navigation.go(Route::Boards)
    };
    html! {
        <header class="header">
            <nav class="header__where" aria-label="Where you are">
                if is_home {
                    <span class="header__mark"><Mark /></span>
                } else {
                    <button type="button" class="header__mark" aria-label="All boards" title="All boards" onclick={onclick.clone()}>
                        <Mark />
                    </button>
                    <button type="button" class="header__crumb" data-testid="back-to-boards" {onclick}>{ "Boards" }</button>
                    <span class="header__slash" aria-hidden="true">{ "/" }</span>
                }
                { props.children.clone() }
            </nav>
            <div class="header__actions">{ props.actions.clone() }</div>
            <AttentionButton />
            <ConnectionStatus />
            <AccountMenu />
        </header>
    }
}
