//! Roost's mark.

use yew::prelude::*;

/// The bird's outline.
const BIRD: &str = "M58 26.5 49.4 21.2C47.9 16.7 43.9 13.6 39.2 13.6 33.2 13.6 29.6 17 27.4 22.4 24.6 29.2 18.6 34 7.6 36.6 \
                    11 43.4 18.4 47.5 27.4 47.5H33.6C42.8 47.5 50 40.3 50 31.2V29.4z";

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
            <path class="mark__bird" d={BIRD} />
            <circle class="mark__ground" cx="40.6" cy="22.8" r="2.5" />
            <path class="mark__branch" d="M9 49.7H55" stroke-width="4.6" stroke-linecap="round" />
        </svg>
    }
}
