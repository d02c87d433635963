//! What a menu holds.

use std::rc::Rc;

use yew::prelude::*;

use super::MenuClose;
use crate::components::{Icon, IconName};

/// How a [`MenuItem`] is drawn and what it does.
#[derive(Properties, PartialEq)]
pub struct MenuItemProps {
    /// What it says.
    pub children: Html,
    /// What it does. The menu is closed and has given the focus back before.
    pub onselect: Callback<()>,
    /// A picture before the words.
    #[prop_or_default]
    pub icon: Option<IconName>,
    /// Whether it is the chosen one, in a group of which one is chosen.
    #[prop_or_default]
    pub checked: Option<bool>,
    /// Whether it takes something away.
    #[prop_or_default]
    pub danger: bool,
    /// The key that does the same.
    #[prop_or_default]
    pub shortcut: Option<AttrValue>,
    /// Whether it can not be used now.
    #[prop_or_default]
    pub disabled: bool,
    /// A name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// An item of a [`Menu`](super::Menu).
#[component]
pub fn MenuItem(props: &MenuItemProps) -> Html {
    let close = use_context::<Rc<MenuClose>>();
    let onclick = {
        let onselect = props.onselect.clone();
        move |_| {
            if let Some(close) = &close {
                close.0.emit(());
            }
            onselect.emit(());
        }
    };
    html! {
        <button
            type="button"
            role={if props.checked.is_some() { "menuitemradio" } else { "menuitem" }}
            aria-checked={props.checked.map(|is_on| if is_on { "true" } else { "false" })}
            class={classes!("menu__item", props.danger.then_some("menu__item--danger"))}
            tabindex="-1"
            disabled={props.disabled}
            data-testid={props.testid.clone()}
            {onclick}
        >
            if let Some(name) = props.icon {
                <Icon {name} />
            }
            <span class="menu__text">{ props.children.clone() }</span>
            if props.checked == Some(true) {
                <Icon name={IconName::Check} />
            }
            if let Some(shortcut) = &props.shortcut {
                <kbd class="kbd">{ shortcut }</kbd>
            }
        </button>
    }
}

/// A line between groups of items.
#[component]
pub fn MenuSeparator() -> Html {
    html! { <div class="menu__separator" role="separator"></div> }
}
