//! Buttons.

use yew::prelude::*;

use super::{Icon, IconName};

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// The one thing to do next.
    Primary,
    /// One of several things to do.
    #[default]
    Secondary,
    /// Something that is there when it is looked for.
    Quiet,
    /// Something that takes away.
    Danger,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "button--primary",
            Self::Secondary => "button--secondary",
            Self::Quiet => "button--quiet",
            Self::Danger => "button--danger",
        }
    }
}

/// How a [`Button`] is drawn and what it does.
#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    /// How much it asks for attention.
    #[prop_or_default]
    pub kind: ButtonKind,
    /// What it says.
    pub children: Html,
    /// A picture before the words.
    #[prop_or_default]
    pub icon: Option<IconName>,
    /// What it does.
    #[prop_or_default]
    pub onclick: Callback<MouseEvent>,
    /// Whether it sends the form it is in; `onclick` is then left alone and the form's `onsubmit` acts.
    #[prop_or_default]
    pub submit: bool,
    /// Whether it can not be used now.
    #[prop_or_default]
    pub disabled: bool,
    /// Whether what it does is under way: it shows so and does nothing more.
    #[prop_or_default]
    pub busy: bool,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// A name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The element.
    #[prop_or_default]
    pub node_ref: NodeRef,
}

/// A button with words.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    // While it is busy it keeps the focus, which a disabled button would lose.
    let onclick =
        if props.busy { Callback::from(|event: MouseEvent| event.prevent_default()) } else { props.onclick.clone() };
    html! {
        <button
            ref={props.node_ref.clone()}
            type={if props.submit { "submit" } else { "button" }}
            class={classes!("button", props.kind.class(), props.busy.then_some("button--busy"), props.class.clone())}
            disabled={props.disabled}
            aria-busy={props.busy.then_some("true")}
            data-testid={props.testid.clone()}
            {onclick}
        >
            if let Some(name) = props.icon {
                <Icon {name} />
            }
            <span class="button__text">{ props.children.clone() }</span>
            if props.busy {
                <span class="button__spinner" aria-hidden="true"></span>
            }
        </button>
    }
}

/// How an [`IconButton`] is drawn and what it does.
#[derive(Properties, PartialEq)]
pub struct IconButtonProps {
    /// The picture.
    pub icon: IconName,
    /// What it does, in words: its name for screen readers, shown on hover.
    pub label: AttrValue,
    /// What it does.
    pub onclick: Callback<MouseEvent>,
    /// Whether it can not be used now.
    #[prop_or_default]
    pub disabled: bool,
    /// Whether it is switched on, for a button that is a switch.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// More classes.
    #[prop_or_default]
    pub class: Classes,
    /// A name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The element.
    #[prop_or_default]
    pub node_ref: NodeRef,
}

/// A button that is a picture.
#[component]
pub fn IconButton(props: &IconButtonProps) -> Html {
    html! {
        <button
            ref={props.node_ref.clone()}
            type="button"
            class={classes!("icon-button", props.class.clone())}
            aria-label={&props.label}
            title={&props.label}
            aria-pressed={props.pressed.map(|is_on| if is_on { "true" } else { "false" })}
            disabled={props.disabled}
            data-testid={props.testid.clone()}
            onclick={&props.onclick}
        >
            <Icon name={props.icon} />
        </button>
    }
}
