//! A button that opens a menu.

mod item;
mod place;

use std::rc::Rc;

use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::dom;

pub use item::{MenuItem, MenuSeparator};
use place::Place;

/// How a [`Menu`] is drawn.
#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What the menu is, such as "List actions": the name of the button and of the menu.
    pub label: AttrValue,
    /// What the button shows.
    pub trigger: Html,
    /// The classes of the button.
    #[prop_or(classes!("icon-button"))]
    pub trigger_class: Classes,
    /// [`MenuItem`]s, [`MenuSeparator`]s, and what else belongs there.
    pub children: Html,
    /// A name for tests; the open menu is called the same with `-menu` after it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// Closes the menu that an item is in. Items find it in their context.
#[derive(Clone, PartialEq)]
struct MenuClose(Callback<()>);

/// A button that opens a menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let place = use_state_eq(|| None::<Place>);
    let button = use_node_ref();
    let menu_id = dom::use_id();

    let open = {
        let (place, button) = (place.clone(), button.clone());
        Callback::from(move |()| place.set(button.cast::<Element>().as_ref().and_then(Place::of)))
    };
    let close = use_callback((), {
        let (place, button) = (place.setter(), button.clone());
        move |(), ()| {
            place.set(None);
            dom::focus_ref(&button);
        }
    });
    let onclick = {
        let (open, close, is_open) = (open.clone(), close.clone(), place.is_some());
        move |_| if is_open { close.emit(()) } else { open.emit(()) }
    };
    let onkeydown = move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "ArrowDown" | "ArrowUp") {
            event.prevent_default();
            event.stop_propagation();
            open.emit(());
        }
    };
    html! {
        <>
            <button
                ref={button}
                type="button"
                class={props.trigger_class.clone()}
                aria-label={&props.label}
                // The system's tooltip would lie over the open menu.
                title={place.is_none().then(|| props.label.clone())}
                aria-haspopup="menu"
                aria-expanded={if place.is_some() { "true" } else { "false" }}
                aria-controls={place.map(|_| menu_id.clone())}
                data-testid={props.testid.clone()}
                {onclick}
                {onkeydown}
            >
                { props.trigger.clone() }
            </button>
            if let Some(place) = *place {
                <ContextProvider<Rc<MenuClose>> context={Rc::new(MenuClose(close.clone()))}>
                    <OpenMenu
                        id={menu_id}
                        label={&props.label}
                        style={place.style()}
                        on_close={close}
                        testid={props.testid.as_ref().map(|name| AttrValue::from(format!("{name}-menu")))}
                    >
                        { props.children.clone() }
                    </OpenMenu>
                </ContextProvider<Rc<MenuClose>>>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct OpenMenuProps {
    id: AttrValue,
    label: AttrValue,
    style: String,
    on_close: Callback<()>,
    children: Html,
    testid: Option<AttrValue>,
}

/// The menu itself. It is drawn over everything else, outside of what scrolls or clips.
#[component]
fn OpenMenu(props: &OpenMenuProps) -> Html {
    let menu = use_node_ref();
    use_effect_with((), {
        let menu = menu.clone();
        move |()| {
            if let Some(first) = menu.cast::<Element>().and_then(|menu| items(&menu).into_iter().next()) {
                dom::focus(&first);
            }
        }
    });
    let onkeydown = {
        let (menu, on_close) = (menu.clone(), props.on_close.clone());
        move |event: KeyboardEvent| {
            // What is pressed in a menu is meant for the menu alone.
            event.stop_propagation();
            match event.key().as_str() {
                "Escape" | "Tab" => {
                    event.prevent_default();
                    on_close.emit(());
                }
                key => {
                    if let Some(menu) = menu.cast::<Element>()
                        && let Some(target) = target_of(key, &items(&menu))
                    {
                        event.prevent_default();
                        dom::focus(&target);
                    }
                }
            }
        }
    };
    let on_ground = {
        let on_close = props.on_close.clone();
        move |event: PointerEvent| {
            event.prevent_default();
            event.stop_propagation();
            on_close.emit(());
        }
    };
    let Some(body) = web_sys::window().and_then(|window| window.document()?.body()) else { return html! {} };
    create_portal(
        html! {
            <>
                <div class="menu-ground" onpointerdown={on_ground}></div>
                <div
                    ref={menu}
                    id={&props.id}
                    class="menu"
                    role="menu"
                    aria-label={&props.label}
                    style={props.style.clone()}
                    data-testid={props.testid.clone()}
                    onpointerdown={|event: PointerEvent| event.stop_propagation()}
                    {onkeydown}
                >
                    { props.children.clone() }
                </div>
            </>
        },
        body.into(),
    )
}

fn items(menu: &Element) -> Vec<HtmlElement> {
    dom::all(menu, "[role^=menuitem]:not([disabled])")
}

/// The item that a key leads to: arrows go round, Home and End to the ends, a letter to the next item that begins so.
fn target_of(key: &str, items: &[HtmlElement]) -> Option<HtmlElement> {
    let current = dom::focused().and_then(|focused| items.iter().position(|item| *item == focused));
    let n_items = items.len();
    let index = match key {
        "ArrowDown" => current.map_or(0, |index| (index + 1) % n_items.max(1)),
        "ArrowUp" => current.map_or(n_items, |index| index + n_items).checked_sub(1)? % n_items.max(1),
        "Home" => 0,
        "End" => n_items.checked_sub(1)?,
        letter if letter.chars().count() == 1 && letter != " " => {
            let letter = letter.to_lowercase();
            let after = current.map_or(0, |index| index + 1);
            let begins = |index: &usize| {
                items[*index].text_content().unwrap_or_default().trim().to_lowercase().starts_with(&letter)
            };
            (after..n_items).chain(0..after.min(n_items)).find(begins)?
        }
        _ => return None,
    };
    items.get(index).cloned()
}
