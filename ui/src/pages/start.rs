//! Before the core has told what to show.

use roost_bridge::CommandError;
use yew::prelude::*;

use crate::components::{Button, ButtonKind, EmptyState, IconName, Mark, Skeleton};
use crate::words::sentence;

/// The core was asked a moment ago: the shape of what is most likely to come.
#[component]
pub fn Starting() -> Html {
    html! {
        <div class="page" aria-busy="true">
            <div class="header"><Mark /><Skeleton width="72px" /></div>
        </div>
    }
}

/// How [`StartFailed`] is drawn.
#[derive(Properties, PartialEq)]
pub struct StartFailedProps {
    /// Why.
    pub error: CommandError,
    /// Asks again.
    pub on_retry: Callback<()>,
}

/// The core has refused to tell anything.
#[component]
pub fn StartFailed(props: &StartFailedProps) -> Html {
    let onclick = props.on_retry.reform(|_| ());
    html! {
        <main class="centred">
            <EmptyState icon={IconName::Warning} title="Roost could not start" text={sentence(&props.error.message)}>
                <Button kind={ButtonKind::Primary} {onclick}>{ "Try again" }</Button>
            </EmptyState>
        </main>
    }
}
