//! What is drawn where there is no board, or none yet.

use roost_bridge::CommandError;
use yew::prelude::*;

use super::BoardView;
use super::following::UNREACHABLE;
use crate::board::act::Act;
use crate::components::{Button, ButtonKind, EmptyState, IconName, Skeleton};
use crate::words::sentence;

impl BoardView {
    /// Why there is nothing to draw, and what to do about it.
    pub(super) fn draw_failure(&self, ctx: &Context<Self>, error: &CommandError) -> Html {
        let on_back = ctx.props().on_back.reform(|_: MouseEvent| ());
        if error.code == UNREACHABLE {
            return html! {
                <main class="board-state" data-testid="board-not-here">
                    <EmptyState
                        icon={IconName::CloudOff}
                        title="This board is not on this computer yet"
                        text="It opens as soon as there is a connection."
                    >
                        <Button onclick={on_back}>{ "All boards" }</Button>
                    </EmptyState>
                </main>
            };
        }
        html! {
            <main class="board-state">
                <EmptyState icon={IconName::Warning} title="This board cannot be opened now" text={sentence(&error.message)}>
                    <Button kind={ButtonKind::Primary} onclick={self.dispatch.reform(|_| Act::Retry)} testid="retry">
                        { "Try again" }
                    </Button>
                    <Button onclick={on_back}>{ "All boards" }</Button>
                </EmptyState>
            </main>
        }
    }
}

/// Where lists will be.
pub(super) fn draw_skeleton() -> Html {
    let list = |n_cards: usize| {
        html! {
            <div class="list list--skeleton">
                <Skeleton width="96px" height="14px" />
                { for (0..n_cards).map(|_| html! { <div class="card"><Skeleton width="80%" /></div> }) }
            </div>
        }
    };
    html! {
        <main class="board" aria-busy="true" aria-label="The board is being opened" data-testid="board-loading">
            { for [4, 3, 5].map(list) }
        </main>
    }
}
