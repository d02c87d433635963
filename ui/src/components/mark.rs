//! Roost's mark.

use yew::prelude::*;

/// How the [`Mark`] is drawn.
#[derive(Properties, PartialEq)]
pub struct MarkProps {
    /// Its width and height in pixels.
    #[prop_or(22)]
    pub size: u16,
}

/// A bird on a branch, on an ember ground: the same drawing as `icons/icon.svg`.
#[component]
pub fn Mark(props: &MarkProps) -> Html {
    let size = props.size.to_string();
    html! {
        <svg class="mark" width={size.clone()} height={size} viewBox="0 0 64 64" aria-hidden="true">
            <rect class="mark__ground" width="64" height="64" rx="15" />
        </svg>
    }
}
