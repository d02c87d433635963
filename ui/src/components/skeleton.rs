//! What stands in for something that is on its way.

use yew::prelude::*;

/// How a [`Skeleton`] is drawn.
#[derive(Properties, PartialEq)]
pub struct SkeletonProps {
    /// Its width, as CSS has it.
    #[prop_or(AttrValue::Static("100%"))]
    pub width: AttrValue,
    /// Its height, as CSS has it.
    #[prop_or(AttrValue::Static("12px"))]
    pub height: AttrValue,
}

/// A quiet bar. The container says `aria-busy`, this says nothing.
#[component]
pub fn Skeleton(props: &SkeletonProps) -> Html {
    let style = format!("width: {}; height: {}", props.width, props.height);
    html! { <span class="skeleton" {style} aria-hidden="true"></span> }
}
