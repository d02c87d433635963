//! How much needs attention, in the header.

use yew::prelude::*;

use crate::components::{Icon, IconName};
use crate::state::use_attention;

/// A quiet button with the number; nothing when nothing needs attention.
#[component]
pub fn AttentionButton() -> Html {
    let attention = use_attention();
    let n_items = attention.items().len();
    if n_items == 0 {
        return html! {};
    }
    let label = format!("Needs your attention: {n_items}");
    let onclick = move |_| attention.open();
    html! {
        <button type="button" class="attention-button" title="Needs your attention" aria-label={label} data-testid="attention" {onclick}>
            <Icon name={IconName::Warning} size={14} />
            <span class="tabular">{ n_items }</span>
        </button>
    }
}
