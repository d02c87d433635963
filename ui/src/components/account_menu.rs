//! Me: who is signed in and where, the theme, and the way out.

use roost_bridge::command::SignOut;
use roost_bridge::{Account, ConnectionPhase, ConnectionState, Place, Session, Theme, TokenKeeping};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{Avatar, IconName, Menu, MenuItem, MenuSeparator, Person};
use crate::core;
use crate::state::{use_connection, use_session, use_theme, use_toasts};

/// The themes in the order of the menu.
const THEMES: [(Theme, &str, IconName, &str); 3] = [
    (Theme::System, "As the system", IconName::System, "theme-system"),
    (Theme::Light, "Light", IconName::Sun, "theme-light"),
    (Theme::Dark, "Dark", IconName::Moon, "theme-dark"),
];

/// A face that opens the menu; nothing while nobody is signed in.
#[component]
pub fn AccountMenu() -> Html {
    let session = use_session();
    let theme = use_theme();
    let (toasts, connection) = (use_toasts(), use_connection());
    let Session::SignedIn { account } = session.get().clone() else { return html! {} };

    let sign_out = Callback::from(move |()| {
        let (session, toasts) = (session.clone(), toasts.clone());
        spawn_local(async move {
            match core::call(SignOut {}).await {
                Ok(new) => session.set(new),
                Err(error) => toasts.refused(&error),
            }
        });
    });
    let person = Person::from(&account.user);
    let trigger = html! { <Avatar person={person.clone()} named=false /> };
    let (leave, leave_icon) = match account.place {
        Place::ThisComputer => ("Use a server instead", IconName::Server),
        Place::Server { .. } => ("Sign out", IconName::SignOut),
    };
    html! {
        <Menu
            label={format!("Account of {}", person.name)}
            {trigger}
            trigger_class={classes!("header__me")}
            testid="account"
        >
            <div class="account">
                <Avatar {person} size={32} named=false />
                <div class="account__words">
                    <p class="account__name truncate">{ account.user.full_name() }</p>
                    { where_words(&account) }
                </div>
            </div>
            if account.token == TokenKeeping::ThisRun {
                <p class="menu__note">{ "Signed in until Roost closes: this system has no keyring in reach." }</p>
            }
            <MenuSeparator />
            <div role="group" aria-label="Theme">
                { for THEMES.map(|(choice, words, icon, testid)| {
                    let theme = theme.clone();
                    let checked = theme.get() == choice;
                    let onselect = Callback::from(move |()| theme.choose(choice));
                    html! { <MenuItem {icon} {checked} {onselect} {testid}>{ words }</MenuItem> }
                }) }
            </div>
            <MenuSeparator />
            if let Some(words) = stays_words(&account, connection) {
                <p class="menu__note">{ words }</p>
            }
            <MenuItem icon={leave_icon} onselect={sign_out} testid="sign-out">{ leave }</MenuItem>
        </Menu>
    }
}

/// What becomes of the changes that wait, for somebody who is about to sign out.
fn stays_words(account: &Account, connection: ConnectionState) -> Option<String> {
    if account.place == Place::ThisComputer || connection.phase == ConnectionPhase::Live {
        return None;
    }
    match connection.n_waiting {
        0 => None,
        1 => Some("1 change waits for the server. It stays here until you sign in again.".to_owned()),
        n => Some(format!("{n} changes wait for the server. They stay here until you sign in again.")),
    }
}

fn where_words(account: &Account) -> Html {
    match &account.place {
        Place::ThisComputer => html! { <p class="account__where">{ "On this computer" }</p> },
        Place::Server { server } => html! {
            <>
                <p class="account__where truncate" title={account.user.email.clone()}>{ &account.user.email }</p>
                <p class="account__where truncate" title={server.address.clone()}>{ &server.address }</p>
            </>
        },
    }
}
