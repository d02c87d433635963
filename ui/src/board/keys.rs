//! The keys of the board, for people.

use yew::prelude::*;

use super::keyboard::KEYS;
use crate::components::{Dialog, IconButton, IconName};
use crate::dom;

/// What a [`KeysDialog`] does.
#[derive(Properties, PartialEq)]
pub(crate) struct KeysDialogProps {
    /// It is to be closed.
    pub on_close: Callback<()>,
}

/// The keys of the board, in groups.
#[component]
pub(crate) fn KeysDialog(props: &KeysDialogProps) -> Html {
    let id = dom::use_id();
    let or = |index: usize| {
        if index == 0 {
            html! {}
        } else {
            html! { <span class="keys__or">{ "or" }</span> }
        }
    };
    html! {
        <Dialog labelled_by={id.clone()} on_close={&props.on_close} class="keys-dialog" testid="keys-dialog">
            <header class="board-dialog__head">
                <h2 {id} class="board-dialog__title">{ "Keyboard" }</h2>
                <IconButton icon={IconName::Close} label="Close" onclick={props.on_close.reform(|_| ())} />
            </header>
            <div class="keys">
                { for KEYS.iter().map(|(group, lines)| html! {
                    <section class="keys__group">
                        <h3 class="keys__heading">{ group }</h3>
                        <dl>
                            { for lines.iter().map(|line| html! {
                                <div class="keys__line">
                                    <dt>{ line.what }</dt>
                                    <dd>
                                        { for line.keys.iter().enumerate().map(|(index, keys)| html! {
                                            <>
                                                if keys.len() > 1 || keys[0].chars().count() > 1 { { or(index) } }
                                                { for keys.iter().map(|key| html! { <kbd class="kbd">{ key }</kbd> }) }
                                            </>
                                        }) }
                                    </dd>
                                </div>
                            }) }
                        </dl>
                    </section>
                }) }
            </div>
        </Dialog>
    }
}
