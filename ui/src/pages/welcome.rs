//! The frame of the pages on which somebody arrives: a picture, and what is asked beside it.

use yew::prelude::*;

use crate::components::Mark;

/// How the [`Welcome`] frame is drawn.
#[derive(Properties, PartialEq)]
pub struct WelcomeProps {
    /// What is asked.
    pub children: Html,
}

/// A bird that sits at the origin and looks to the right.
const BIRD: &str = "M116 -88C120 -116 100 -140 72 -140 44 -140 30 -122 22 -98 10 -62 -18 -42 -64 -30 -52 -8 -22 2 14 0H44C86 \
                    -2 116 -34 116 -72V-74L146 -84z";

/// A picture, and what is asked beside it.
#[component]
pub fn Welcome(props: &WelcomeProps) -> Html {
    html! {
        <div class="welcome">
            <div class="welcome__picture">
                <svg class="welcome__art" viewBox="0 0 520 800" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
                    <circle class="welcome__sun" cx="430" cy="250" r="150" />
                    <path class="welcome__branch" d="M-200 600C-60 545 60 541 180 538S400 530 720 470" />
                    <path class="welcome__branch" d="M-200 668C-40 630 100 628 250 628S440 618 720 572" />
                    <path class="welcome__bird" d={BIRD} transform="translate(238 538)" />
                    <circle class="welcome__eye" cx="312" cy="422" r="6.5" />
                    <path class="welcome__bird welcome__bird--small" d={BIRD} transform="translate(118 543) scale(-.62 .62)" />
                    <circle class="welcome__eye" cx="72" cy="471" r="4" />
                    <path class="welcome__bird welcome__bird--small" d={BIRD} transform="translate(392 620) scale(.56)" />
                    <circle class="welcome__eye" cx="433.5" cy="555" r="3.6" />
                </svg>
                <div class="welcome__name"><Mark />{ "Roost" }</div>
            </div>
            <main class="welcome__content">
                <div class="welcome__column">{ props.children.clone() }</div>
            </main>
        </div>
    }
}
