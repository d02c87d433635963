//! Nothing is here, and what to do about it.

use yew::prelude::*;

use super::{Icon, IconName};

/// How an [`EmptyState`] is drawn.
#[derive(Properties, PartialEq)]
pub struct EmptyStateProps {
    /// A picture.
    #[prop_or_default]
    pub icon: Option<IconName>,
    /// What is, in a few words.
    pub title: AttrValue,
    /// What that means, and what comes next.
    #[prop_or_default]
    pub text: AttrValue,
    /// The next step: buttons.
    #[prop_or_default]
    pub children: Html,
}

/// Nothing is here, and what to do about it.
#[component]
pub fn EmptyState(props: &EmptyStateProps) -> Html {
    html! {
        <div class="empty-state">
            if let Some(name) = props.icon {
                <span class="empty-state__icon"><Icon {name} size={20} /></span>
            }
            <h2 class="empty-state__title">{ &props.title }</h2>
            if !props.text.is_empty() {
                <p class="empty-state__text">{ &props.text }</p>
            }
            <div class="empty-state__actions">{ props.children.clone() }</div>
        </div>
    }
}
