//! A few words about what is under the pointer or has the focus.

use yew::prelude::*;

/// How a [`Tooltip`] is drawn.
#[derive(Properties, PartialEq)]
pub struct TooltipProps {
    /// The words. They add to the name of what is inside; they do not replace it.
    pub text: AttrValue,
    /// What they are about.
    pub children: Html,
    /// Whether they end where it ends, instead of being centred under it: near the right edge of the window.
    #[prop_or_default]
    pub at_end: bool,
}

/// A few words under something, shown on hover and on focus.
#[component]
pub fn Tooltip(props: &TooltipProps) -> Html {
    html! {
        <span class={classes!("tooltip", props.at_end.then_some("tooltip--end"))}>
            { props.children.clone() }
            <span class="tooltip__text" aria-hidden="true">{ &props.text }</span>
        </span>
    }
}
